"""Widgets: one widget, one file. They see events and view state only."""
