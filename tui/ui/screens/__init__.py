"""Screens: whole-terminal compositions of widgets."""
