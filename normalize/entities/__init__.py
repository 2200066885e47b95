"""Extracts entities of a report: places, times, amounts, persons, identifiers, each with a canonical value and a span.

`extract_entities` only reads; nothing here decides about a complaint.
"""

from normalize.entities.entity import IDENTIFIERS, PERSONAL, Entity, EntityKind
from normalize.entities.extraction import extract_entities

__all__ = ["IDENTIFIERS", "PERSONAL", "Entity", "EntityKind", "extract_entities"]
