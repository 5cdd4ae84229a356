"""The tickets: sold, bound to cards, redeemed once, told to terminals, and put together with what they did alone."""
