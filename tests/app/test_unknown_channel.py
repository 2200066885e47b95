"""A record of a channel that this service does not have becomes a dead letter with a clear reason in every stage."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.errors import Reject
from bus.port import Outgoing, Record
from bus.worker import Stage
from messages.topics import COMPLAINTS, REPLIES
from tests.support import records
from tests.support.case_stages import make_case_stage
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_reply_sink, make_router


def of_kiosk(message: Outgoing) -> Record:
    """Return the record of this message, as of a channel `kiosk`."""
    return at(replace(message, value=json.dumps(json.loads(message.value) | {"channel": "kiosk"}).encode()))


def reason_of(stage: Stage, record: Record) -> tuple[str, str]:
    """Return the reason and the field of the stage's rejection."""
    with pytest.raises(Reject) as rejection:
        stage.handle([record])
    return rejection.value.reason, rejection.value.field


def test_every_stage_rejects_an_unknown_channel(parts: Parts, engine: Engine) -> None:
    """Normalizer, router, ledger and replies name the field; none of them stores anything."""
    arrival = records.sms(parts, "Kemenkes, puskesmas tutup", "+628000000077", sid="SM77")
    normalizer = make_normalizer(engine, parts.sealer)
    (complaint,) = [output for output in normalizer.handle([at(arrival)]) if output.topic == COMPLAINTS]
    router = make_router(engine, fixed_rules_source(parts.settings.reference_folder), parts.now)
    dispatch, *replies = router.handle([at(complaint)])
    assert [reply.topic for reply in replies] == [REPLIES]

    rejections = [
        reason_of(normalizer, of_kiosk(arrival)),
        reason_of(router, of_kiosk(complaint)),
        reason_of(make_case_stage(engine), of_kiosk(complaint)),
        reason_of(make_case_stage(engine), of_kiosk(dispatch)),
        reason_of(make_reply_sink(engine), of_kiosk(complaint)),
        reason_of(make_reply_sink(engine), of_kiosk(replies[0])),
    ]
    assert set(rejections) == {("unknown_channel", "channel")}
