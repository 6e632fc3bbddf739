"""What is timed by `numerics.py`, and the runtime without 64-bit integers."""
