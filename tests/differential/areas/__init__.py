"""Expressions by area; each module has `expressions()`, which yields source text."""
