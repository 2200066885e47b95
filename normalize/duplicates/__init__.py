"""Search for the earlier complaint about the same matter.

Two complaints are compared by the words that stand in each other's place, not by the share of equal words.
"""
