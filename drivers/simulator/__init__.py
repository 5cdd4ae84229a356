"""Doubles, always labelled as such: the simulated chip and its issuer, scripted codes, the demo table."""
