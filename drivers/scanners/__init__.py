"""Scanners on a cable or in the network: serial lines, HID point-of-sale devices, and what finds them on a PC."""
