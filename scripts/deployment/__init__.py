"""Signed updates: keys, signing, uploading, trying, and what runs where."""
