"""A message as cheap tokens: its words in small letters, and marks in the place of numbers. Keeps no positions."""

import re
import unicodedata
from collections.abc import Container

_WORD = re.compile(r"[^\W_]+|[%?!]")
_SIGNS = "%?!"
_DIGIT = re.compile(r"\d")
_USSD = re.compile(r"\*\d[\d*]*#")
# Who writes "m-dptkan" or "men'dpt" hides a word; "e-KTP" loses nothing.
_JOINED = {ord(sign): None for sign in "-'`_\u2018\u2019\u00ad"}
# The same for what is in ASCII, as nearly all is: half the time.
_SPLIT = {
    **{code: " " for code in range(128) if not chr(code).isalnum()},
    **{code: None for code in _JOINED if code < 128},  # noqa: PLR2004 - ASCII
    **{ord(sign): f" {sign} " for sign in _SIGNS},
}
_LEET = str.maketrans("0134578", "oieastb")
_UNITS = {
    **dict.fromkeys(("rb", "ribu", "jt", "juta", "jutaan", "k", "milyar", "miliar"), "<uang>"),
    **dict.fromkeys(("gb", "mb", "kb", "gbps", "mbps"), "<kuota>"),
}
_AMOUNT = re.compile(r"\d+([a-z]+)")
_PHONE = re.compile(r"(?:0|62)\d{8,13}|8\d{8,11}")
_MASKED_PHONE = re.compile(r"(?:0|62)8\d*x+")
_LONG_NUMBER = 13
# Digits that nothing is missing of.
_WHOLE = 10
# Letters and digits in turns, as in 7y7r8k9z; a number plate has fewer turns, "2x24jam" and "rt03rw05" are none.
_CODE = re.compile(
    r"(?!rt|rw|no|km)(?=.{6,10}$)(?:(?:[a-z]{1,3}\d{1,4}){2,}[a-z]{0,3}|\d{1,4}(?:[a-wyz][a-z]{0,2}\d{1,4})+[a-z]{0,3})"
)


def tokenize(text: str, known: Container[str]) -> list[str]:
    """Words, `%`, `?`, `!`, and marks in the place of numbers: `<telepon>`, `<uang>`, `<kuota>`, `<kode>`, `<nomor>`.

    A number that is none of these stays as it is. `<ussd>`, as in *123#, comes last. Letters written as digits are read
    where that gives one of the `known` words.
    """
    if text.isascii():
        low = text.lower()
        words = low.translate(_SPLIT).split()
    else:
        low = unicodedata.normalize("NFKC", text).lower()
        words = _WORD.findall(low.translate(_JOINED))
    if not _DIGIT.search(low):
        return words
    words = _marked(words, known)
    if "#" in low and _USSD.search(low):
        words.append("<ussd>")
    return words


def _marked(words: list[str], known: Container[str]) -> list[str]:
    marked: list[str] = []
    number = ""
    for word in words:
        digits = word.isdigit()
        if number and not (digits and _joins(number, word)):
            _settle(marked, number, word)
            number = ""
        if digits:
            number += word
        elif not word.isalpha() and len(word) > 1:
            word = _mixed(word, known)  # noqa: PLW2901 - what stands for it
        marked.append(word)
    if number:
        _settle(marked, number, "")
    return marked


def _joins(number: str, more: str) -> bool:
    """Whether two numbers in a row may be one: 0812 3456 7890, not one phone after the other."""
    return len(number) < _WHOLE and len(more) < _WHOLE - 1


def _settle(marked: list[str], number: str, after: str) -> None:
    """Say what the digits at the end are, now that they and the word after them are known."""
    if _PHONE.fullmatch(number):
        mark = "<telepon>"
    elif len(number) >= _LONG_NUMBER:
        mark = "<nomor>"
    elif after in _UNITS:
        mark = _UNITS[after]
    elif marked[-1] == "000":
        mark = "<uang>"
    else:
        return
    while marked and marked[-1].isdigit():
        marked.pop()
    marked.append(mark)


def _mixed(word: str, known: Container[str]) -> str:
    """What a word of letters and digits is."""
    if _MASKED_PHONE.fullmatch(word):
        return "<telepon>"
    if amount := _AMOUNT.fullmatch(word):
        return _UNITS.get(amount[1], word)
    if (plain := word.translate(_LEET)) in known:
        return plain
    return "<kode>" if _CODE.fullmatch(word) else word
