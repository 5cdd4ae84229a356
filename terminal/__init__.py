"""What the kiosk does: read, verify, ask, decide, record. Knows ports, not devices; events, not widgets."""
