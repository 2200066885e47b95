"""Reads the mobile app's JSON: a report as the app posted it, or the envelope that the door puts around it."""

from pydantic import ValidationError

from messages.payloads.submission import MOBILE_ENVELOPE, MobileEnvelope, MobileSubmission
from messages.shapes import Contact, Report
from normalize.draft import Continuation, Draft, unreadable_field


def read_report(content_type: str, body: bytes) -> Draft:
    """Return the draft of a mobile report. A later message about the same report continues it. Raises `Unreadable`."""
    try:
        envelope = _read_envelope(content_type, body)
    except ValidationError as error:
        raise unreadable_field(error) from None
    # The device is part of the mark, so no device can continue the report of another one, whatever ids it sends.
    mark = f"mobile:{envelope.device_id}:{envelope.thread}"
    continuation = Continuation(mark, "more-about") if envelope.thread else None
    return Draft(_report(envelope), _contact(envelope), continuation, same_as=envelope.submission.same_as)


def _read_envelope(content_type: str, body: bytes) -> MobileEnvelope:
    if content_type == MOBILE_ENVELOPE:
        return MobileEnvelope.model_validate_json(body)
    submission = MobileSubmission.model_validate_json(body)
    return MobileEnvelope(device_id=submission.device_id, thread=submission.client_id, submission=submission)


def _report(envelope: MobileEnvelope) -> Report:
    """Return the report, with the coordinates of its first picture where the app sent none."""
    report = envelope.submission.report()
    sent_place = report.place
    if sent_place.latitude is not None or sent_place.longitude is not None:
        return report
    coordinates = {"latitude": envelope.latitude, "longitude": envelope.longitude, "accuracy": None}
    return report.model_copy(update={"place": sent_place.model_copy(update=coordinates)})


def _contact(envelope: MobileEnvelope) -> Contact:
    contact = envelope.submission.contact()
    return contact if contact.push else contact.model_copy(update={"push": envelope.push_token})
