"""Who read and changed what: several panes work on one tree at the same time."""
