"""JSON lines from a stream: one line in memory at a time, and for each faulty line an error with its number."""

from collections.abc import Iterator
from typing import BinaryIO, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from app.commands.common.arguments import first_fault

# A longer line is an error: it has no message that a channel accepts.
MAX_LINE_BYTES = 1 << 20

M = TypeVar("M", bound=BaseModel)


class JsonLine(NamedTuple, Generic[M]):
    """A line: its number from 1, and either its content or the fault without a value of the line."""

    number: int
    content: M | None
    fault: str


def read_json_lines(stream: BinaryIO, model: type[M]) -> Iterator[JsonLine[M]]:
    """Yield each line that is not blank as it arrives. At most `MAX_LINE_BYTES` are in memory."""
    for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), start=1):
        if len(line) > MAX_LINE_BYTES:
            _skip_rest(stream, line)
            yield JsonLine(number, None, f"more than {MAX_LINE_BYTES} bytes")
        elif line.strip():
            yield _parse(line, number, model)


def _parse(line: bytes, number: int, model: type[M]) -> JsonLine[M]:
    try:
        return JsonLine(number, model.model_validate_json(line), "")
    except ValidationError as error:
        return JsonLine(number, None, first_fault(error))


def _skip_rest(stream: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(MAX_LINE_BYTES)
