"""Recognises topics, institutions, units and places in a report. Decides nothing about competence."""

from collections.abc import Iterable, Iterator, Sequence

from language.phrase_lexicon import LexiconMatch
from language.places.landmarks import LandmarkMatch, landmarks_in_text
from language.spans import Span, SpanSet
from messages.shapes import Report
from router.evidence.analyzed_report import AnalyzedReport
from router.evidence.passages import (
    aside_spans,
    background_spans,
    denied_question_spans,
    described_starts,
    impersonation_spans,
    place_description_start,
)
from router.evidence.reading.phrases import PhraseMatches, ReportPhrases
from router.evidence.reading.report_reader import ReportReader
from router.evidence.reading.report_text import ReportText
from router.evidence.topics import HINT_SCORE, Topic, TopicOccurrence, find_topics
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
_SHORT_BUKAN = "bkn"
_STAFF_WORDS = frozenset(
    (
        *("cpns", "pns", "asn", "nip", "pppk", "honorer", "sscn", "sscasn", "seleksi", "formasi", "pegawai"),
        *("berperjanjian", "kepegawaian", "pangkat", "cat", "pensiun", "ujian", "tes", "mutasi", "database"),
    )
)
# “dari Kota Bogor”: somebody comes from there.
_ORIGIN_WORDS = frozenset(("dari", "ke", "asal", "asli", "bukan", "selain", "orang"))


class ReportAnalyzer:
    """Analyses reports with one version of the tables.

    `phrases` are those of topics, institutions and landmarks.
    """

    def __init__(
        self,
        reader: ReportReader,
        phrases: ReportPhrases,
        units: UnitIndex,
        locator: ReportLocator,
    ) -> None:
        self._reader = reader
        self._phrases = phrases
        self._units = units
        self._locator = locator

    def analyze(self, report: Report) -> AnalyzedReport:
        """Return the report with all matches."""
        text = self._reader.read(report)
        units = self._units.find(text.corrected_words)
        phrases = self._phrases.find(text.normal_forms)
        matches = phrases.institutions
        location = self._locator.locate(
            report,
            text.text,
            text.words,
            self._written_landmarks(text, phrases),
            [(unit.start, unit.end) for unit in units],
            [text.span(match.first, match.end) for match in matches if not match.meaning.is_regional],
        )
        passages = list(_unrelated_passages(text, matches, units))
        return AnalyzedReport(
            report,
            text,
            _find_topics(text, phrases, units, passages),
            location,
            tuple(_related_institutions(text, matches, SpanSet(passages))),
            # A unit may be a part of an institution's name (bupati Sampang).
            _units_outside(_units_outside(units, _spans(matches)), passages),
            landmarks_in_text(phrases.landmarks, text.corrected_words),
        )

    def _written_landmarks(self, text: ReportText, phrases: PhraseMatches) -> Sequence[LandmarkMatch]:
        """Return the landmarks among the words as they are written: no spelling is corrected to that of a landmark."""
        if text.words is not text.corrected_words:
            phrases = self._phrases.find([word.normal for word in text.words])
        return landmarks_in_text(phrases.landmarks, text.words)


def _find_topics(
    text: ReportText, phrases: PhraseMatches, units: Sequence[UnitMention], passages: Sequence[Span]
) -> tuple[Topic, ...]:
    """Return the topics of the words outside the passages, then those that units hint at."""
    excluded_spans = [*_name_spans(text, phrases.institutions), *passages]
    word_topics = _find_word_topics(text, phrases.topics, excluded_spans)[:_MAX_TOPICS]
    word_topics = _with_background(word_topics, text, phrases.topics, excluded_spans)
    word_topic_names = {topic.name for topic in word_topics}
    unit_topics = {
        mention.unit.topic: Topic(mention.unit.topic, _UNIT_TOPIC_SCORE, ((mention.first, mention.last),))
        for mention in units
        if mention.unit.topic and mention.unit.topic not in word_topic_names
    }
    return tuple(topic.with_quote(text.quote_words) for topic in (*word_topics, *unit_topics.values()))


def _find_word_topics(
    text: ReportText, occurrences: Sequence[TopicOccurrence], excluded_spans: Sequence[Span]
) -> Sequence[Topic]:
    """Return the topics of the words outside the spans.

    What is said aside is the matter itself if there is no other topic; what describes a place, if there is none
    that is more than a hint.
    """
    words, occurrences = _without_passages(text.normal_forms, occurrences, list(denied_question_spans(text)))
    asides, starts = list(aside_spans(text)), described_starts(text)
    main_words, main_occurrences = _without_passages(words, occurrences, asides)
    if starts:
        topics = find_topics(main_occurrences, main_words, excluded_spans, starts)
        if topics and topics[0].score > HINT_SCORE:
            return topics
    topics = find_topics(main_occurrences, main_words, excluded_spans)
    return topics if topics or not asides else find_topics(occurrences, words, excluded_spans)


def _with_background(
    topics: Sequence[Topic], text: ReportText, occurrences: Sequence[TopicOccurrence], excluded_spans: Sequence[Span]
) -> Sequence[Topic]:
    """Return the topics, with a mark on those of which nothing but the background (“saya driver …”) speaks."""
    if len(topics) <= 1:
        # The background matters beside another topic only.
        return topics
    spans = list(background_spans(text))
    background = SpanSet(spans)
    if not spans or not any(background.contain(*topic.spans[0]) for topic in topics):
        return topics
    remaining = _find_word_topics(text, _without_passages(text.normal_forms, occurrences, spans)[1], excluded_spans)
    matters = {topic.name for topic in remaining if topic.score > HINT_SCORE}
    return [
        topic._replace(is_background=topic.name not in matters and background.contain(*topic.spans[0]))
        for topic in topics
    ]


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


def _without_passages(
    words: Sequence[str], occurrences: Sequence[TopicOccurrence], passages: Sequence[Span]
) -> tuple[Sequence[str], Sequence[TopicOccurrence]]:
    """Return the words with empty ones in the passages, and the occurrences outside.

    Empty words neither name a topic nor bar one.
    """
    if not passages:
        return words, occurrences
    remaining = list(words)
    for first, end in passages:
        remaining[first:end] = [""] * (end - first)
    return remaining, [occurrence for occurrence in occurrences if all(remaining[occurrence.first : occurrence.end])]


def _unrelated_passages(
    text: ReportText, institutions: Sequence[LexiconMatch[Agency]], units: Sequence[UnitMention]
) -> Iterator[Span]:
    """Yield the passages whose institutions and topics are not what the report is about."""
    yield from impersonation_spans(text, {match.first for match in institutions})
    yield from denied_question_spans(text)
    for first, end in (*_spans(institutions), *((unit.first, unit.last) for unit in units)):
        start = place_description_start(text, first)
        if start is not None:
            yield start, end


def _spans(matches: Iterable[LexiconMatch[Agency]]) -> Sequence[Span]:
    return [(match.first, match.end) for match in matches]


def _units_outside(units: Iterable[UnitMention], spans: Iterable[Span]) -> tuple[UnitMention, ...]:
    excluded = SpanSet(spans)
    return tuple(unit for unit in units if not excluded.contain(unit.first, unit.last))


def _related_institutions(
    text: ReportText, matches: Sequence[LexiconMatch[Agency]], unrelated: SpanSet
) -> Iterator[LexiconMatch[Agency]]:
    """Yield the institutions that the sender speaks to or of, each mention once."""
    denied_codes = {match.meaning.code for match in matches if _is_denied(text, match)}
    for match in _without_repetitions(matches):
        is_denied = match.meaning.code in denied_codes or _is_exception(text, match) or _means_bukan(text, match)
        is_unrelated = is_denied or unrelated.contain(match.first, match.end)
        if not is_unrelated and not _names_only_a_region(text, match):
            yield match


def _is_denied(text: ReportText, match: LexiconMatch[Agency]) -> bool:
    """Return True for “bukan KUA yang saya adukan”: the other mentions do not mean that the report is for it either."""
    following = text.normal_forms[match.end : match.end + 1]
    return _follows(text, match, _DENIAL) and _NO_DENIAL_BEFORE.isdisjoint(following)


def _is_exception(text: ReportText, match: LexiconMatch[Agency]) -> bool:
    """Return True for “selain BPJS”: this mention says nothing, and the other ones still count."""
    return _follows(text, match, _EXCEPTION)


def _means_bukan(text: ReportText, match: LexiconMatch[Agency]) -> bool:
    """Return True for “bkn” in small letters in a text without a word of its staff matters: it is short for “bukan”."""
    start, end = text.span(match.first, match.end)
    return text.text[start:end] == _SHORT_BUKAN and _STAFF_WORDS.isdisjoint(text.different_forms)


def _follows(text: ReportText, match: LexiconMatch[Agency], word: str) -> bool:
    """Return True if a national institution is named directly behind a word."""
    return not match.meaning.is_regional and match.first > 0 and text.normal_forms[match.first - 1] == word


def _names_only_a_region(text: ReportText, match: LexiconMatch[Agency]) -> bool:
    """Return True if the name of a government only names its region."""
    if not match.meaning.is_regional:
        return False
    previous = text.normal_forms[match.first - 1] if match.first else ""
    return text.normal_forms[match.first] in _REGION_WORDS or previous in _ORIGIN_WORDS
