"""Messages whose relation a person judged, and the decisions on messages in the order of arrival."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from app.evaluation.duplicates import ExplainedMessage, explain_batches
from normalize.duplicates.factory import DuplicateDetection

_BATCH_SIZE = 200


class LabelledPair(BaseModel):
    """Two messages, labelled by a person: about the same matter or not."""

    group: str = ""
    source: str = ""
    label: Literal["repeat", "joins", "different"]
    a: ExplainedMessage
    b: ExplainedMessage

    @classmethod
    def load_file(cls, path: Path) -> list["LabelledPair"]:
        """Return the pairs in a file of JSON lines. Raises `OSError`, and `ValueError` naming the field."""
        return [cls.model_validate_json(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def explain_messages(detection: DuplicateDetection, messages: Iterable[ExplainedMessage]) -> Iterator[dict[str, Any]]:
    """Yield for each message, in the order of arrival, the earlier message it belongs to. Nothing is stored."""
    return explain_batches(detection, _split_into_batches(messages))


def _split_into_batches(messages: Iterable[ExplainedMessage]) -> Iterator[list[ExplainedMessage]]:
    remaining = iter(messages)
    while batch := list(islice(remaining, _BATCH_SIZE)):
        yield batch
