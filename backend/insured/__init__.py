"""The insured: a register of members and plans, and what was answered about them."""
