"""What the figures share; each figure is one file beside this folder."""
