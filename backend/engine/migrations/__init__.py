"""How the tables came to be, one step a file; see backend/engine/upgrading.py."""
