"""`left op right`: scalars, a vector and a scalar, two vectors; one way of meeting a file."""
