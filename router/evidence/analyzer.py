"""Recognises topics, institutions, units and places in a report. Decides nothing about competence."""

from collections.abc import Iterator, Sequence

from language.phrase_lexicon import LexiconMatch, PhraseLexicon
from language.spans import Span, SpanSet
from messages.shapes import Report
from router.evidence.analyzed_report import AnalyzedReport
from router.evidence.passages import comparison_spans, impersonation_spans, place_description_start
from router.evidence.report_reader import ReportReader
from router.evidence.report_text import ReportText
from router.evidence.topics import Topic, Topics
from router.location.locator import ReportLocator
from router.registry.agencies import Agency, is_government_phrase
from router.registry.units import UnitIndex, UnitMention

# A report that speaks of more topics than this only remarks on the weaker ones.
_MAX_TOPICS = 6
# Score of a topic that only a unit hints at, in log-odds.
_UNIT_TOPIC_SCORE = 1.0
# “Kota Bogor” names a region, not its government.
_REGION_WORDS = frozenset(("kota", "kabupaten", "kab", "provinsi", "prov"))
_DENIAL, _EXCEPTION = "bukan", "selain"
# “Bukan PLN saja”, “bukan PLN namanya kalau …”: the institution is meant. In normal form.
_NO_DENIAL_BEFORE = frozenset(("saja", "hanya", "cuma", "nama"))
# “dari Kota Bogor”: somebody comes from there.
_ORIGIN_WORDS = frozenset(("dari", "ke", "asal", "asli", "bukan", "selain", "orang"))


class ReportAnalyzer:
    """Analyses reports with one version of the tables.

    `institution_names` are the phrases by which institutions are named, in the normal form of words.
    """

    def __init__(
        self,
        reader: ReportReader,
        institution_names: PhraseLexicon[Agency],
        units: UnitIndex,
        topics: Topics,
        locator: ReportLocator,
    ) -> None:
        self._reader = reader
        self._institution_names = institution_names
        self._units = units
        self._topics = topics
        self._locator = locator

    def analyze(self, report: Report) -> AnalyzedReport:
        """Return the report with all matches."""
        text = self._reader.read(report)
        units = self._units.find(text.corrected_words)
        matches = self._institution_names.find_phrases(text.normal_forms)
        location = self._locator.locate(
            report,
            text.words,
            [(unit.start, unit.end) for unit in units],
            [text.span(match.first, match.end) for match in matches if not match.meaning.is_regional],
        )
        name_spans = SpanSet((match.first, match.end) for match in matches)
        passages = list(_unrelated_passages(text, matches))
        unrelated = SpanSet(passages)
        denied_codes = {match.meaning.code for match in matches if _is_denied(text, match)}
        institutions = tuple(
            match
            for match in _without_repetitions(matches)
            if match.meaning.code not in denied_codes
            and not _is_exception(text, match)
            and not unrelated.contain(match.first, match.end)
            and not _names_only_a_region(text, match)
        )
        return AnalyzedReport(
            report,
            text,
            self._find_topics(text, matches, units, passages),
            location,
            institutions,
            # A unit may be a part of an institution's name (bupati Sampang).
            tuple(
                unit
                for unit in units
                if not name_spans.contain(unit.first, unit.last) and not unrelated.contain(unit.first, unit.last)
            ),
        )

    def _find_topics(
        self,
        text: ReportText,
        institutions: Sequence[LexiconMatch[Agency]],
        units: Sequence[UnitMention],
        passages: Sequence[Span],
    ) -> tuple[Topic, ...]:
        """Return the topics of the words outside the passages, then those that units hint at."""
        spans = [*_name_spans(text, institutions), *passages]
        comparisons = list(comparison_spans(text))
        word_topics = self._topics.find(text.normal_forms, [*spans, *comparisons])
        if comparisons and not word_topics:
            # What was taken for a comparison is the matter itself.
            word_topics = self._topics.find(text.normal_forms, spans)
        word_topics = word_topics[:_MAX_TOPICS]
        word_topic_names = {topic.name for topic in word_topics}
        unit_topics = {
            mention.unit.topic: Topic(mention.unit.topic, _UNIT_TOPIC_SCORE, ((mention.first, mention.last),))
            for mention in units
            if mention.unit.topic and mention.unit.topic not in word_topic_names
        }
        return tuple(topic.with_quote(text.quote_words) for topic in (*word_topics, *unit_topics.values()))


def _name_spans(text: ReportText, institutions: Sequence[LexiconMatch[Agency]]) -> Iterator[tuple[int, int]]:
    """Yield the words that are part of an institution's name and therefore no topic.

    “Kabupaten Batu Bara” has nothing to do with coal. An alias of a government (Trans Jateng) may be a topic.
    """
    for match in institutions:
        is_regional = match.meaning.is_regional
        if match.end - match.first > 1 and (not is_regional or is_government_phrase(_phrase(text, match))):
            yield match.first + is_regional, match.end


def _phrase(text: ReportText, match: LexiconMatch[Agency]) -> str:
    return " ".join(text.normal_forms[match.first : match.end])


def _without_repetitions(matches: Sequence[LexiconMatch[Agency]]) -> Iterator[LexiconMatch[Agency]]:
    """Yield the matches without those that share a word with the previous match of the same institution."""
    previous: LexiconMatch[Agency] | None = None
    for match in matches:
        if previous is None or match.first >= previous.end or match.meaning is not previous.meaning:
            yield match
        previous = match


def _unrelated_passages(text: ReportText, institutions: Sequence[LexiconMatch[Agency]]) -> Iterator[Span]:
    """Yield the passages whose institutions and topics are not what the report is about."""
    yield from impersonation_spans(text, {match.first for match in institutions})
    for match in institutions:
        start = place_description_start(text, match.first)
        if start is not None:
            yield start, match.end


def _is_denied(text: ReportText, match: LexiconMatch[Agency]) -> bool:
    """Return True for “bukan KUA yang saya adukan”: the other mentions do not mean that the report is for it either."""
    following = text.normal_forms[match.end : match.end + 1]
    return _follows(text, match, _DENIAL) and _NO_DENIAL_BEFORE.isdisjoint(following)


def _is_exception(text: ReportText, match: LexiconMatch[Agency]) -> bool:
    """Return True for “selain BPJS”: this mention says nothing, and the other ones still count."""
    return _follows(text, match, _EXCEPTION)


def _follows(text: ReportText, match: LexiconMatch[Agency], word: str) -> bool:
    """Return True if a national institution is named directly behind a word."""
    return not match.meaning.is_regional and match.first > 0 and text.normal_forms[match.first - 1] == word


def _names_only_a_region(text: ReportText, match: LexiconMatch[Agency]) -> bool:
    """Return True if the name of a government only names its region."""
    if not match.meaning.is_regional:
        return False
    previous = text.normal_forms[match.first - 1] if match.first else ""
    return text.normal_forms[match.first] in _REGION_WORDS or previous in _ORIGIN_WORDS
