"""`narthex tool tsdb`: what is in a data folder, and blocks made from files."""
