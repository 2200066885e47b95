"""Builds the public view: its read model and its pages."""

from jinja2 import Environment

from app.assembly.parts import Parts
from language.masking import mask_with_labels
from router.evidence.topics import TOPICS, topic_ids
from sinks.public.pages import PublicNames, PublicPages
from sinks.public.queries import PublicReports
from sinks.public.read_model import PublicReadModel


def public_read_model(parts: Parts) -> PublicReadModel:
    """Return the read model."""
    return PublicReadModel(mask_with_labels, parts.secrets.public_key)


def public_pages(parts: Parts, pages: Environment) -> PublicPages:
    """Return the pages."""
    topics = topic_ids(parts.reference.table(TOPICS))
    names = PublicNames(
        lambda: {code: agency.name for code, agency in parts.registry.institutions.items()},
        lambda: topics,
        parts.regions,
    )
    return PublicPages(PublicReports(parts.engine), names, pages, parts.settings.reached_at)
