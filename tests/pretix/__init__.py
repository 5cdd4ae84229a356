"""What runs against a real pretix (`make pretix-lane`). `make test` replays what was recorded of it here."""
