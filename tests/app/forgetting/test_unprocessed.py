"""Messages that were accepted and not processed: while one waits, no key that may have sealed it is destroyed."""

from contextlib import closing
from datetime import timedelta

from app.assembly.parts import Parts
from app.operations.forgetting.unprocessed import UnprocessedMessages
from bus.port import Membership
from monitor.snapshot import ProcessState
from tests.support import records

_HOUR = timedelta(hours=1)


def test_an_arrival_that_waits_for_the_normalizer_needs_its_key(parts: Parts) -> None:
    """Arrivals after the end of all caches do not count. Neither do those that were processed."""
    unprocessed = UnprocessedMessages(parts.bus, parts.doors.spool, ["raw-web"], tuple)
    now = parts.now()
    assert unprocessed.waits_for(now) == ""
    with closing(parts.bus.producer()) as producer:
        producer.publish([records.web(parts, "Lampu padam")])
    assert unprocessed.waits_for(now) == "the normalizer has not processed all of raw-web"
    assert unprocessed.waits_for(now - _HOUR) == ""
    with closing(parts.bus.consumer(Membership("normalize", "host-a", ("raw-web",)))) as consumer:
        assert len(consumer.poll(1.0, 10)) == 1
        consumer.commit([])
    assert unprocessed.waits_for(now) == ""


def test_a_spool_that_holds_a_message_needs_its_key(parts: Parts) -> None:
    """Also one of another host, and one that does not answer."""
    probed: list[ProcessState] = []
    unprocessed = UnprocessedMessages(parts.bus, parts.doors.spool, ["raw-web"], lambda: probed)
    for fault in ({"unreached": "ConnectionError"}, {"spooled": 1}, {"spool_aside": 1}):
        probed[:] = [ProcessState.model_validate({"address": "http://10.0.0.8:1710", **fault})]
        assert "http://10.0.0.8:1710" in unprocessed.waits_for(parts.now())
    probed.clear()
    parts.doors.spool.append([records.web(parts, "Lampu padam")])
    assert "this host" in unprocessed.waits_for(parts.now())
