"""Someone asks: text to tree (syntax), tree to better tree (plan), tree to answer (execute)."""
