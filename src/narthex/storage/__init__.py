"""Keep samples and find them again: write-ahead log, head, blocks, index.

Other rooms know `interface` and `errors` alone; `store` is what a process opens.
"""
