"""Citizens at a normalizer on each kind of database."""

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from config.reference.classification_phrases import load_classification_rows
from config.reference.duplicate_weights import load_duplicate_weights
from normalize.classification.classifier import Classifier
from normalize.conversation.conversation import Conversation, TraitsReaderSource
from normalize.duplicates.factory import DuplicateDetection
from normalize.stage import NormalizeStage
from tests.normalize.conversation.citizen import Citizen
from tests.support.deadlines import DEADLINES
from tests.support.fixed_source import FixedSource
from tests.support.rules import language_of
from tests.support.stages import make_classifier, make_normalizer


@pytest.fixture
def citizen(parts: Parts, engine: Engine) -> Citizen:
    """Return a citizen at a normalizer for which every message is a complaint."""
    return Citizen(parts, _stage(parts, engine, None))


@pytest.fixture
def classified_citizen(parts: Parts, engine: Engine) -> Citizen:
    """Return a citizen at a normalizer that sets messages aside."""
    return Citizen(parts, _stage(parts, engine, make_classifier(load_classification_rows())))


def _stage(parts: Parts, engine: Engine, classifier: Classifier | None) -> NormalizeStage:
    language = language_of()
    matcher = DuplicateDetection(language, load_duplicate_weights()).matcher
    conversation = Conversation(TraitsReaderSource(FixedSource(language)), {"sms", "twitter"}, DEADLINES.may_object)
    return make_normalizer(engine, parts.sealer, matcher=matcher, classifier=classifier, conversation=conversation)
