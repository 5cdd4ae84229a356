"""What a QR code says: told apart, parsed, and, where it is signed, verified."""
