"""Painted parts the screens share."""
