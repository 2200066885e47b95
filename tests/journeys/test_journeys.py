"""Every case: each stage from file N-1 to file N, and then all stages at once. `make goldens` rewrites the files."""

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
from tests.journeys.runner import Stages, as_text, from_text, private_values
from tests.support.rules import SMALL, cached_rules

JOURNEYS = Path(__file__).parent
CASES = sorted(folder.parent for folder in JOURNEYS.glob("*/0-arrival.http"))
REGISTRY = JOURNEYS.parent / "data" / "registry"


@pytest.fixture
def stages(parts: Parts, engine: Engine, now: Callable[[], datetime]) -> Stages:
    """The stages on each kind of database."""
    # A fixed version: the real one is a digest of all tables and changes with every edit of them.
    rules = FixedSource(replace(cached_rules(SMALL), version="of-the-journeys"))
    return Stages(parts.wrapper, parts.sealer, engine, rules, now)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Return a function that compares a text with a file, or rewrites the file with `--goldens`."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--goldens"):
            path.write_text(text)
        assert path.exists(), f"{path.name} is missing: `make goldens`, then read the diff"
        assert text == path.read_text()

    return compare


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_stage(case: Path, stages: Stages, golden: Callable[[Path, str], None]) -> None:
    """Each stage turns the previous file into the next, whatever the other stages do."""
    name, content = stages.door(case / "0-arrival.http")
    golden(case / f"{name}.json", as_text(content))
    if refused := stages.refused_item(case / "0-arrival.http"):
        golden(case / "1-refused.json", as_text(refused))
    if name != "1-raw":
        return
    name, complaint, replies = stages.normalize(from_text((case / "1-raw.json").read_text()))
    golden(case / f"{name}.json", as_text(complaint))
    _replies(golden, case / "2-reply.json", replies)
    if name != "2-complaint":
        return
    dispatch, replies = stages.route(from_text((case / "2-complaint.json").read_text()))
    golden(case / "3-dispatch.json", as_text(dispatch))
    _replies(golden, case / "3-reply.json", replies)
    written = [from_text((case / f"{name}.json").read_text()) for name in ("2-complaint", "3-dispatch")]
    golden(case / "4-ledger.json", as_text(stages.record(written)))


def _replies(golden: Callable[[Path, str], None], path: Path, replies: list[Outgoing]) -> None:
    """Compare the reply of a stage with its file. A stage sends at most one; without a reply there is no file."""
    assert len(replies) <= 1
    assert replies or not path.exists()
    for reply in replies:
        golden(path, as_text(reply))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_stages_at_once(case: Path, stages: Stages) -> None:
    """The arrival alone leads to the last file.

    No log line, key or header has a private value, and no reply has the words of the sender.
    """
    with structlog.testing.capture_logs() as logs:
        contents = _run_all(stages, case)
    last = max(case.glob("[1-4]-*.json"))
    assert as_text(contents[-1]) == last.read_text()
    for private_value in private_values(case / "0-arrival.http"):
        assert private_value not in json.dumps(logs, default=str)
        for message in contents:
            if isinstance(message, Outgoing):
                assert private_value not in message.key.decode() + str(message.headers)
                assert message.topic != REPLIES or private_value not in message.value.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_repeated(case: Path, stages: Stages) -> None:
    """A second delivery of the same bytes is the same message and has no further output."""
    contents = [stages.door(case / "0-arrival.http")[1] for _ in range(2)]
    assert as_text(contents[0]) == as_text(contents[1])
    if isinstance(contents[0], Outgoing) and contents[0].topic.startswith("raw-"):
        assert len(stages.deliver(contents)) == len(stages.deliver(contents[:1]))


def test_every_channel_shows_its_kinds() -> None:
    """Each channel has a case of each kind.

    Every case is repeated above. Forged arrivals are in the tests of the doors: a form or a device without our token.
    """
    for channel in DIRECTORY.names:
        for kind in ("plain", "minimal", "malformed", "oversized", "strange-unicode"):
            assert JOURNEYS / f"{channel}-{kind}" in CASES, f"{channel}-{kind} is missing"


def _run_all(stages: Stages, case: Path) -> list[Any]:
    name, arrived = stages.door(case / "0-arrival.http")
    if name != "1-raw":
        return [arrived]
    name, complaint, replies = stages.normalize(arrived)
    if name != "2-complaint":
        return [arrived, complaint]
    dispatch, router_replies = stages.route(complaint)
    return [arrived, complaint, *replies, dispatch, *router_replies, stages.record([complaint, dispatch])]
