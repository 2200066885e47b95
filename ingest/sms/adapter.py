"""From Twilio's webhook to a raw message. Pure.

The signature covers the public address and every field; see Twilio, “Webhooks security”.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from ingest.arrival import Arrival
from ingest.wrap import Wrapper
from messages.shapes import Channel, RawMessage
from messages.submission import e164

_SIGNATURE = "x-twilio-signature"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Held:
    """Not proven to be from Twilio, or not what Twilio sends: kept aside whole, with the reason."""

    raw: RawMessage
    reason: str


class SmsAdapter:
    """`public_url` is the address Twilio was given; any of `tokens` may have signed (rotation)."""

    def __init__(self, wrapper: Wrapper, public_url: str, tokens: Sequence[str]) -> None:
        self._wrapper = wrapper
        self._public_url = public_url
        self._validators = [RequestValidator(token) for token in tokens]

    def accept(self, arrival: Arrival) -> RawMessage | Held:
        """The raw message, or the reason to hold it."""
        # Blank fields are signed too: dropping them would make every such signature false.
        fields = ImmutableMultiDict(parse_qsl(arrival.body.decode("utf-8", "replace"), keep_blank_values=True))
        if not self._signed(arrival, fields):
            return self._held(arrival, "unsigned" if _SIGNATURE not in arrival.headers else "bad_signature")
        if not fields.get("MessageSid") or not fields.get("From"):
            return self._held(arrival, "malformed")
        sender = f"tel:{e164(str(fields['From']))}"
        return self._wrapper.wrap(
            Channel.SMS, fields["MessageSid"], sender, arrival.body, arrival.at, _FORM, "twilio-signature"
        )

    def _signed(self, arrival: Arrival, fields: ImmutableMultiDict[str, str]) -> bool:
        url = self._public_url + arrival.target
        signature = arrival.headers.get(_SIGNATURE, "")
        return any(validator.validate(url, fields, signature) for validator in self._validators)

    def _held(self, arrival: Arrival, reason: str) -> Held:
        # Named by its content, never by the MessageSid it claims: a forger can't take a true message's place.
        provider_id = f"held:{hashlib.sha256(arrival.body).hexdigest()}"
        return Held(self._wrapper.wrap(Channel.SMS, provider_id, "", arrival.body, arrival.at, _FORM), reason)
