"""Texts by which a citizen hears of an agency's answer, for each form of reply."""
