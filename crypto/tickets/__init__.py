"""What terminals and servers must agree on about tickets: the rules, the snapshot, the lines of a device's ledger."""
