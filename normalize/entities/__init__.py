"""What is in a report: places, times, amounts, persons, identifiers, each with a canonical value and where it stands.

`extract_entities` reads; nothing here decides what follows from it.
"""

from normalize.entities.entity import IDENTIFIERS, PERSONAL, Entity, EntityKind
from normalize.entities.extraction import extract_entities

__all__ = ["IDENTIFIERS", "PERSONAL", "Entity", "EntityKind", "extract_entities"]
