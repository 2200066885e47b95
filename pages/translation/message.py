"""Texts for persons that Python modules contain. A page translates them when it is rendered.

Import the markers under the names that `make translations` looks for:

    from pages.translation.message import counted, message as _

    TOO_LARGE = _("Berkas terlalu besar: paling banyak {limit}.")
    text = TOO_LARGE.filled(limit="8 MB")
    text = counted("{count} laporan menunggu.", 3)

The source texts are Indonesian, those of the console English: its sentences stand in logs and in the terminal, too.
"""

from collections.abc import Iterable, Mapping
from typing import Self


class Message(str):
    """A text that can be translated later: the source text itself, filled, and all that a translation needs.

    It is a `str` and works as one: JSON for programs, logs and replies by SMS get the source text. `msgid` is the
    text with its placeholders in braces, `values` fill them. `number` selects between `msgid` and `plural`, its form
    for all numbers but one. Operations of `str`, such as `+` and `format`, return a plain `str` that is not
    translated: use `filled` and `joined`.
    """

    __slots__ = ("msgid", "number", "plural", "values")
    msgid: str
    values: Mapping[str, object]
    number: int | None
    plural: str

    def __new__(
        cls, msgid: str, values: Mapping[str, object] | None = None, number: int | None = None, plural: str = ""
    ) -> Self:
        """Return the text, with its placeholders filled if there are values."""
        form = msgid if number in {None, 1} else plural or msgid
        text = super().__new__(cls, form.format(**values) if values else form)
        text.msgid, text.values, text.number, text.plural = msgid, values or {}, number, plural or msgid
        return text

    def __getnewargs__(self) -> tuple[str, Mapping[str, object], int | None, str]:  # type: ignore[override]
        """Return the arguments of a copy. See `copy` and `pickle`."""
        return self.msgid, self.values, self.number, self.plural

    def filled(self, **values: object) -> "Message":
        """Return the text with these values in its placeholders. A value may be a `Message`; it is translated, too."""
        return Message(self.msgid, {**self.values, **values}, self.number, self.plural)


def message(text: str) -> Message:
    """Mark a text for translation. The argument must be a literal: tools read it from the source."""
    return Message(text)


def counted(text: str, count: int, **values: object) -> Message:
    """Mark an Indonesian text with a number, `{count}`. Indonesian has one form, English a singular and a plural."""
    return Message(text, {"count": count, **values}, count)


def numbered(singular: str, plural: str, count: int, **values: object) -> Message:
    """Mark an English text with a number, `{count}`: the form for 1, and the form for all other numbers."""
    return Message(singular, {"count": count, **values}, count, plural)


def joined(texts: Iterable[str], separator: str = " ") -> Message:
    """Return the texts as one, each still translated by itself."""
    parts = {f"part{index}": text for index, text in enumerate(texts)}
    return Message(separator.join(f"{{{name}}}" for name in parts), parts)


def formatted_number(value: float, specification: str = ",") -> Message:
    """Return a number in the notation of the language: `1,234.5` in English, `1.234,5` in Indonesian."""
    return Message(f"{{number:{specification}}}", {"number": value})
