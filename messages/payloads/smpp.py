"""An SMS that came over SMPP, as a raw message holds it: its bytes part by part, and its text."""

from messages.shapes import Moment, Shape

# Content type of a `JoinedSms`.
JOINED_SMS = "application/vnd.satu-pintu.joined-sms+json"


class JoinedSmsPart(Shape):
    """One part as received: `content` are its bytes in hexadecimal digits, without the user data header."""

    number: int
    at: Moment
    coding: int
    content: str


class JoinedSms(Shape):
    """An SMS with all of its parts, or with those that arrived; `text` has `[…]` for each run of `missing` ones.

    `sender` is in E.164 where it is a subscriber's number. `mark` is equal for all messages that are made of the parts
    of one SMS; it is empty for an SMS in one piece. `reference` is the sender's own, and is soon used again.
    """

    sender: str
    receiver: str
    text: str
    missing: tuple[int, ...] = ()
    mark: str = ""
    reference: str = ""
    parts: tuple[JoinedSmsPart, ...]
