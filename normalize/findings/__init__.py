"""What is in a report: places, times, amounts, persons, identifiers, each with a canonical value and where it stands.

`find` reads; nothing here decides what follows from it.
"""

from normalize.findings.finding import PERSONAL, Finding, Kind
from normalize.findings.reading import find

__all__ = ["PERSONAL", "Finding", "Kind", "find"]
