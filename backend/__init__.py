"""The reference eligibility and ticket server. Imports crypto and nothing of the terminal."""
