"""Words that were glued where a line break was lost: `jalanRT 03`, `SukamajuSaluran`. Pure."""

import re
from collections.abc import Callable

# A small letter before a capital one within a word of at least four letters. Accounts and hashtags are left alone.
_GLUED = re.compile(r"(?<![\w@#])([^\W\d_]{3,}[a-z])(RT|RW|[A-Z][a-z]{2,})(?![A-Z])")
# Most texts have none; the search for it is cheaper than that for whole words.
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_BEFORE_NUMBERS = frozenset({"RT", "RW"})


def separate_glued_words(text: str, is_known: Callable[[str], bool]) -> str:
    """Return the text with a space where a dictionary word begins with a capital letter behind another word.

    A dictionary word that is written in this way (`WhatsApp`) stays as it is. In a name (`TransJogja`) a space changes
    nothing, because the comparison of two texts does not count it.
    """
    if not _INNER_CAPITAL.search(text):
        return text

    def separate(match: re.Match[str]) -> str:
        head, tail = match.groups()
        is_glued = tail in _BEFORE_NUMBERS or (is_known(tail.lower()) and not is_known(match.group().lower()))
        return f"{head} {tail}" if is_glued else match.group()

    return _GLUED.sub(separate, text)
