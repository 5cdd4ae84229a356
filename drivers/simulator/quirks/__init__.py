"""What real chips do in ways of their own, as layers around the simulated chip."""
