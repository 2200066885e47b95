"""Texts for persons that Python modules contain. A page translates them when it is rendered.

Import the markers under the names that `make translations` looks for:

    from config.translation.message import counted, message as _

    TOO_LARGE = _("Berkas terlalu besar: paling banyak {limit}.")
    text = TOO_LARGE.filled(limit="8 MB")
    text = counted("{count} laporan menunggu.", 3)
"""

from collections.abc import Mapping
from typing import Self


class Message(str):
    """An Indonesian text that can be translated later: the text itself, filled, and all that a translation needs.

    It is a `str` and works as one: JSON for programs, logs and replies by SMS get the Indonesian text. `msgid` is the
    text with its placeholders in braces, `values` fill them. `number` is the number of a text with a plural.
    Operations of `str`, such as `+` and `format`, return a plain `str` that is not translated: use `filled`.
    """

    __slots__ = ("msgid", "number", "values")
    msgid: str
    values: Mapping[str, object]
    number: int | None

    def __new__(cls, msgid: str, values: Mapping[str, object] | None = None, number: int | None = None) -> Self:
        """Return the text, with its placeholders filled if there are values."""
        text = super().__new__(cls, msgid.format(**values) if values else msgid)
        text.msgid, text.values, text.number = msgid, values or {}, number
        return text

    def __getnewargs__(self) -> tuple[str, Mapping[str, object], int | None]:  # type: ignore[override]
        """Return the arguments of a copy. See `copy` and `pickle`."""
        return self.msgid, self.values, self.number

    def filled(self, **values: object) -> "Message":
        """Return the text with these values in its placeholders. A value may be a `Message`; it is translated, too."""
        return Message(self.msgid, {**self.values, **values}, self.number)


def message(text: str) -> Message:
    """Mark an Indonesian text for translation. The argument must be a literal: tools read it from the source."""
    return Message(text)


def counted(text: str, count: int, **values: object) -> Message:
    """Mark a text with a number, `{count}`. Indonesian has one form, English a singular and a plural."""
    return Message(text, {"count": count, **values}, count)
