"""Performs the requests of programs on an API server, real or embedded."""
