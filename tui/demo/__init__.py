"""A stand-in for the vendors on loopback, speaking their four wires to the real SDKs. Imports core only."""
