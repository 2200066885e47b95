"""Messages that were accepted and not processed: their keys must not be destroyed yet."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta

from bus.port import Bus
from ingest.spool import Spool
from monitor.consumer_lag import unprocessed_topic
from monitor.snapshot import ProcessState
from privacy.person_keys import MAX_CACHE_SECONDS

_GROUP = "normalize"
# The clocks of doors, bus and database may differ by this much.
_CLOCK_DIFFERENCE = timedelta(minutes=5)


class UnprocessedMessages:
    """Looks into the spools and at the normalizer's backlog. `probe_other_hosts` as in `app.operations.purge`."""

    def __init__(
        self,
        bus: Bus,
        spool: Spool,
        arrival_topics: Sequence[str],
        probe_other_hosts: Callable[[], Sequence[ProcessState]],
    ) -> None:
        self._bus = bus
        self._spool = spool
        self._arrival_topics = tuple(arrival_topics)
        self._probe_other_hosts = probe_other_hosts

    def waits_for(self, retired_at: datetime) -> str:
        """Return why a message may wait that was sealed with a key retired until then; empty if none does.

        Raises `Retry` if the bus is away.
        """
        if len(self._spool) or self._spool.rejected_count:
            return "this host's spool holds messages"
        for process in self._probe_other_hosts():
            if process.unreached:
                return f"{process.address} does not answer; its spool may hold messages"
            if process.spooled or process.spool_aside:
                return f"the spool of {process.address} holds messages"
        sealed_until = retired_at + timedelta(seconds=MAX_CACHE_SECONDS) + _CLOCK_DIFFERENCE
        with closing(self._bus.reader()) as reader:
            topic = unprocessed_topic(reader, _GROUP, self._arrival_topics, sealed_until)
        return f"the normalizer has not processed all of {topic}" if topic else ""
