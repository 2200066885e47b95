"""Every case, stage by stage from file N-1 to file N, and the whole way at once; `make goldens` rewrites the files."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine

from app.assembly.channels import DIRECTORY
from app.assembly.parts import Parts
from bus.port import Outgoing
from config.reference.reloading import FixedSource
from messages.topics import REPLIES
from tests.journeys.runner import Stages, as_text, from_text, telling
from tests.support.rules import SMALL, cached_rules

HERE = Path(__file__).parent
CASES = sorted(folder.parent for folder in HERE.glob("*/0-arrival.http"))
REGISTRY = HERE.parent / "data" / "registry"


@pytest.fixture
def stages(parts: Parts, engine: Engine, now: Callable[[], datetime]) -> Stages:
    """The stages on each kind of database."""
    # The version is a digest of all tables, shipped ones too: it would change with any edit of an operator's.
    rules = FixedSource(replace(cached_rules(SMALL), version="of-the-journeys"))
    return Stages(parts.wrapper, parts.sealer, engine, rules, now)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Holds what was found against the file, or rewrites the file with `--goldens`."""

    def compare(path: Path, found: str) -> None:
        if request.config.getoption("--goldens"):
            path.write_text(found)
        assert path.exists(), f"{path.name} is missing: `make goldens`, then read the diff"
        assert found == path.read_text()

    return compare


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_stage(case: Path, stages: Stages, golden: Callable[[Path, str], None]) -> None:
    """Each stage makes the next file of the one before, whatever the other stages do."""
    name, found = stages.door(case / "0-arrival.http")
    golden(case / f"{name}.json", as_text(found))
    if refused := stages.turned_away(case / "0-arrival.http"):
        golden(case / "1-refused.json", as_text(refused))
    if name != "1-raw":
        return
    name, complaint, told = stages.normalize(from_text((case / "1-raw.json").read_text()))
    golden(case / f"{name}.json", as_text(complaint))
    _replies(golden, case / "2-reply.json", told)
    if name != "2-complaint":
        return
    dispatch, told = stages.route(from_text((case / "2-complaint.json").read_text()))
    golden(case / "3-dispatch.json", as_text(dispatch))
    _replies(golden, case / "3-reply.json", told)
    written = [from_text((case / f"{name}.json").read_text()) for name in ("2-complaint", "3-dispatch")]
    golden(case / "4-ledger.json", as_text(stages.record(written)))


def _replies(golden: Callable[[Path, str], None], path: Path, told: list[Outgoing]) -> None:
    """At most one from a stage; without one there is no file."""
    assert len(told) <= 1
    assert told or not path.exists()
    for reply in told:
        golden(path, as_text(reply))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whole_way(case: Path, stages: Stages) -> None:
    """The arrival alone leads to the last file.

    No person stands in a log line, a key or a header on the way, and no reply says what the sender wrote.
    """
    with structlog.testing.capture_logs() as logs:
        passed = _walk(stages, case)
    last = max(case.glob("[1-4]-*.json"))
    assert as_text(passed[-1]) == last.read_text()
    for words in telling(case / "0-arrival.http"):
        assert words not in json.dumps(logs, default=str)
        for message in passed:
            if isinstance(message, Outgoing):
                assert words not in message.key.decode() + str(message.headers)
                assert message.topic != REPLIES or words not in message.value.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_repeated(case: Path, stages: Stages) -> None:
    """Delivered a second time, byte for byte, it is the same message, and what follows from it was said already."""
    passed = [stages.door(case / "0-arrival.http")[1] for _ in range(2)]
    assert as_text(passed[0]) == as_text(passed[1])
    if isinstance(passed[0], Outgoing) and passed[0].topic.startswith("raw-"):
        assert len(stages.deliver(passed)) == len(stages.deliver(passed[:1]))


def test_every_channel_shows_its_kinds() -> None:
    """A channel begins with captured arrivals of each kind.

    Repeated is every case, above. Who forges is met by the doors: a form without our token, a device without one.
    """
    for channel in DIRECTORY.names:
        for kind in ("plain", "minimal", "malformed", "oversized", "strange-unicode"):
            assert HERE / f"{channel}-{kind}" in CASES, f"{channel}-{kind} is missing"


def _walk(stages: Stages, case: Path) -> list[Any]:
    name, found = stages.door(case / "0-arrival.http")
    if name != "1-raw":
        return [found]
    name, complaint, told = stages.normalize(found)
    if name != "2-complaint":
        return [found, complaint]
    dispatch, routed = stages.route(complaint)
    return [found, complaint, *told, dispatch, *routed, stages.record([complaint, dispatch])]
