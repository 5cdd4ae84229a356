"""The card's side of every protocol, written from ICAO Doc 9303-11 and ISO/IEC 7816-4; one concept a file."""
