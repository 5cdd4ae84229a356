"""Ways to the hospital's own system (`terminal.outputs.HandOver`): the desk API, the file drop, HL7 v2."""
