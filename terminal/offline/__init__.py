"""What a terminal decides and keeps by itself while no server answers."""
