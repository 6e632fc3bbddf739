"""Runtimes: what is prepared once per machine so that a guest starts in a millisecond."""
