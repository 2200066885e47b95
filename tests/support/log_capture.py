"""Captures the log of a test through the service's own configuration: our events and the lines of libraries."""

import io
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field

import structlog
from structlog.types import EventDict

from config import logs


@dataclass
class CapturedLog:
    """`lines` are our events as they were logged. `stream` is standard error, one JSON object per line."""

    lines: list[EventDict] = field(default_factory=list)
    stream: io.StringIO = field(default_factory=io.StringIO)

    def logged_words(self, words: Iterable[str]) -> list[str]:
        """Return those of `words` that were logged, by our code or a library."""
        text = self.stream.getvalue()
        return [word for word in words if json.dumps(word)[1:-1] in text]


@contextmanager
def captured_log() -> Iterator[CapturedLog]:
    """Until the block ends, everything is logged as `satupintu run` logs it, but into `Heard`."""
    captured = CapturedLog()
    root = logging.getLogger()
    configuration, handlers, level = structlog.get_config(), list(root.handlers), root.level

    def record_event(_logger: object, method: str, event: EventDict) -> EventDict:
        captured.lines.append({**event, "log_level": method})
        return event

    with redirect_stderr(captured.stream):
        logs.configure("info", "json")
    structlog.configure(processors=[record_event, *structlog.get_config()["processors"]])
    try:
        yield captured
    finally:
        structlog.configure(**configuration)
        root.handlers[:] = handlers
        root.setLevel(level)
