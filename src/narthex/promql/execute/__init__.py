"""Tree to answer: one operator a file, each works on whole frames."""
