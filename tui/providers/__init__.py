"""One file per wire; each imports its SDK at first use, off the event loop. Imports core and config only."""
