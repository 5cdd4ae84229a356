"""Proof: bytes in, facts or an exception out. No device, no network, no clock and no randomness of its own."""
