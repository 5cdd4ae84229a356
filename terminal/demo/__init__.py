"""The demo: ten invented cases, played over the real parts; by a person at a table, or by themselves."""
