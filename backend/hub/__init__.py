"""A server in the house that answers its gates while the one for all is out of reach, and tells it afterwards."""
