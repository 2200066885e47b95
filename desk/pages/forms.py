"""Reads the forms of the desk's pages."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import Request

# The limit of `AgencyAnswer.text`; notes and templates have the same.
MAX_TEXT_LENGTH = 10_000
# The largest form names 200 cases.
_MAX_FIELDS = 1_000


class Form:
    """Fields of a form that a browser sent. A field that is missing is empty."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """Return a text of several lines, without the white space around it."""
        return plain_text(next((value for field, value in self._fields if field == name), ""))

    def line(self, name: str) -> str:
        """Return a text of one line."""
        return plain_line(self.text(name))

    def lines(self, name: str) -> Sequence[str]:
        """Return all values of a field that may occur more than once."""
        return [plain_line(value) for field, value in self._fields if field == name]

    def version(self) -> int:
        """Return the version of the case that the form was made for; -1, which no case has, without one."""
        version = self.line("versi")
        return int(version) if version.isascii() and version.isdecimal() and len(version) < len("1000000000") else -1


async def _read_form(request: Request) -> Form:
    try:
        body = (await request.body()).decode("utf-8", "replace")
        return Form(parse_qsl(body, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return Form(())


# Type of an endpoint's parameter. `SameOriginForms` limits the size of the body.
PostedForm = Annotated[Form, Depends(_read_form)]


def plain_text(text: str) -> str:
    """Return a typed text without control characters. A line ends with one line feed; other white space is a space."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(map(_plain_character, lines)).strip()


def plain_line(text: str) -> str:
    """Return a typed text as one line."""
    return " ".join(plain_text(text).split())


def _plain_character(character: str) -> str:
    if character == "\n" or character.isprintable():
        return character
    return " " if character.isspace() else ""
