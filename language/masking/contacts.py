"""Finds e-mail addresses, handles and links to accounts of persons, also disguised ones (`budi at contoh dot com`)."""

import re
from collections.abc import Iterator

from language.masking.spans import Kind, PersonalSpan

# The sign between the name and the host: `@`, `(at)`. It is searched first: it is seldom, and the rest is near it.
_AT = re.compile(r"[@\uff20]|\s?[(\[{]\s?at\s?[)\]}]\s?|\sat\s", re.IGNORECASE)
_HOST = re.compile(r"[^\s@\uff20]{1,99}(?:\s?[(\[{]\s?dot\s?[)\]}]\s?\w{1,20}|\sdot\s\w{2,20}){0,3}", re.IGNORECASE)
# After `at` between spaces, which is also a word, the host must have its ending.
_SPOKEN_HOST = re.compile(r"\w{1,30}(?:(?:\.|\sdot\s)\w{2,20}){1,3}", re.IGNORECASE)
_SPACED_HOST = re.compile(r"[ \t]{0,3}(?:[\w-]{1,63}[ \t]?\.[ \t]?){1,3}(?:com|net|org|info|me|co|id)\b", re.IGNORECASE)
_LONGEST_NAME = 99
_SPOKEN_DOT = " dot "
_LINK = re.compile(
    r"\b(?:https?://|www\.)[^\s\"'<>]+|\b(?:t|wa|m)\.me/\S+"
    r"|\b(?:[\w-]{1,63}\.){1,4}(?:com|net|org|id|me|ly|gl|io|co|link|site|xyz)\b(?:/\S*)?",
    re.IGNORECASE,
)
_HANDLE = re.compile(
    r"[@\uff20]\w[\w.-]*"
    r"|\b(?:ig|fb|facebook|instagram|tiktok|twitter|telegram)\s?[:=]\s?(?P<labelled>\S+)"
    r"|\b(?:ig|fb|facebook|instagram|tiktok|twitter|telegram)(?:\s(?:saya|sy|aku|kami))?\s"
    r"(?P<account>(?=[\w.]{0,30}[\d_])(?=[\w.]{0,30}[a-z])[\w.]{4,40})",
    re.IGNORECASE,
)
# Sites of the state belong to no person. `@lapor1708` is the service.
_STATE_SITE = re.compile(r"(?:https?://)?(?:[\w-]{1,63}\.){1,5}go\.id(?:[/\s.,;:!?)]|$)", re.IGNORECASE)
_OWN_HANDLES = frozenset(("@lapor1708",))
_END_SIGNS = ".,;:!?)\"'"


def find_contacts(text: str) -> Iterator[PersonalSpan]:
    """Yield e-mail addresses, handles and links."""
    yield from _find_mails(text)
    for match in _LINK.finditer(text):
        if not _STATE_SITE.match(match.group()):
            yield _span(match.group(), match.start(), Kind.HANDLE)
    for match in _HANDLE.finditer(text):
        group = match.lastgroup or 0
        written = match[group]
        if written.rstrip(_END_SIGNS).lower() not in _OWN_HANDLES:
            yield _span(written, match.start(group), Kind.HANDLE)


def _find_mails(text: str) -> Iterator[PersonalSpan]:
    for sign in _AT.finditer(text):
        is_spoken = sign.group().strip().isalpha()
        end = (_SPOKEN_HOST if is_spoken else _HOST).match(text, sign.end())
        start = _start_of_name(text, sign.start())
        if end and start < sign.start():
            yield _span(text[start : end.end()], start, Kind.MAIL)
        elif not is_spoken and (spaced := _SPACED_HOST.match(text, sign.end())):
            before = text[max(0, sign.start() - _LONGEST_NAME) : sign.start()]
            start = _start_of_name(text, sign.start() - (len(before) - len(before.rstrip(" \t"))))
            yield _span(text[start : spaced.end()], start, Kind.MAIL)


def _start_of_name(text: str, end: int) -> int:
    """Return the start of the characters without a space before `end`; with `dot` between them, also of those."""
    start = end
    while start > max(0, end - _LONGEST_NAME) and not (text[start - 1].isspace() or text[start - 1] in "@\uff20"):
        start -= 1
        if start < end and text[start - len(_SPOKEN_DOT) : start] == _SPOKEN_DOT:
            start -= len(_SPOKEN_DOT)
    return start


def _span(written: str, start: int, kind: Kind) -> PersonalSpan:
    """Return the span of what is written, without the signs of the sentence at its end."""
    return PersonalSpan(start, start + max(1, len(written.rstrip(_END_SIGNS))), kind)
