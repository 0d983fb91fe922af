"""What a controller tells Prometheus: every series in one table, counted as it happens or read when it is asked for."""
