"""SMPP door: SMS to 1708, delivered by an operator or aggregator over SMPP 3.4."""
