"""What happens next: the pure state machine and the engine that carries out its effects."""
