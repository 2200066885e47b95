"""Levels of government. Units and rows of competence name them if the institution depends on the place."""

# The city or regency of the place; its province; the narrowest of the two that is known.
REGENCY, PROVINCE, PLACE = "@regency", "@province", "@place"
GOVERNMENT_LEVELS = frozenset((REGENCY, PROVINCE, PLACE))

# The cities of this province are administrative: the province governs them.
JAKARTA = "31"
