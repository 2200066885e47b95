"""Builds the public view: its mask from the normalizer's reader of entities, its read model and its pages."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from jinja2 import Environment

from app.assembly.parts import Parts
from language.places.gazetteer import Gazetteer
from language.tokens import Tokens
from normalize.entities import PERSONAL, EntityKind, extract_entities
from normalize.entities.name_words import is_verb
from normalize.entities.persons import is_no_name
from router.evidence.topics import topic_ids
from router.rules_loading import TOPICS
from sinks.public.masking import HOUSE, NAME, NUMBER, PublicMask, Span
from sinks.public.pages import PublicNames, PublicPages
from sinks.public.queries import PublicReports
from sinks.public.read_model import PublicReadModel

_MASKS: Mapping[EntityKind, str] = MappingProxyType(
    {
        **dict.fromkeys(PERSONAL | {EntityKind.URL}, NUMBER),
        **dict.fromkeys((EntityKind.NAME, EntityKind.MENTION), NAME),
        **dict.fromkeys((EntityKind.HOUSE, EntityKind.RT, EntityKind.RW, EntityKind.BLOCK), HOUSE),
    }
)


def public_read_model(parts: Parts) -> PublicReadModel:
    """Return the read model, with the mask of the language model in force."""

    def mask(text: str) -> str:
        return public_mask(parts.language_models.current().gazetteer)(text)

    return PublicReadModel(mask, parts.secrets.public_key)


def public_pages(parts: Parts, pages: Environment) -> PublicPages:
    """Return the pages."""
    topics = topic_ids(parts.reference.table(TOPICS))
    names = PublicNames(
        lambda: {code: agency.name for code, agency in parts.registry.institutions.items()},
        lambda: topics,
        parts.regions,
    )
    return PublicPages(PublicReports(parts.engine), names, pages, parts.settings.reached_at)


def public_mask(gazetteer: Gazetteer) -> PublicMask:
    """Return the mask. `gazetteer` tells names of regions from names of persons."""

    def find_personal(text: str) -> Iterator[Span]:
        for entity in extract_entities(text, gazetteer):
            if mask := _MASKS.get(entity.kind):
                yield Span(entity.start, entity.end, mask)

    def find_regions(text: str) -> Iterator[range]:
        tokens = Tokens(text)
        for mention in gazetteer.find_regions(tokens):
            yield range(tokens.starts[mention.first], tokens.ends[mention.end - 1])

    return PublicMask(find_personal, lambda word: not (is_no_name(word) or is_verb(word)), find_regions)
