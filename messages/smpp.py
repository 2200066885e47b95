"""What an SMS that came over SMPP is as a raw message: its bytes, part by part, and what they say."""

from messages.shapes import Moment, Shape

# The content type of a `JoinedSms`.
JOINED_SMS = "application/vnd.satu-pintu.joined-sms+json"


class JoinedSmsPart(Shape):
    """One part as it came: `content` are its bytes in hexadecimal digits, without the user data header."""

    number: int
    at: Moment
    coding: int
    content: str


class JoinedSms(Shape):
    """An SMS with all of its parts, or with those that came; `text` has `[…]` for each run of `missing` ones.

    `sender` is in E.164 where it is a subscriber's number. `mark` is the same for all that is heard of one SMS in
    parts; empty for an SMS in one piece. `reference` is the sender's own, soon used again.
    """

    sender: str
    receiver: str
    text: str
    missing: tuple[int, ...] = ()
    mark: str = ""
    reference: str = ""
    parts: tuple[JoinedSmsPart, ...]
