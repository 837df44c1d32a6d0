"""What calls cost, in integer pico-dollars; an unknown price is unknown, never 0. Imports core and config only."""
