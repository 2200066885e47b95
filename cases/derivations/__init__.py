"""Derivations: what follows the log of facts and derives rows of its own from them."""
