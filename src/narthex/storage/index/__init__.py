"""Which series: matchers to rows, over the head's growing postings or a block's columns.

`lookup` is the way in for both; `memory` is the head's index, `disk` that of a block
(docs/formats/index.md).
"""
