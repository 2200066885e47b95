"""Our worker on our Kafka bus. It runs in the environment of the product."""

import sys
import threading
import time
from collections.abc import Sequence

from app.clock import system_clock
from bench.peers.loops.work import BATCH, GROUP, SOURCE, TARGET, transform
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Membership, Outgoing, Record
from bus.worker import Worker


class _Loop:
    """See `bus.worker.Stage`."""

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Return the outputs."""
        return [Outgoing(TARGET, record.key, transform(record.value)) for record in records]


BUS = KafkaBus(KafkaSettings(bootstrap=sys.argv[1]), system_clock())
Worker(
    "bench",
    lambda: BUS.consumer(Membership(GROUP, "bench", (SOURCE,))),
    _Loop(),
    "dead",
    threading.Event(),
    time.monotonic,
    BATCH,
).run()
