"""All that was recognised in one report: its topics, institutions, units and places."""

from typing import NamedTuple

from language.phrase_lexicon import LexiconMatch
from language.places.landmarks import LandmarkMatch
from messages.shapes import Report
from router.evidence.reading.report_text import ReportText
from router.evidence.topics import Topic
from router.location.place_evidence import ReportLocation
from router.registry.agencies import Agency
from router.registry.units import UnitMention


class AnalyzedReport(NamedTuple):
    """A report and its matches. `topics` are the strongest first.

    `institutions` are the institutions that the sender speaks to or of; those that only describe a place are left out.
    `units` are the units outside the names of institutions. `landmarks` are found with spelling corrected.
    """

    report: Report
    text: ReportText
    topics: tuple[Topic, ...]
    location: ReportLocation
    institutions: tuple[LexiconMatch[Agency], ...]
    units: tuple[UnitMention, ...]
    landmarks: tuple[LandmarkMatch, ...]
