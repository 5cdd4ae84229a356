"""Everything that touches the outside: readers, cameras, backends, and their doubles."""
