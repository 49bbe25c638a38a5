"""The newest samples: in memory by layout, and in pages of its own (`docs/formats/head.md`)."""
