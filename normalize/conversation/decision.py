"""Decides which of the sender's own reports a message belongs to, and what it does there. Pure.

Only a proven sender has own reports. A message that tells of a matter of its own is a report of its own: wrongly
attached, its own agency would not see it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cases.clocks.deadlines import MayObject
from cases.course.ombudsman_consent import CONSENT_ACTS
from language.places.gazetteer import regions_overlap
from messages.shapes import AFTER_CLOSING, SenderAct
from normalize.conversation.traits import SMALL_PLACES, MessageTraits
from normalize.conversation.vocabulary import MATTER_WORDS
from normalize.draft import SetAsideReason
from normalize.duplicates.comparable import Comparable, NamedEntity

# A matter without a place completes the sender's report of this time.
COMPLETION_PERIOD = timedelta(hours=1)
# The answer to a question belongs to its case for this time: that of an agency, or ours for the place.
ANSWER_PERIOD = timedelta(days=30)
# Nobody writes two reports in this time: the second message is the rest of the sentence, unless it is a whole report.
SPLIT_PERIOD = timedelta(seconds=60)
# A message that says that the one before it was wrong corrects it for this time.
CORRECTION_PERIOD = timedelta(minutes=5)
# A digit alone rates for this time after the answer to a confirmation asked for it.
RATING_PERIOD = timedelta(hours=24)
# A digit alone rates for this time after the question about a closed case.
RATING_QUESTION_PERIOD = timedelta(days=14)
# Words outside the report and the usual wording with which a message may still be about the report; fewer if it shares
# no word with the report, or names a fault that the report does not have.
_MAX_FURTHER_WORDS = 3
_MAX_FURTHER_WORDS_WITHOUT_SHARED = 1
# With so many words a message is a report if it names another matter; with more it is one whatever it names.
_MIN_WORDS_OF_REPORT = 4
_MIN_WORDS_OF_UNKNOWN_REPORT = 8
# Reasons for which a message is set aside that may still confirm an answer: "sudah nyala, terima kasih".
_COURTESIES: frozenset[SetAsideReason] = frozenset({"thanks", "greeting"})
# Talk that asks for something. Where no door answers it, it is added to the report: its agency reads it.
_REQUESTS: frozenset[SetAsideReason] = frozenset({"report-question", "cancel-request"})
# Groups of faults that the words of a waiting sender stand for: "belum diperbaiki", "lama".
_FAULTS_OF_WAITING = frozenset({"any", "antre"})
# An objection or a confirmation has at most so many words outside the report and the usual wording.
_MAX_WORDS_OF_RESPONSE = 5


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A report of the sender.

    `report_id` is the complaint that further messages repeat. `lacks_place` and `lacks_matter` are those of the message
    with the id `complaint_id`, `at` its arrival. Then the times of the last answers to the case by the bus's clock, of
    the last message that belongs to it, of the question if the Ombudsman may have the case, and of the question for a
    rating while it has none. `confirms`: the message with the id `complaint_id` confirms an answer.
    """

    complaint_id: UUID
    report_id: UUID
    tracking: str
    at: datetime
    anonim: bool = False
    rahasia: bool = False
    lacks_place: bool = False
    lacks_matter: bool = False
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    continued_at: datetime | None = None
    asked_about_ombudsman_at: datetime | None = None
    asked_for_rating_at: datetime | None = None
    confirms: bool = False


@dataclass(frozen=True, slots=True)
class SenderMessage:
    """A message of the sender. `numbers` are the tracking numbers in it; `stated_act` is that of its keyword.

    `names_author`: the message is open, and its text may lead to its author. `reason`: why it is set aside as no
    complaint unless it belongs to a report. `closed_thread`: the report in whose thread it stands, if that is closed.
    `is_answered_at_door`: the door that took it answers questions about own reports. `thread`: the report in whose
    thread it stands, closed or not.
    `rating` is that of the keyword NILAI, `bare_rating` a digit alone, by SMS; 0 without one.
    """

    at: datetime
    traits: MessageTraits
    numbers: tuple[str, ...] = ()
    stated_act: SenderAct | None = None
    anonim: bool = False
    names_author: bool = False
    reason: SetAsideReason | None = None
    closed_thread: UUID | None = None
    is_answered_at_door: bool = True
    thread: UUID | None = None
    rating: int = 0
    bare_rating: int = 0

    @property
    def is_unanswered_request(self) -> bool:
        """True for a question or a wish about an own report that no door answers."""
        return self.reason in _REQUESTS and not self.is_answered_at_door

    @property
    def is_courtesy(self) -> bool:
        """True if the message is only thanks or a greeting."""
        return self.reason in _COURTESIES


@dataclass(frozen=True, slots=True)
class Attachment:
    """The report that a message belongs to, the act, and the evidence (a constant)."""

    report: SenderReport
    act: SenderAct
    evidence: str
    rating: int = 0


# Evidence of a YA to the question about the Ombudsman. It is no consent: the sender of an SMS can be forged, and a
# consent gives name and contact away. The own link and the app prove the sender.
CONSENT_BY_NUMBER = "consent-by-number"

# Returns the comparable form of a report, `None` after the comparison period.
ContentOf = Callable[[UUID], Comparable | None]


def attach(
    message: SenderMessage, reports: Sequence[SenderReport], content_of: ContentOf, may_object: MayObject
) -> Attachment | None:
    """Return the report that a message belongs to; `None` if it is a report of its own.

    `reports` are those of the sender, the latest first. A message that is set aside otherwise belongs to a report by
    its number, or as the answer to a question; thanks and greetings by a number, or as a response.
    """
    earlier = [report for report in reports if report.at <= message.at and _hides_as_much(message, report)]
    if message.numbers or message.stated_act:
        return _by_number(message, earlier, content_of, may_object)
    if message.is_courtesy:
        return _response(message, earlier, content_of, may_object)
    answer = _asked_rating(message, earlier) or _answer_to_question(message, earlier, content_of)
    if answer is None and message.is_unanswered_request:
        return _push(message, earlier, content_of)
    if answer or message.reason:
        return answer
    return (
        _below_closed_case(message, earlier, content_of, may_object)
        or _rest_of_sentence(message, earlier, content_of)
        or _correction(message, earlier)
        or _completion(message, earlier)
        or _response(message, earlier, content_of, may_object)
        or _push(message, earlier, content_of)
    )


def lacks_place_still(message: MessageTraits, reports: Sequence[SenderReport], report_id: UUID) -> bool:
    """Return whether the place of a report is still unknown after a further message. `reports`: the latest first."""
    latest = next((report for report in reports if report.report_id == report_id), None)
    return latest is not None and latest.lacks_place and not message.has_findable_place


def is_other_matter_elsewhere(traits: MessageTraits, content: Comparable) -> bool:
    """Return whether a message names a matter and a place that both differ from those of a report."""
    return traits.has_matter and _is_elsewhere(traits, content) and not _same_matter(traits, content)


def _hides_as_much(message: SenderMessage, report: SenderReport) -> bool:
    """Return whether the agency of a report would learn from a message beside it no author whom it does not know.

    An anonymous message belongs to anonymous reports only, and one that names its author to open ones only.
    """
    return not message.names_author if report.anonim else not message.anonim


def _by_number(
    message: SenderMessage, reports: Sequence[SenderReport], content_of: ContentOf, may_object: MayObject
) -> Attachment | None:
    """Return the report of the first own number, unless the message states no act and tells of another matter.

    Another sender's number is no number of a report here.
    """
    by_number = {report.tracking: report for report in reports}
    report = next((by_number[number] for number in message.numbers if number in by_number), None)
    if report is None:
        return None
    is_answered = _is_answered(report, message.at, may_object)
    if message.stated_act and _may_state(message.stated_act, report, message.at, is_answered=is_answered):
        if message.stated_act == "agrees-to-ombudsman":
            return Attachment(report, "adds", CONSENT_BY_NUMBER)
        return Attachment(report, message.stated_act, "own-number", message.rating)
    if _is_other_report(message, report, content_of):
        return None
    if is_answered and (message.traits.objects or message.traits.confirms):
        return Attachment(report, "objects" if message.traits.objects else "confirms", "own-number")
    return Attachment(report, "adds", "own-number")


def _may_state(act: SenderAct, report: SenderReport, at: datetime, *, is_answered: bool) -> bool:
    """Return whether a keyword may mean its act: only an answer can be confirmed, only a question can be answered.

    YA and TIDAK answer the agency if it asked after the question about the Ombudsman.
    """
    if act == "confirms":
        return is_answered
    if act == "rates":
        return report.answered_at is not None or report.closed_at is not None
    if act not in CONSENT_ACTS:
        return True
    asked_at = report.asked_about_ombudsman_at
    if asked_at is None or asked_at > at:
        return False
    return not (_waits(report, at) and report.asked_at is not None and report.asked_at > asked_at)


def _answer_to_question(
    message: SenderMessage, reports: Sequence[SenderReport], content_of: ContentOf
) -> Attachment | None:
    """Return the case whose agency waits for the sender, unless the message tells of another matter and place."""
    for report in reports:
        if report.asked_at and _waits(report, message.at) and not _is_other_report(message, report, content_of):
            return Attachment(report, "adds", "answers-question")
    return None


def _asked_rating(message: SenderMessage, reports: Sequence[SenderReport]) -> Attachment | None:
    """Return the report of a digit alone: the one whose sender was asked for a rating last, and has given none.

    A question of an agency that came later and waits is what the digit answers.
    """
    if not message.bare_rating:
        return None
    asked_at, report = max(_rating_questions(reports, message.at), key=lambda asked: asked[0], default=(None, None))
    if asked_at is None or report is None:
        return None
    waits = (other.asked_at for other in reports if other.asked_at and _waits(other, message.at))
    if any(agency_asked_at > asked_at for agency_asked_at in waits):
        return None
    return Attachment(report, "rates", "asked-for-rating", message.bare_rating)


def _rating_questions(reports: Sequence[SenderReport], at: datetime) -> Iterator[tuple[datetime, SenderReport]]:
    """Yield the times of the questions for a rating that are open, each with its report.

    The answer to a confirmation asks as well, until the sender writes anything else.
    """
    for report in reports:
        asked_at = report.asked_for_rating_at
        if asked_at and asked_at <= at <= asked_at + RATING_QUESTION_PERIOD:
            yield asked_at, report
    latest = reports[0] if reports else None
    if latest and latest.confirms and at - latest.at <= RATING_PERIOD:
        yield latest.at, next((report for report in reports if report.complaint_id == latest.report_id), latest)


def _waits(report: SenderReport, at: datetime) -> bool:
    """Return whether the agency's question is open: nobody has answered it, and the case is not closed."""
    asked_at = report.asked_at
    if asked_at is None or not asked_at <= at <= asked_at + ANSWER_PERIOD:
        return False
    later_times = (report.continued_at, report.answered_at, report.closed_at)
    return all(time is None or time < asked_at for time in later_times)


def _is_other_report(message: SenderMessage, report: SenderReport, content_of: ContentOf) -> bool:
    """Return whether a message is a whole report: it names a matter at some length or with a place, but another one.

    A message that would be set aside is none. An addition has no content to compare with: that of its report counts.
    """
    if message.reason:
        return False
    traits, content = message.traits, content_of(report.complaint_id) or content_of(report.report_id)
    further_words = len(traits.further_words)
    is_whole = traits.has_matter and (traits.has_small_place or further_words >= _MIN_WORDS_OF_REPORT)
    if not is_whole and further_words < _MIN_WORDS_OF_UNKNOWN_REPORT:
        return False
    return content is None or not _same_matter(traits, content) or _is_elsewhere(traits, content)


def _below_closed_case(
    message: SenderMessage, reports: Sequence[SenderReport], content_of: ContentOf, may_object: MayObject
) -> Attachment | None:
    """Return the closed case in whose thread the sender writes, unless the message tells of another matter.

    Whatever the words are, they are about the answer. Those that do not confirm it object to it: nobody reads what is
    added to a closed case. After the period they are a report that becomes a case of its own and names this one.
    """
    thread = message.closed_thread
    report = next((report for report in reports if thread and thread in {report.complaint_id, report.report_id}), None)
    if report is None or _is_other_report(message, report, content_of):
        return None
    if report.closed_at and report.closed_at > message.at:
        # It was written before the answer and read after it.
        return None
    if message.traits.confirms and not message.traits.objects:
        return Attachment(report, "confirms", "same-thread")
    if not _is_answered(report, message.at, may_object):
        return Attachment(report, "reports", AFTER_CLOSING)
    return Attachment(report, "objects", "same-thread")


def _rest_of_sentence(
    message: SenderMessage, reports: Sequence[SenderReport], content_of: ContentOf
) -> Attachment | None:
    """Return the report that was sent seconds before, if the message goes on with its sentence.

    It begins as no sentence does, or brings the matter that the first message lacks.
    """
    latest = reports[0] if reports else None
    if latest is None or message.at - latest.at > SPLIT_PERIOD or latest.closed_at:
        return None
    content, traits = content_of(latest.report_id), message.traits
    if content is None:
        return None
    begins_with_matter = not (content.topics or content.objects or content.faults) and traits.has_matter
    if begins_with_matter and not _is_elsewhere(traits, content):
        return Attachment(latest, "adds", "continues")
    if traits.continues_sentence and not _is_elsewhere(traits, content) and not _has_other_object(traits, content):
        return Attachment(latest, "adds", "continues")
    return None


def _correction(message: SenderMessage, reports: Sequence[SenderReport]) -> Attachment | None:
    """Return the report that was sent minutes before, if the message says that it takes back a part of it."""
    latest = reports[0] if reports else None
    if latest is None or message.at - latest.at > CORRECTION_PERIOD or latest.closed_at:
        return None
    return Attachment(latest, "adds", "corrects") if message.traits.corrects else None


def _completion(message: SenderMessage, reports: Sequence[SenderReport]) -> Attachment | None:
    """Return the sender's last report if it lacks what the message has, and nothing else.

    The sender was asked for the place: further places are taken until one is known.
    """
    latest = reports[0] if reports else None
    if latest is None or latest.closed_at:
        return None
    age, traits = message.at - latest.at, message.traits
    brings_place = latest.lacks_place and traits.is_place_only and age <= ANSWER_PERIOD
    lacks_matter = latest.lacks_matter and age <= COMPLETION_PERIOD
    brings_matter = lacks_matter and traits.has_matter and not traits.places and not traits.is_place_only
    return Attachment(latest, "adds", "completes") if brings_place or brings_matter else None


def _push(message: SenderMessage, reports: Sequence[SenderReport], content_of: ContentOf) -> Attachment | None:
    """Return the open report that a message only pushes or asks about: the one that shares most words with it.

    Every word of the message is one of the report, or tells of no matter. With any other word, or words and a small
    place, it is a report: the same words sent again are recognised as a repeat.
    """
    traits = message.traits
    is_whole = traits.has_small_place and bool(traits.telling_words)
    if is_whole or not traits.is_short or len(traits.telling_words) > _MAX_WORDS_OF_RESPONSE:
        return None
    pushed: list[tuple[int, SenderReport]] = []
    seen = set[UUID]()
    for report in reports:
        is_of_other_thread = message.thread is not None and report.report_id != message.thread
        if report.closed_at or is_of_other_thread or report.report_id in seen:
            continue
        seen.add(report.report_id)
        shared = _pushed_words(traits, content_of(report.report_id))
        if shared is not None:
            pushed.append((shared, report))
    # Of equal ones the first, which is the latest.
    best = max(pushed, key=lambda entry: entry[0], default=None)
    return Attachment(best[1], "adds", "pushes") if best else None


def _pushed_words(traits: MessageTraits, content: Comparable | None) -> int | None:
    """Return the number of words that a push shares with a report; `None` if it tells of anything else."""
    if not (traits.telling_words or traits.matter_objects or traits.places):
        return 0
    if content is None or not _names_known_places(traits, content):
        return None
    faults = _groups(traits.faults) - _FAULTS_OF_WAITING
    if _has_other_object(traits, content) or (faults and not faults & _groups(content.faults)):
        return None
    words = {*content.text_words, *content.title_words, *content.names}
    shared_words = traits.telling_words & words
    further_words = traits.telling_words - words
    if further_words and not (faults and further_words <= MATTER_WORDS):
        return None
    return len(shared_words) + len(traits.matter_objects)


def _has_other_object(traits: MessageTraits, content: Comparable) -> bool:
    """Return whether a message names objects, and none that the report names."""
    return bool(traits.matter_objects) and not _groups(traits.matter_objects) & _groups(content.objects)


def _names_known_places(traits: MessageTraits, content: Comparable) -> bool:
    """Return whether a message names only places that its report names as well."""
    known_places = {*content.entities, *content.address_entities}
    return all(any(_overlap(place, known) for known in known_places) for place in traits.places)


def _response(
    message: SenderMessage, reports: Sequence[SenderReport], content_of: ContentOf, may_object: MayObject
) -> Attachment | None:
    """Return the answered case that a message objects to or confirms: the one that shares most words with it."""
    # Most senders have no answered report: their messages need not be read for it.
    answered = [report for report in reports if _is_answered(report, message.at, may_object)]
    traits = message.traits
    if not answered or not (traits.objects or traits.confirms):
        return None
    matching = [
        (similarity, report)
        for report in answered
        if (similarity := _similarity(traits, content_of(report.complaint_id))) is not None
    ]
    if not matching:
        return None
    _, report = max(matching, key=lambda match: (match[0], match[1].answered_at or match[1].closed_at))
    return Attachment(report, "objects" if traits.objects else "confirms", "responds-to-answer")


def _is_answered(report: SenderReport, at: datetime, may_object: MayObject) -> bool:
    """Return whether the sender may still object to the last answer."""
    times = [time for time in (report.answered_at, report.closed_at) if time and time <= at]
    return bool(times) and may_object(max(times), at)


def _similarity(traits: MessageTraits, content: Comparable | None) -> int | None:
    """Return the number of objects and words that a message shares with a report; `None` if it tells of another one."""
    if content is None:
        return 0 if not traits.places and not traits.matter_objects and not traits.further_words else None
    if _is_elsewhere(traits, content) or not _same_matter(traits, content):
        return None
    shared_words = traits.further_words & {*content.text_words, *content.title_words}
    if len(traits.further_words - shared_words) > _MAX_WORDS_OF_RESPONSE:
        return None
    return len(shared_words) + len(traits.matter_objects & content.objects)


def _same_matter(traits: MessageTraits, content: Comparable) -> bool:
    """Return whether nothing in a message is about another matter than that of the report."""
    words = {*content.text_words, *content.title_words, *content.address_words, *content.names}
    if traits.topics & content.topics:
        return True
    if traits.matter_objects and content.objects:
        return bool(_groups(traits.matter_objects) & _groups(content.objects))
    has_other_fault = bool(traits.faults) and not _groups(traits.faults) & _groups(content.faults)
    shares_words = not traits.further_words.isdisjoint(words)
    limit = _MAX_FURTHER_WORDS if shares_words and not has_other_fault else _MAX_FURTHER_WORDS_WITHOUT_SHARED
    return len(traits.further_words - words) <= limit


def _groups(terms: frozenset[str]) -> frozenset[str]:
    """Return the terms by their first part: `padam.gelap` and `padam.mati-padam` are one group."""
    return frozenset(term.partition(".")[0] for term in terms)


def _is_elsewhere(traits: MessageTraits, content: Comparable) -> bool:
    """Return whether a message names a place that the report, which names one as well, does not."""
    places = _small(traits.places)
    known_places = _small({*content.entities, *content.address_entities})
    return bool(places and known_places) and not any(
        _overlap(place, known) for place in places for known in known_places
    )


def _small(entities: Iterable[NamedEntity]) -> set[NamedEntity]:
    """Return the places among some entities that are smaller than a city or regency."""
    return {(kind, value) for kind, value in entities if kind in SMALL_PLACES}


def _overlap(place: NamedEntity, report_place: NamedEntity) -> bool:
    if place == report_place:
        return True
    codes, report_codes = place[1].split("|"), report_place[1].split("|")
    are_codes = codes[0][:1].isdecimal() and report_codes[0][:1].isdecimal()
    return are_codes and any(regions_overlap(code, report_code) for code in codes for report_code in report_codes)
