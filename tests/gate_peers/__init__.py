"""What stands at the other end of a gate driver's cable in tests."""
