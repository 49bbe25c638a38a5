"""Query text to a typed tree with a position in every node, and back to text."""
