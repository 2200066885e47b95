"""A dispatch whose queue the bus refuses becomes a dead letter, and a redrive brings it to its queue."""

import time
from collections.abc import Iterable

import pytest

from app.assembly.parts import Parts
from bus.ensured_topics import EnsuredTopics, RedirectingStage
from bus.errors import TopicFault, TopicsRefused
from bus.port import Membership, TopicSpec
from config.settings import Settings
from messages.topics import COMPLAINTS, dead_letter_topic
from tests.app.review.test_dead_letters import complaint
from tests.conftest import NOW
from tests.support.case_stages import make_case_stage
from tests.support.dead_letters import DeadLetterDesk
from tests.support.rules import fixed_rules_source
from tests.support.service import REGISTRY
from tests.support.stages import make_router

TRIAGE = "agency-triage"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def refused_triage() -> EnsuredTopics:
    """Topics of which the bus refuses that of triage."""

    def refuse(_specs: Iterable[TopicSpec]) -> None:
        raise TopicsRefused([TopicFault(TRIAGE, "PolicyViolationError")])

    topics = EnsuredTopics(refuse, lambda: [TopicSpec(TRIAGE)], time.monotonic, patience=0.0)
    topics.ensure()
    return topics


def test_a_refused_dispatch_is_redriven_to_its_queue(parts: Parts, refused_triage: EnsuredTopics) -> None:
    """The audit counts the complaint as dead, and nothing as lost. After the redrive the agency has the dispatch."""
    desk = DeadLetterDesk(parts.bus, parts.sealer, parts.topics, parts.engine)
    router = make_router(parts.engine, fixed_rules_source(), lambda: NOW)
    stage = RedirectingStage("router", router, refused_triage, dead_letter_topic("router"))
    desk.publish(complaint())
    consumer = parts.bus.consumer(Membership("router", "test", (COMPLAINTS,)))
    consumer.commit(stage.handle(consumer.poll(1.0, 10)))
    consumer.close()

    (letter,) = desk.undecided()
    assert (letter.stage, letter.reason, letter.field, letter.topic) == ("router", "topic_refused", TRIAGE, TRIAGE)
    assert desk.read(TRIAGE) == []
    audit = parts.audit()
    assert audit.clean, audit.as_json()
    assert audit.dead == 1

    (step,) = desk.redrive()
    assert step.reason == ""
    (dispatch,) = desk.read(TRIAGE)
    make_case_stage(parts.engine).handle([*desk.read(COMPLAINTS), dispatch])
    audit = parts.audit()
    assert audit.clean, audit.as_json()
    assert audit.at_triage == 1
