"""Exposition formats: bytes of a page to columns of samples, and back.

The first stop of a scraped sample. Nothing here waits, opens or counts: bytes in, values out.
"""
