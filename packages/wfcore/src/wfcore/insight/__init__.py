"""What the engine knows about its own decisions, as pure functions over them."""
