"""What Narthex says of itself: log lines and metrics."""
