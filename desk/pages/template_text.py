"""Texts of an agency's templates in an answer. Pure."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

# A place in a text that becomes the number of each report that is answered.
NUMBER_FIELD = "{nomor}"
_BETWEEN_TEXTS = "\n\n"


def with_number(text: str, number: str) -> str:
    """Return a text with the number of a report where it has the field for it."""
    return text.replace(NUMBER_FIELD, number)


def with_template(text: str, templates: Sequence[Row[Any]], template_id: str) -> str:
    """Return a text that a person has begun, with a template behind it; the same text for an unknown id."""
    chosen = next((template.text for template in templates if str(template.id) == template_id), "")
    return _BETWEEN_TEXTS.join(filter(None, (text, chosen)))
