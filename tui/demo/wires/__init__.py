"""The four wires: each turns a request into a neutral call and a neutral script into its own events."""
