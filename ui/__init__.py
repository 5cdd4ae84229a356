"""What people see, hear and press. The only Qt."""
