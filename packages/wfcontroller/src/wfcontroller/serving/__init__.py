"""What a controller answers over HTTP: whether it lives and is ready, and its metrics to whoever may read them."""
