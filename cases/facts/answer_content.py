"""The content of an answer as columns of `AnswerFact`, and back. Its text is in `CaseWords`. Pure."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from messages.shapes import AnswerContent

_SEPARATOR = "|"
CONTENT_COLUMNS = tuple(name for name in AnswerContent.model_fields if name != "text")


def content_columns(content: AnswerContent) -> dict[str, Any]:
    """Return the columns of a content, without its text."""
    fields = content.content().model_dump(exclude={"text"})
    return {name: _SEPARATOR.join(map(str, value)) if name == "pictures" else value for name, value in fields.items()}


def stored_content(row: Any) -> AnswerContent:
    """Return the content in a row with the columns of `AnswerFact` and the text of `CaseWords`."""
    fields = {name: getattr(row, name) for name in AnswerContent.model_fields}
    return AnswerContent.model_validate(fields | {"pictures": picture_ids(row.pictures)})


def file_ids(pictures: str, document: UUID | None) -> Sequence[UUID]:
    """Return the ids in the columns `pictures` and `document`."""
    return [*picture_ids(pictures), *([document] if document else ())]


def picture_ids(pictures: str) -> Sequence[UUID]:
    """Return the ids in the column `pictures`, in their order."""
    return [UUID(id_) for id_ in pictures.split(_SEPARATOR) if id_]
