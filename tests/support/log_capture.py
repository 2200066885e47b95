"""Hears what a test makes us log, through the service's own configuration: our events and the libraries' lines."""

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
class Heard:
    """`lines` are our events as they were logged; `stream` is what stands on standard error, one JSON object a line."""

    lines: list[EventDict] = field(default_factory=list)
    stream: io.StringIO = field(default_factory=io.StringIO)

    def telling(self, private: Iterable[str]) -> list[str]:
        """Which of these words were logged, by whomever."""
        said = self.stream.getvalue()
        return [word for word in private if json.dumps(word)[1:-1] in said]


@contextmanager
def listening() -> Iterator[Heard]:
    """Until the block ends, everything is logged as `satupintu run` logs it, but into `Heard`."""
    heard = Heard()
    root = logging.getLogger()
    before, handlers, level = structlog.get_config(), list(root.handlers), root.level

    def note(_logger: object, method: str, event: EventDict) -> EventDict:
        heard.lines.append({**event, "log_level": method})
        return event

    with redirect_stderr(heard.stream):
        logs.configure("info", "json")
    structlog.configure(processors=[note, *structlog.get_config()["processors"]])
    try:
        yield heard
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)
