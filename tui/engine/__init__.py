"""The engine: bus, one loop a pane, journal, and the composition root. Knows every room but the user interface."""
