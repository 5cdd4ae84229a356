"""Gates: the thread that every board shares, and a driver for each kind of board (docs/gates.md)."""
