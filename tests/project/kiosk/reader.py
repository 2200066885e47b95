"""The reader of the kiosks; goes to `normalize/readers/kiosk.py`."""

from messages.shapes import Contact, Report
from normalize.draft import Draft, Unreadable


def read_report(_content_type: str, body: bytes) -> Draft:
    """Return the draft of a kiosk's message. Raise `Unreadable` where it is not UTF-8."""
    try:
        return Draft(Report(text=body.decode()), Contact(phone="+628000000099"))
    except UnicodeDecodeError as error:
        raise Unreadable("text") from error
