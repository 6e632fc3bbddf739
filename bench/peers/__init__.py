"""One adapter per product; each runs as a child process, in the product's own environment."""
