"""Tree to better tree: one pass a file, each keeps the meaning of the query."""
