"""Transports: how the application meets its clients, and how serving ends."""
