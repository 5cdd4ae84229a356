"""The steps: a file `NNNN_what.py` is revision NNNN and follows the number before it. A released one never changes."""
