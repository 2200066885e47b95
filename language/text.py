"""The form in which text is stored, and the forms in which texts are compared. It knows letters, not words.

Each function gives the same result when it is applied twice.
"""

import re
import unicodedata
from functools import lru_cache

# Characters without width, soft hyphens, and marks of the writing direction.
_INVISIBLE = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*\n\s*")

# Turns the signs of ASCII text in lower case into spaces.
_ASCII_SIGNS = str.maketrans({code: " " for code in range(128) if not chr(code).isalnum()})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LATIN = re.compile(r"[a-zA-Z]")
_GREEK_OR_CYRILLIC = re.compile(r"[\u0370-\u052f]")
# Each looks like the Latin letter below it. A small letter is listed only if its capital is.
_LOOKALIKE = str.maketrans(
    "АаВвЕеЅѕІіЈјКкМмНнОоРрСсТтУуХхҮүԚԛԜԝҺһΑαΒβΕεΖζΗηΙιΚκΜμΝνΟοΡρΤτΥυΧχ",
    "AaBbEeSsIiJjKkMmHhOoPpCcTtYyXxYyQqWwHhAaBbEeZzHnIiKkMuNvOoPpTtYuXx",
)
# Letters and signs that Unicode does not count as another form of the same one.
_SIGNS = str.maketrans(
    "ıɑⱭɡꞬꞮƦłŁøØđĐᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢʼʹ′‘’´‐‒–—−",  # noqa: RUF001 - as above
    "iaAgGIRlLoOdDABCDEFGHIJKLMNOPRSTUVWYZ''''''-----",
)


def clean_text(text: str) -> str:
    """Return the text composed (NFC), without invisible characters, with single spaces and blank lines."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", _CONTROL.sub(" ", text))
    text = _LINES.sub("\n\n", _SPACES.sub(" ", text))
    return "\n".join(line.strip() for line in text.strip().split("\n"))


def comparable_text(text: str) -> str:
    """Return letters and digits, case and width folded: equal texts differ in typing only, never in words."""
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII_SIGNS).split())
    flat = unicodedata.normalize("NFKC", clean_text(text)).casefold()
    # Marks are the vowels of many scripts (Javanese, Thai): without them different words would be equal.
    letters = (letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in flat)
    return " ".join("".join(letters).split())


def fold_text(text: str) -> str:
    """Return the text in small letters, each character in its plainest form. Length and positions stay the same.

    Fullwidth and mathematical letters, digits of any script, Latin letters with accents, and letters of other
    alphabets that look like Latin ones inside Latin words become a to z and 0 to 9.
    """
    if text.isascii():
        return text.lower()
    plain = _NOT_ASCII.sub(lambda match: _plain(match.group()), text)
    return (_WORD.sub(_in_latin_letters, plain) if _GREEK_OR_CYRILLIC.search(plain) else plain).lower()


def _in_latin_letters(match: re.Match[str]) -> str:
    """Return a word of mixed alphabets in Latin letters: such a word is written to deceive."""
    word = match.group()
    return word.translate(_LOOKALIKE) if _LATIN.search(word) else word


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    """Return one character for one; a letter whose plain form is none or several characters stays."""
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    form = unicodedata.normalize("NFKC", letter)
    if len(form) > 1:
        return letter
    base = unicodedata.normalize("NFKD", letter)[:1]
    return base if base.isascii() and base.isalpha() else form.translate(_SIGNS)
