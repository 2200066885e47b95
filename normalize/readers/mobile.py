"""Reads the mobile app's JSON: a report as the app posted it, or the letter that the door made of it."""

from pydantic import ValidationError

from messages.shapes import Contact, Report
from messages.submission import MOBILE_ENVELOPE, MobileEnvelope, MobileSubmission
from normalize.draft import Continuation, Draft, unreadable_field


def read_report(content_type: str, body: bytes) -> Draft:
    """The draft in a mobile report; what is said later about the same report follows it. Raises `Unreadable`."""
    try:
        if content_type == MOBILE_ENVELOPE:
            letter = MobileEnvelope.model_validate_json(body)
        else:
            said = MobileSubmission.model_validate_json(body)
            letter = MobileEnvelope(device_id=said.device_id, thread=said.client_id, said=said)
    except ValidationError as error:
        raise unreadable_field(error) from None
    # The device is in the mark: nobody follows another's report, whatever ids they send.
    mark = f"mobile:{letter.device_id}:{letter.thread}"
    return Draft(_report(letter), _contact(letter), Continuation(mark, "more-about") if letter.thread else None)


def _report(letter: MobileEnvelope) -> Report:
    """Where the app sent no coordinates, those of its picture."""
    report = letter.said.report()
    place = report.place
    if place.latitude is not None or place.longitude is not None:
        return report
    found = {"latitude": letter.latitude, "longitude": letter.longitude, "accuracy": None}
    return report.model_copy(update={"place": place.model_copy(update=found)})


def _contact(letter: MobileEnvelope) -> Contact:
    contact = letter.said.contact()
    return contact if contact.push else contact.model_copy(update={"push": letter.push_token})
