"""Which issuers a site has accepted, and whether a certificate leads to one of them."""
