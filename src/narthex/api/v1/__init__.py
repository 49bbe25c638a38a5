"""The endpoints under `/api/v1`, one concern a file."""
