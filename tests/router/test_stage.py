"""The router stage: dispatches of complaints and answers, and the hops after refusals."""

from collections.abc import Callable
from datetime import datetime
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
from messages.topics import AGENCY_ANSWERS, TRIAGE
from router.decide import decide
from router.lifecycle.refusal import MAX_HOPS, next_agency
from router.registry.registry import Registry
from router.stage import RouterStage
from tests.conftest import NOW
from tests.support import records
from tests.support.agency_answers import signed
from tests.support.records import at, value_of
from tests.support.rules import SHIPPED, SMALL, cached_rules, fixed_rules_source, registry_of
from tests.support.stages import make_normalizer, make_router


@pytest.fixture(scope="module")
def registry() -> Registry:
    """A registry of a few agencies."""
    return registry_of(SMALL)


@pytest.fixture(scope="module")
def country() -> Registry:
    """The shipped registry."""
    return registry_of(SHIPPED)


@given(
    st.lists(st.sampled_from(["a", "a b", "b c", "c"]), unique=True, min_size=1),
    st.lists(st.sampled_from("abcx"), max_size=8),
)
def test_the_longest_phrase_wins(phrases: list[str], words: list[str]) -> None:
    """Matches are known phrases, in order, without overlap, and never the beginning of a longer phrase."""
    text = ", ".join(words)
    position = 0
    for match in PhraseIndex({phrase: phrase for phrase in phrases}).find_phrases(text):
        assert match.start >= position
        position = match.start + len(match.words)
        assert normalize_phrase(match.words) == match.meaning
        rest = normalize_phrase(text[match.start :])
        assert not [
            longer for longer in phrases if len(longer) > len(match.meaning) and f"{rest} ".startswith(f"{longer} ")
        ]


def test_every_agency_is_reached_by_its_own_name() -> None:
    """A plain report that names an institution goes to its queue."""
    rules = cached_rules(SHIPPED)
    for agency in rules.registry.agencies.values():
        if agency.code != TRIAGE:
            decision = decide(Report(text=f"Mohon {agency.name} menindaklanjuti laporan ini."), rules)
            assert decision.agency == agency.code, agency.name


def test_refusals_end(registry: Registry) -> None:
    """A complaint ends in triage within the hop limit, never twice at one agency, whatever agencies answer."""

    @given(st.lists(st.sampled_from([*registry.agencies, None, "no-such-agency"]), min_size=12, max_size=12))
    def refuse_until_triage(suggested_agency: list[str | None]) -> None:
        refused_by = ["kementerian-kemenkes"]
        while refused_by[-1] != TRIAGE:
            code, _ = next_agency(
                refused_by, ("kabupaten-3404", "provinsi-34"), suggested_agency[len(refused_by)], registry.agencies
            )
            assert code not in refused_by
            assert code in registry.agencies
            refused_by.append(code)
        assert len(refused_by) <= MAX_HOPS + 2

    refuse_until_triage()


def test_triage_decides_past_the_limit(registry: Registry) -> None:
    """A suggestion of the national admin holds after the last hop, and for an agency that refused."""
    refused_by = ["kementerian-kemenkes", "kabupaten-3404", "provinsi-34", "bumn-pln", "kota-3374", TRIAGE]
    assert next_agency(refused_by, (), "kementerian-kemenkes", registry.agencies) == (
        "kementerian-kemenkes",
        "named-by-triage",
    )
    assert next_agency(refused_by, (), None, registry.agencies)[0] == TRIAGE


def test_a_removed_agency_is_no_alternative(registry: Registry) -> None:
    """Nobody would read its queue."""
    assert (
        next_agency(["kementerian-kemenkes"], ("bumn-gone", "provinsi-34"), None, registry.agencies)[0] == "provinsi-34"
    )


@pytest.fixture
def stage(engine: Engine, now: Callable[[], datetime]) -> RouterStage:
    """A router on each kind of database."""
    return make_router(engine, fixed_rules_source(), now)


@pytest.fixture
def complaint(parts: Parts, engine: Engine) -> Callable[..., Outgoing]:
    """Returns a function that makes a complaint as the normalizer does."""

    def make(text: str, **fields: object) -> Outgoing:
        (message,) = make_normalizer(engine, parts.sealer).handle([at(records.web(parts, text, **fields))])  # type: ignore[arg-type]
        return message

    return make


def refusal(
    dispatch: Outgoing, suggested_agency: str | None = None, offset: int = 0, **changed: object
) -> tuple[Outgoing, int]:
    """Return an agency's refusal of a dispatch, and its offset."""
    sent_dispatch = codec.decode(Dispatch, dispatch.value, dispatch.headers)
    answer = AgencyAnswer(
        id=ids.answer_id(sent_dispatch.id, "refused", "bukan kewenangan kami", suggested_agency),
        message_id=sent_dispatch.message_id,
        at=NOW,
        complaint_id=sent_dispatch.complaint_id,
        dispatch_id=sent_dispatch.id,
        agency=sent_dispatch.agency,
        verdict="refused",
        text="bukan kewenangan kami",
        suggested_agency=suggested_agency,
    ).model_copy(update=changed)
    return Outgoing(AGENCY_ANSWERS, *codec.encode(signed(answer), str(sent_dispatch.complaint_id), "/agency")), offset


def test_a_dispatch_is_decided_once(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """The same record gives an equal dispatch. Another record of the complaint gives none."""
    message = complaint("Kemenkes tolong")
    first = stage.handle([at(message, 3)])
    assert stage.handle([at(message, 3)]) == first
    assert stage.handle([at(message, 4)]) == []


def test_a_dispatch_has_the_fields_of_the_decision(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """Staff in triage look for cases by confidence, topic and region."""
    (dispatch_message, *_) = stage.handle([at(complaint("Paspor saya di Kab. Sleman lama sekali"))])
    report = codec.decode(Dispatch, dispatch_message.value, dispatch_message.headers).report
    decision = decide(report, cached_rules(SMALL))
    sent_dispatch = value_of(dispatch_message)
    assert (sent_dispatch["topic"], sent_dispatch["region"]) == ("paspor", "34.04")
    assert (sent_dispatch["topic"], sent_dispatch["region"], sent_dispatch["confidence"]) == (
        decision.topic,
        decision.region,
        decision.confidence,
    )
    assert decision.confidence < 1


def test_a_refusal_leads_to_the_next_agency(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """The next agency gets all earlier reasons, and oversight gets one event."""
    (first, *_) = stage.handle([at(complaint("Mohon Kemenkes datang ke Kab. Sleman"))])
    record = at(*refusal(first))
    second, event, outcome = stage.handle([record])
    assert second.topic == "agency-kabupaten-3404"
    assert value_of(second)["hop"] == 1
    assert [reason["rule"] for reason in value_of(second)["reasons"]] == ["named", "next-alternative"]
    assert (event.topic, value_of(event)["event"]) == ("oversight", "refused")
    assert stage.handle([record]) == [second, event, outcome]
    assert stage.handle([at(*refusal(first, offset=9))]) == [outcome]


def test_the_refusing_agency_may_suggest_the_next(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """The suggestion comes before the alternatives."""
    (first, *_) = stage.handle([at(complaint("Mohon Kemenkes datang ke Kab. Sleman"))])
    second, *_ = stage.handle([at(*refusal(first, suggested_agency="bumn-pln"))])
    assert second.topic == "agency-bumn-pln"


def test_triage_sends_a_complaint_on_or_keeps_it(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """The national admin suggests an agency, or the complaint stays: no agency comes after triage."""
    (first, *_) = stage.handle([at(complaint("lampu mati"))])
    assert first.topic == "agency-triage"
    assert [output.topic for output in stage.handle([at(*refusal(first))])] == ["oversight", "answer-outcomes"]
    (dispatch_message, *_) = stage.handle([at(*refusal(first, suggested_agency="kota-3374", offset=1))])
    assert dispatch_message.topic == "agency-kota-3374"


def test_an_answer_without_a_dispatch_is_rejected(stage: RouterStage, complaint: Callable[..., Outgoing]) -> None:
    """It becomes a dead letter."""
    (first, *_) = stage.handle([at(complaint("Kemenkes tolong"))])
    unknown_id = uuid4()
    answer_id = ids.answer_id(unknown_id, "refused", "bukan kewenangan kami")
    with pytest.raises(Reject, match="unknown_dispatch"):
        stage.handle([at(*refusal(first, id=answer_id, dispatch_id=unknown_id))])
