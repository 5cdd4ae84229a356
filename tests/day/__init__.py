"""A day at an event in fast motion: real programs in processes of their own, and links between them that are cut."""
