"""Trust: what models may do, decided by data and told in one sentence."""
