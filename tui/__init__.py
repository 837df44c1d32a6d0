"""LLMMixer: one prompt to several vendors' models, side by side in one terminal."""

__version__ = "0.1.0"
