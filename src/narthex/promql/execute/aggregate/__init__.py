"""`sum by (...) (...)` and its kin: one operator a file."""
