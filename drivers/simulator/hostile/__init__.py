"""What a chip does that means harm, as layers around the simulated chip (after the groups of BSI TR-03105-5.1)."""
