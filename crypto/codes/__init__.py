"""What a scanned code says: card QR, insurance QR, signed tickets, payment codes."""
