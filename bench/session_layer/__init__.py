"""Measurements of the session layer, one module for each; they drive Cloche's Python API."""
