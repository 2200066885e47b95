"""Builds the readings of this folder from the reference tables. Raises `TableError`."""

from collections.abc import Collection

from config.reference.classification_phrases import CLASSIFICATION_PHRASES, load_classification_rows
from config.reference.danger_phrases import DANGER_PHRASES, load_danger_rows
from config.reference.folder import ReferenceFolder
from config.reference.matter_terms import MATTER_FAULTS, load_terms
from messages.shapes import Channel
from normalize.classification.classifier import Classifier
from normalize.classification.danger import DangerReader


def load_classifier(reference: ReferenceFolder, without_kind_choice: Collection[Channel]) -> Classifier:
    """Return the classifier of these tables. On channels `without_kind_choice` the sender chooses no kind."""
    rows = load_classification_rows(reference.table(CLASSIFICATION_PHRASES))
    return Classifier(rows, without_kind_choice, load_terms(reference.table(MATTER_FAULTS)))


def load_danger_reader(reference: ReferenceFolder) -> DangerReader:
    """Return the recognition of danger to life by these tables."""
    return DangerReader(load_danger_rows(reference.table(DANGER_PHRASES)))
