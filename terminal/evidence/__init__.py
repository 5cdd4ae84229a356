"""Proof that outlives the read: one encrypted file that another machine can verify again (docs/evidence.md)."""
