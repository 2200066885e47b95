"""Comparison of two complaints: the reasons that exclude one matter, and the likelihood of one matter. Pure."""
