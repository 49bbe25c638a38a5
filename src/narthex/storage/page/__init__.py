"""Values and times as bytes: chunks of pages, and timelines. No I/O.

The head's file and the blocks hold the same two forms; `docs/formats/page.md` has the bytes.
"""
