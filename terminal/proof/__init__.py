"""What is true: reading plan, checks and verdict."""
