"""From an app's request to a raw message. Pure."""

from pydantic import ValidationError

from ingest import idempotency
from ingest.arrival import Arrival, Fault, Refused
from ingest.faults import refused
from ingest.wrap import Wrapper
from messages.shapes import Channel, RawMessage
from messages.submission import MobileSubmission


def accept(arrival: Arrival, wrapper: Wrapper) -> RawMessage:
    """The raw message in an app's report; its key is the app's own, so sending it again is the same message.

    Raises `Refused`, naming each field at fault.
    """
    key = idempotency.read_key(arrival)
    if key is None:
        fault = Fault("Idempotency-Key", "Kirim UUID buatan aplikasi, satu untuk setiap laporan.")
        raise Refused(400, "missing_idempotency_key", "Header Idempotency-Key belum ada.", (fault,))
    try:
        submission = MobileSubmission.model_validate_json(arrival.body)
    except ValidationError as error:
        raise refused(error) from None
    return wrapper.wrap(
        Channel.MOBILE,
        f"{submission.device_id}:{key}",
        f"device:{submission.device_id}",
        arrival.body,
        arrival.at,
        "application/json",
    )
