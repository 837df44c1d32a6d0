"""Terminals: an emulator, the programs in it, and who answers their questions."""
