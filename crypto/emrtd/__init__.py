"""Reading and proving ICAO 9303 chips (eMRTD), and the Vietnamese card among them."""
