"""Builds the public view: its read model and its pages."""

import threading
from collections.abc import Callable
from functools import partial

import structlog
from jinja2 import Environment

from app.assembly.parts import Parts
from cases.pictures.store import read_picture
from config.database import DatabaseUnavailable
from config.reference.public_release import PUBLIC_RELEASE, load_sensitive_reports
from language.masking import mask_with_labels
from router.evidence.competence import load_competence
from router.rules_loading import COMPETENCE
from sinks.public.pages import PublicNames, PublicPages
from sinks.public.queries import PublicReports
from sinks.public.read_model import PublicReadModel
from sinks.public.release import Sensitivity
from sinks.public.sensitive_words import word_finder

# Pause between two looks for decisions of officers.
_DECISION_SECONDS = 60.0

_log = structlog.get_logger()


def public_read_model(parts: Parts) -> PublicReadModel:
    """Return the read model."""
    sensitive = load_sensitive_reports(parts.tables.reference.table(PUBLIC_RELEASE))
    competence = load_competence(parts.tables.reference.table(COMPETENCE))
    rules = frozenset(row.id for row in competence.rows if row.topic in sensitive.topics)
    sensitivity = Sensitivity(sensitive.topics, rules, word_finder(sensitive.phrases))
    return PublicReadModel(mask_with_labels, parts.secrets.public_key, sensitivity, parts.now)


def decisions_loop(parts: Parts, stopping: threading.Event) -> Callable[[], None]:
    """Return the function that lets the public view follow the decisions of officers until the process stops."""
    model = public_read_model(parts)

    def run() -> None:
        while not stopping.is_set():
            try:
                model.follow_decisions(parts.engine)
            except DatabaseUnavailable as error:
                _log.warning("public_view.not_derived", cause=str(error))
            stopping.wait(_DECISION_SECONDS)

    return run


def public_pages(parts: Parts, pages: Environment) -> PublicPages:
    """Return the pages."""
    names = PublicNames(
        lambda: {code: agency.name for code, agency in parts.registry.institutions.items()},
        lambda: parts.tables.topic_names,
        parts.tables.regions,
    )
    reports, open_picture = PublicReports(parts.engine, parts.now), partial(read_picture, parts.engine, parts.sealer)
    return PublicPages(reports, names, pages, parts.settings.reached_at, open_picture)
