"""Sessions: what a client holds, and what becomes of it between turns."""
