"""The write-ahead log: what a commit leaves on disk before it returns (`docs/formats/wal.md`)."""
