"""Voices: speech made by espeak-ng, and recorded sentences."""
