"""Text as it is kept, and the form in which two texts are compared. Both are idempotent."""

import re
import unicodedata

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*\n\s*")


def clean(text: str) -> str:
    """The words as written: composed (NFC), without invisible characters, spaces and blank lines folded."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    text = _LINES.sub("\n\n", _SPACES.sub(" ", text))
    return "\n".join(line.strip() for line in text.strip().split("\n"))


def comparable(text: str) -> str:
    """Letters and digits only, case and width folded: equal where only typing differs, never where words do."""
    folded = unicodedata.normalize("NFKC", clean(text)).casefold()
    # Marks carry the vowels in many scripts (Javanese, Thai): without them other words would be equal.
    kept = (letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in folded)
    return " ".join("".join(kept).split())
