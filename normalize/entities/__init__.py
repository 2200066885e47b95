"""What is in a report: places, times, amounts, persons, identifiers, each with a canonical value and where it stands.

`find` reads; nothing here decides what follows from it.
"""

from normalize.entities.entity import PERSONAL, Finding, Kind
from normalize.entities.extraction import find

__all__ = ["PERSONAL", "Finding", "Kind", "find"]
