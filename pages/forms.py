"""Reads the forms of the pages."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Depends
from fastapi import Form as FormField
from starlette.requests import Request

# One field of a form, as the parameter of an endpoint.
Typed = Annotated[str, FormField()]
# The limit of `AgencyAnswer.text`; notes and templates have the same.
MAX_TEXT_LENGTH = 10_000
# The largest form names 200 cases.
_MAX_FIELDS = 1_000
_LARGEST_VERSION = 999_999_999


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

    def others(self, *names: str) -> Sequence[tuple[str, str]]:
        """Return all fields with other names than these, to send them again."""
        return [(field, plain_text(value)) for field, value in self._fields if field not in names]

    def version(self) -> int:
        """Return the version of the case that the form was made for; -1, which no case has, without one."""
        return read_version(self.line("versi"))

    def form_id(self) -> UUID | None:
        """Return the random id that the page gave to the form; `None` without one."""
        return read_id(self.line("formulir"))


def read_form(body: bytes) -> Form:
    """Return the fields of a body; none if it has more of them than any form of ours."""
    try:
        return Form(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return Form(())


async def _read_form(request: Request) -> Form:
    return read_form(await request.body())


# Type of an endpoint's parameter. `SameOriginForms` limits the size of the body.
PostedForm = Annotated[Form, Depends(_read_form)]


def read_number(text: str, largest: int) -> int | None:
    """Return the number that a person or a page wrote in decimal digits; `None` for another text and a larger number.

    The length is checked first: `int` raises `ValueError` for thousands of digits.
    """
    is_short = len(text) <= len(str(largest))
    number = int(text) if is_short and text.isascii() and text.isdecimal() else None
    return number if number is not None and number <= largest else None


def read_version(text: str) -> int:
    """Return the version of a case that a form names; -1, which no case has, for another text."""
    version = read_number(text, _LARGEST_VERSION)
    return -1 if version is None else version


def read_id(text: str) -> UUID | None:
    """Return an id; `None` if the text is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


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
