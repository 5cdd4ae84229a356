"""Who asks: devices enrolled by a one-time code, their tokens, roles and keys, and the guard before every call."""
