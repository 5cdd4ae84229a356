"""What a site may change, checked before anything starts. Imports nothing of ours."""
