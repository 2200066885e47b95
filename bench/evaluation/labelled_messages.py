"""Pairs of messages whose relation a person judged."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from app.explanation.reading import ExplainedMessage


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
