"""The whole service is killed while citizens write: no report is lost or processed twice."""

import random

import pytest

from app.simulator.replay import CHANNELS
from tests.support.service import Citizens, RunningService

pytestmark = pytest.mark.faults

KILLS = 3


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.expensive)])
def test_killed_at_any_moment(service: RunningService, seed: int) -> None:
    """`kill -9` several times while citizens write: in the end every report is in one queue, once."""
    moments = random.Random(seed)  # noqa: S311 - moments, not secrets
    service.start()
    citizens = Citizens(service, CHANNELS)
    citizens.start()
    for _ in range(KILLS):
        for _ in range(moments.randint(1, len(citizens.reports) // (KILLS + 1))):
            citizens.sent.acquire(timeout=60)
        service.kill()
        service.start()
    citizens.join()
    audit = service.audit()
    assert service.stop() == [0]
    assert [row for row in citizens.sent_rows if row.refusal] == []
    assert audit.as_json()["differences"] == []
    assert (audit.accepted, audit.complaints, audit.pending) == (len(citizens.reports), len(citizens.reports), 0)
    assert audit.at_agencies + audit.at_triage == len(citizens.reports)
