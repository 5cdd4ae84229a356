"""Printers of slips: receipt printers by ESC/POS."""
