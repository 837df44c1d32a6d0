"""Markdown and plain text to strips of styled cells."""
