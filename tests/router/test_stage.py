"""The router: the institution that is named, else the matter, else the place, else triage; and the next door."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.errors import Reject
from bus.port import Outgoing
from language.phrase_index import PhraseIndex, normalize_phrase
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch, Report
from messages.topics import AGENCY_ANSWERS
from router.decision import answer_deadline, decide
from router.lifecycle.refusal import MAX_HOPS, next_agency
from router.registry.registry import TRIAGE, Registry
from router.stage import RouterStage
from tests.conftest import NOW
from tests.support import records
from tests.support.records import at, value_of
from tests.support.rules import SHIPPED, SMALL, cached_rules, fixed_rules_source, registry_of
from tests.support.stages import make_normalizer, make_router


@pytest.fixture(scope="module")
def registry() -> Registry:
    """A registry of a few agencies."""
    return registry_of(SMALL)


@pytest.fixture(scope="module")
def country() -> Registry:
    """The registry that is shipped."""
    return registry_of(SHIPPED)


@given(
    st.lists(st.sampled_from(["a", "a b", "b c", "c"]), unique=True, min_size=1),
    st.lists(st.sampled_from("abcx"), max_size=8),
)
def test_the_longest_phrase_wins(phrases: list[str], words: list[str]) -> None:
    """Found phrases are known ones, in order, not overlapping, and never the beginning of a longer one there."""
    text = ", ".join(words)
    position = 0
    for found in PhraseIndex({phrase: phrase for phrase in phrases}).find(text):
        assert found.start >= position
        position = found.start + len(found.words)
        assert normalize_phrase(found.words) == found.meaning
        rest = normalize_phrase(text[found.start :])
        assert not [
            longer for longer in phrases if len(longer) > len(found.meaning) and f"{rest} ".startswith(f"{longer} ")
        ]


def test_every_agency_is_reached_by_its_own_name() -> None:
    """A plain report that names an institution arrives at its queue, for every one of them."""
    rules = cached_rules(SHIPPED)
    for agency in rules.registry.agencies.values():
        if agency.code != TRIAGE:
            decision = decide(Report(text=f"Mohon {agency.name} menindaklanjuti laporan ini."), rules)
            assert decision.agency == agency.code, agency.name


def test_refusals_end(registry: Registry) -> None:
    """Whatever agencies answer, a complaint ends in triage within the hop limit, never twice at one door."""

    @given(st.lists(st.sampled_from([*registry.agencies, None, "no-such-agency"]), min_size=12, max_size=12))
    def walk(theirs: list[str | None]) -> None:
        tried = ["kementerian-kemenkes"]
        while tried[-1] != TRIAGE:
            code, _ = next_agency(tried, ("kabupaten-3404", "provinsi-34"), theirs[len(tried)], registry.agencies)
            assert code not in tried
            assert code in registry.agencies
            tried.append(code)
        assert len(tried) <= MAX_HOPS + 2

    walk()


def test_triage_decides_past_the_limit(registry: Registry) -> None:
    """What the national admin names is no guess: it holds after the last hop, and for one that refused before."""
    tried = ["kementerian-kemenkes", "kabupaten-3404", "provinsi-34", "bumn-pln", "kota-3374", TRIAGE]
    assert next_agency(tried, (), "kementerian-kemenkes", registry.agencies) == (
        "kementerian-kemenkes",
        "named-by-triage",
    )
    assert next_agency(tried, (), None, registry.agencies)[0] == TRIAGE


def test_an_agency_that_is_no_more_is_no_door(registry: Registry) -> None:
    """An alternative may have been taken from the registry since: nobody would look into its queue."""
    assert (
        next_agency(["kementerian-kemenkes"], ("bumn-gone", "provinsi-34"), None, registry.agencies)[0] == "provinsi-34"
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-24", "2026-12-01"),
        ("2026-11-27", "2026-12-04"),
        ("2026-11-28", "2026-12-04"),
        ("2026-11-23", "2026-11-30"),
        ("2026-11-22T20:00:00", "2026-11-29"),  # already Monday in Jakarta
    ],
)
def test_five_working_days(start: str, end: str) -> None:
    """Weekends do not count."""
    assert answer_deadline(datetime.fromisoformat(start).replace(tzinfo=UTC)).date().isoformat() == end


@pytest.fixture
def stage(engine: Engine, now: Callable[[], datetime]) -> RouterStage:
    """A router on each kind of database."""
    return make_router(engine, fixed_rules_source(), now)


@pytest.fixture
def complaint(parts: Parts, engine: Engine) -> Callable[..., Outgoing]:
    """Makes a complaint as the normalizer would."""

    def make(text: str, **fields: object) -> Outgoing:
        (made,) = make_normalizer(engine, parts.sealer).handle([at(records.web(parts, text, **fields))])  # type: ignore[arg-type]
        return made

    return make


def refusal(dispatch: Outgoing, theirs: str | None = None, offset: int = 0) -> tuple[Outgoing, int]:
    """The agency says that it is not its authority."""
    said = codec.decode(Dispatch, dispatch.value, dispatch.headers)
    answer = AgencyAnswer(
        id=ids.answer_id(said.id, "refused", "bukan kewenangan kami"),
        message_id=said.message_id,
        at=NOW,
        complaint_id=said.complaint_id,
        dispatch_id=said.id,
        agency=said.agency,
        verdict="refused",
        text="bukan kewenangan kami",
        theirs=theirs,
    )
    return Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(said.complaint_id), "/agency")), offset


def test_a_dispatch_is_decided_once(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """The same record gives the same dispatch, due date and all; the same complaint at another record gives none."""
    made = complaint("Kemenkes tolong")
    first = stage.handle([at(made, 3)])
    assert stage.handle([at(made, 3)]) == first
    assert stage.handle([at(made, 4)]) == []


def test_a_dispatch_says_what_the_decision_says(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """How sure it is, what it is about and where: the desk of triage looks for cases by these."""
    (sent,) = stage.handle([at(complaint("Paspor saya di Kab. Sleman lama sekali"))])
    report = codec.decode(Dispatch, sent.value, sent.headers).report
    decision = decide(report, cached_rules(SMALL))
    said = value_of(sent)
    assert (said["topic"], said["region"]) == ("paspor", "34.04")
    assert (said["topic"], said["region"], said["confidence"]) == (
        decision.topic,
        decision.region,
        decision.confidence,
    )
    assert decision.confidence < 1


def test_a_refusal_finds_the_next_door(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """The next agency gets the complaint with all earlier reasons, and oversight hears of it; once."""
    (first,) = stage.handle([at(complaint("Mohon Kemenkes datang ke Kab. Sleman"))])
    record = at(*refusal(first))
    second, told = stage.handle([record])
    assert second.topic == "agency-kabupaten-3404"
    assert value_of(second)["hop"] == 1
    assert [reason["rule"] for reason in value_of(second)["reasons"]] == ["named", "next-alternative"]
    assert (told.topic, value_of(told)["event"]) == ("oversight", "refused")
    assert stage.handle([record]) == [second, told]
    assert [output.topic for output in stage.handle([at(*refusal(first, offset=9))])] == ["oversight"]


def test_the_refusing_agency_may_name_the_next(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """Its word goes before our alternatives."""
    (first,) = stage.handle([at(complaint("Mohon Kemenkes datang ke Kab. Sleman"))])
    second, _ = stage.handle([at(*refusal(first, theirs="bumn-pln"))])
    assert second.topic == "agency-bumn-pln"


def test_triage_may_send_on_and_keeps_what_it_can_not(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """The national admin names an agency, or keeps the complaint: there is no door behind triage."""
    (first,) = stage.handle([at(complaint("lampu mati"))])
    assert first.topic == "agency-triage"
    assert [output.topic for output in stage.handle([at(*refusal(first))])] == ["oversight"]
    (sent, _) = stage.handle([at(*refusal(first, theirs="kota-3374", offset=1))])
    assert sent.topic == "agency-kota-3374"


def test_an_answer_to_nothing_is_rejected(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """An answer that belongs to no dispatch of ours becomes a dead letter, not a silence."""
    (first,) = stage.handle([at(complaint("Kemenkes tolong"))])
    answer, _ = refusal(first)
    strange = answer.value.replace(str(value_of(answer)["dispatch_id"]).encode(), str(uuid4()).encode())
    with pytest.raises(Reject, match="unknown_dispatch"):
        stage.handle([at(Outgoing(answer.topic, answer.key, strange, answer.headers))])
