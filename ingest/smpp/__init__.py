"""The SMPP door: SMS to 1708 as an operator or aggregator hands them over, over SMPP 3.4."""
