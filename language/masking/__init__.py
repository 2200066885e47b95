"""The one masker of citizens' words: names of persons, numbers, plates, handles and house addresses. Pure.

Public pages, staff pages, commands and exports all use it. It reads the text alone, so that a text looks the same
wherever it is shown. It is measured by `python -m bench.masks`.
"""

from language.masking.masker import LABELS, MASK, find_personal, mask_text, mask_with_labels
from language.masking.spans import Kind, PersonalSpan

__all__ = ["LABELS", "MASK", "Kind", "PersonalSpan", "find_personal", "mask_text", "mask_with_labels"]
