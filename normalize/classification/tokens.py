"""Splits a message into cheap tokens: words in lower case, and marks in place of numbers. Positions are not kept."""

import re
import unicodedata
from collections.abc import Container

_WORD = re.compile(r"[^\W_]+|[%?!]")
_SIGNS = "%?!"
_DIGIT = re.compile(r"\d")
_USSD = re.compile(r"\*\d[\d*]*#")
# Signs that are removed within words: "m-dptkan" and "men'dpt" hide a word, and "e-KTP" loses nothing.
_REMOVED_SIGNS = {ord(sign): None for sign in "-'`_\u2018\u2019\u00ad"}
_ASCII_CODES = 128
# The same split for ASCII texts, which nearly all texts are: it takes half the time.
_ASCII_SPLIT = {
    **{code: " " for code in range(_ASCII_CODES) if not chr(code).isalnum()},
    **{code: None for code in _REMOVED_SIGNS if code < _ASCII_CODES},
    **{ord(sign): f" {sign} " for sign in _SIGNS},
}
_DIGITS_AS_LETTERS = str.maketrans("0134578", "oieastb")
_MARK_BY_UNIT = {
    **dict.fromkeys(("rb", "ribu", "jt", "juta", "jutaan", "k", "milyar", "miliar"), "<uang>"),
    **dict.fromkeys(("gb", "mb", "kb", "gbps", "mbps"), "<kuota>"),
}
_NUMBER_WITH_UNIT = re.compile(r"\d+([a-z]+)")
_PHONE = re.compile(r"(?:0|62)\d{8,13}|8\d{8,11}")
_MASKED_PHONE = re.compile(r"(?:0|62)8\d*x+")
_MIN_LONG_NUMBER_DIGITS = 13
# A number of this many digits is complete: the next number is another one.
_COMPLETE_NUMBER_DIGITS = 10
# Letters and digits in turns, as in 7y7r8k9z. A number plate has fewer turns; "2x24jam" and "rt03rw05" are no codes.
_CODE = re.compile(
    r"(?!rt|rw|no|km)(?=.{6,10}$)(?:(?:[a-z]{1,3}\d{1,4}){2,}[a-z]{0,3}|\d{1,4}(?:[a-wyz][a-z]{0,2}\d{1,4})+[a-z]{0,3})"
)


def tokenize(text: str, phrase_words: Container[str]) -> list[str]:
    """Return words, `%`, `?`, `!`, and the marks `<telepon>`, `<uang>`, `<kuota>`, `<kode>`, `<nomor>` for numbers.

    Any other number stays as it is. `<ussd>`, as in *123#, is last. Digits that stand for letters are replaced where
    the result is one of `phrase_words`.
    """
    if text.isascii():
        lower = text.lower()
        words = lower.translate(_ASCII_SPLIT).split()
    else:
        lower = unicodedata.normalize("NFKC", text).lower()
        words = _WORD.findall(lower.translate(_REMOVED_SIGNS))
    if not _DIGIT.search(lower):
        return words
    words = _with_marks(words, phrase_words)
    if "#" in lower and _USSD.search(lower):
        words.append("<ussd>")
    return words


def _with_marks(words: list[str], phrase_words: Container[str]) -> list[str]:
    tokens: list[str] = []
    number = ""
    for word in words:
        is_number = word.isdigit()
        if number and not (is_number and _may_be_one_number(number, word)):
            _mark_number(tokens, number, word)
            number = ""
        if is_number:
            number += word
        elif not word.isalpha() and len(word) > 1:
            word = _mixed_token(word, phrase_words)  # noqa: PLW2901 - the token for it
        tokens.append(word)
    if number:
        _mark_number(tokens, number, "")
    return tokens


def _may_be_one_number(number: str, following: str) -> bool:
    """Return whether two numbers in a row may be one: 0812 3456 7890, but not two phone numbers."""
    return len(number) < _COMPLETE_NUMBER_DIGITS and len(following) < _COMPLETE_NUMBER_DIGITS - 1


def _mark_number(tokens: list[str], number: str, following: str) -> None:
    """Replace the digits at the end of the tokens by their mark, given the whole number and the word after it."""
    if _PHONE.fullmatch(number):
        mark = "<telepon>"
    elif len(number) >= _MIN_LONG_NUMBER_DIGITS:
        mark = "<nomor>"
    elif following in _MARK_BY_UNIT:
        mark = _MARK_BY_UNIT[following]
    elif tokens[-1] == "000":
        mark = "<uang>"
    else:
        return
    while tokens and tokens[-1].isdigit():
        tokens.pop()
    tokens.append(mark)


def _mixed_token(word: str, phrase_words: Container[str]) -> str:
    """Return the mark or the word for a token of letters and digits."""
    if _MASKED_PHONE.fullmatch(word):
        return "<telepon>"
    if number := _NUMBER_WITH_UNIT.fullmatch(word):
        return _MARK_BY_UNIT.get(number[1], word)
    if (plain := word.translate(_DIGITS_AS_LETTERS)) in phrase_words:
        return plain
    return "<kode>" if _CODE.fullmatch(word) else word
