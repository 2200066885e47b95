"""Every case: each stage from file N-1 to file N, and then all stages at once. `make goldens` rewrites the files."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine

from app.assembly.channels import DIRECTORY
from app.assembly.parts import Parts
from bus.port import Outgoing
from messages import codec
from messages.sealing import Sealer
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, OVERSIGHT, REPLIES
from tests.conftest import NOW
from tests.journeys.runner import Stages, as_text, from_text, private_values
from tests.support.agency_answers import signed
from tests.support.fixed_source import FixedSource
from tests.support.records import at
from tests.support.rules import SMALL, cached_rules
from tests.support.stages import make_router

JOURNEYS = Path(__file__).parent
CASES = sorted(folder.parent for folder in JOURNEYS.glob("*/0-arrival.http"))
REGISTRY = JOURNEYS.parent / "data" / "registry"


@pytest.fixture
def stages(parts: Parts, engine: Engine, now: Callable[[], datetime]) -> Stages:
    """The stages on each kind of database."""
    # A fixed version: the real one is a digest of all tables and changes with every edit of them.
    rules = FixedSource(replace(cached_rules(SMALL), version="of-the-journeys"))
    # Keys of persons are random; the files need the same bytes in each run.
    parts.keys.sealer = Sealer(parts.secrets.seal_keys)
    return Stages(parts.wrapper, parts.sealer, engine, rules, now)


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

    No log line, key or header has a private value, and no reply has the words of the sender. A reply names the agency,
    which may be the region that the sender picked.
    """
    agency_names = {agency.name for agency in cached_rules(SMALL).registry.institutions.values()}
    with structlog.testing.capture_logs() as logs:
        contents = _run_all(stages, case)
    last = max(case.glob("[1-4]-*.json"))
    assert as_text(contents[-1]) == last.read_text()
    for private_value in private_values(case / "0-arrival.http"):
        assert private_value not in json.dumps(logs, default=str)
        for message in contents:
            if isinstance(message, Outgoing):
                assert private_value not in message.key.decode() + str(message.headers)
                if message.topic == REPLIES and private_value not in agency_names:
                    assert private_value not in message.value.decode()


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


def test_a_closed_case_takes_no_further_reports(stages: Stages, golden: Callable[[Path, str], None]) -> None:
    """After each close the next report of the matter is a case of its own in the agency's queue.

    The same text of another citizen, a near copy, and the first sender's next message arrive one after the other.
    """
    for number, (arrival, dispatch) in enumerate(_dispatches_of_one_matter(stages, are_closed=True), start=1):
        golden(arrival.with_name(f"{number}-dispatch.json"), as_text(dispatch))
        value = json.loads(dispatch.value)
        assert (value["relation"]["kind"], value["own_case"], value["hop"]) == ("new", True, 0)


def test_an_open_case_takes_further_reports(stages: Stages) -> None:
    """The same reports belong to the first one as long as its case is open."""
    dispatches = [json.loads(dispatch.value) for _, dispatch in _dispatches_of_one_matter(stages, are_closed=False)]
    assert [dispatch["relation"]["kind"] for dispatch in dispatches] == ["new", "joins", "joins", "repeat"]
    assert [dispatch["own_case"] for dispatch in dispatches] == [True, False, False, False]


def test_an_objection_opens_the_case_again(stages: Stages, golden: Callable[[Path, str], None]) -> None:
    """A sender by SMS says twice that the matter is not finished. Each time the agency gets the case back.

    The files have the reopened case, the objection, the reply to the sender, and the second time the event.
    """
    clock = [NOW]
    stages = replace(stages, now=lambda: clock[0])
    normalizer = stages.attaching_normalizer()
    router = make_router(stages.engine, stages.rules, stages.now)
    for offset, arrival in enumerate(sorted((JOURNEYS / "reopened-case").glob("*.http"))):
        clock[0] = NOW + timedelta(days=offset)
        _, raw = stages.door(arrival)
        complaint, *_ = normalizer.handle([at(raw, offset)])
        outputs = router.handle([at(complaint, offset)])
        for number, output in enumerate(outputs):
            golden(arrival.with_name(f"{arrival.stem}-{number}.json"), as_text(output))
        case = codec.decode(Dispatch, outputs[0].value, outputs[0].headers)
        assert (case.hop, case.reopened, case.own_case) == (offset, offset, True)
        kinds = ["agency-kabupaten-3404"] * min(offset + 1, 2) + [REPLIES, OVERSIGHT][: max(offset, 1)]
        assert [output.topic for output in outputs] == kinds
        closing = at(_closing_answer(case), offset, clock[0] + timedelta(hours=1))
        *_, judged = router.handle([closing])
        normalizer.handle([at(judged, offset)])


def _dispatches_of_one_matter(stages: Stages, *, are_closed: bool) -> Iterator[tuple[Path, Outgoing]]:
    """Yield each arrival of the journey `closed-case` with its dispatch, which is closed before the next arrival."""
    normalizer = stages.normalizer()
    router = make_router(stages.engine, stages.rules, stages.now)
    for offset, arrival in enumerate(sorted((JOURNEYS / "closed-case").glob("*.http"))):
        _, raw = stages.door(arrival)
        complaint, *_ = normalizer.handle([at(raw, offset)])
        dispatch, *_ = router.handle([at(complaint, offset)])
        yield arrival, dispatch
        if are_closed:
            closing = at(_closing_answer(codec.decode(Dispatch, dispatch.value, dispatch.headers)), offset)
            *_, judged = router.handle([closing])
            normalizer.handle([at(judged, offset)])


def _closing_answer(dispatch: Dispatch) -> Outgoing:
    answer = AgencyAnswer(
        id=dispatch.id,
        message_id=dispatch.message_id,
        at=dispatch.at,
        complaint_id=dispatch.complaint_id,
        dispatch_id=dispatch.id,
        agency=dispatch.agency,
        verdict="closed",
    )
    return Outgoing(AGENCY_ANSWERS, *codec.encode(signed(answer), str(dispatch.complaint_id), "/agency/test"))


def _run_all(stages: Stages, case: Path) -> list[Any]:
    name, arrived = stages.door(case / "0-arrival.http")
    if name != "1-raw":
        return [arrived]
    name, complaint, replies = stages.normalize(arrived)
    if name != "2-complaint":
        return [arrived, complaint]
    dispatch, router_replies = stages.route(complaint)
    return [arrived, complaint, *replies, dispatch, *router_replies, stages.record([complaint, dispatch])]
