"""Scraping: pages fetched from targets at every tick, and committed a page at a time."""
