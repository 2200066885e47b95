"""How far behind each stage is, said in the log at a steady pace."""

import threading
from collections.abc import Callable, Mapping

import structlog

from bus.errors import Retry
from bus.port import Reader

_PAUSE_SECONDS = 30.0

_log = structlog.get_logger()


def lag(reader: Reader, group: str, topics: tuple[str, ...]) -> int:
    """Records that the group has yet to work. On Kafka transaction markers count too, so a few may never go."""
    committed = reader.committed(group, topics)
    spans = reader.spans(topics).items()
    return sum(max(0, span.end - max(span.start, committed.get(partition, 0))) for partition, span in spans)


class LagLog:
    """Runs in a thread of its own. `groups` are the topics of each group that is watched; `open_reader` looks."""

    def __init__(
        self, open_reader: Callable[[], Reader], groups: Mapping[str, tuple[str, ...]], stopping: threading.Event
    ) -> None:
        self._open_reader = open_reader
        self._groups = groups
        self._stopping = stopping

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.is_set():
            try:
                reader = self._open_reader()
            except Retry as error:
                _log.warning("lag.unknown", cause=str(error))
                self._stopping.wait(_PAUSE_SECONDS)
                continue
            try:
                self._watch(reader)
            finally:
                reader.close()

    def _watch(self, reader: Reader) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            try:
                behind = {group: lag(reader, group, topics) for group, topics in self._groups.items()}
            except Retry as error:
                _log.warning("lag.unknown", cause=str(error))
                continue
            _log.info("lag", **behind)
