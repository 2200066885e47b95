"""From Twilio's webhook to a raw message. Pure.

The signature covers the public address and every field, or of a JSON body its SHA-256 in the address; see Twilio,
“Webhooks security”, and “Sign webhooks with shared keys” where the key is not the account's token. It holds no time:
the same webhook again is known by its MessageSid.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlsplit

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

from ingest.arrival import Arrival
from ingest.sms.channel import CHANNEL
from ingest.wrap import Wrapper
from messages.shapes import RawMessage
from messages.sms import ParsedSms, is_json, is_opt_out_keyword, parse_sms, read_picture_urls, twilio_fields
from messages.submission import e164

FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_SIGNATURE = "x-twilio-signature"
_BODY_HASH = "bodySHA256"


@dataclass(frozen=True, slots=True)
class Held:
    """Not proven to be from Twilio, or not what Twilio sends: kept aside whole, with the reason."""

    raw: RawMessage
    reason: str


@dataclass(frozen=True, slots=True)
class Sms:
    """An SMS that Twilio signed. `said` is `None` where Twilio answers it itself.

    `pictures` came with it, at `media` (fewer where Twilio did not say). `account` and `token` open them.
    """

    raw: RawMessage
    said: ParsedSms | None
    pictures: int
    media: tuple[str, ...]
    account: str
    token: str = field(repr=False)


class _Proof(NamedTuple):
    """A secret that may have signed, and how; `token` opens what Twilio keeps for us."""

    validator: RequestValidator
    algorithm: str
    token: str


class SmsAdapter:
    """`public_url` is the address Twilio was given; any of `tokens` or `shared_keys` may have signed (rotation).

    A token signs by SHA-1, a shared key by SHA-256: the header in which Twilio names both is not looked at.
    """

    def __init__(
        self, wrapper: Wrapper, public_url: str, tokens: Sequence[str], shared_keys: Sequence[str] = ()
    ) -> None:
        self._wrapper = wrapper
        self._public_url = public_url
        self._proofs = [
            *(_Proof(RequestValidator(token), HMAC_SHA1, token) for token in tokens),
            *(_Proof(RequestValidator(key), HMAC_SHA256, tokens[0]) for key in shared_keys),
        ]

    def accept(self, arrival: Arrival) -> Sms | Held:
        """The message, or the reason to hold it."""
        token = self._signer(arrival)
        if token is None:
            return self._held(arrival, "bad_signature" if _SIGNATURE in arrival.headers else "unsigned")
        try:
            fields = twilio_fields(_type(arrival), arrival.body)
        except ValueError:
            return self._held(arrival, "malformed")
        if not fields.get("MessageSid") or not fields.get("From"):
            return self._held(arrival, "malformed")
        raw = self._wrapper.wrap(
            CHANNEL.name,
            fields["MessageSid"],
            sender_of(fields),
            arrival.body,
            arrival.at,
            _type(arrival),
            "twilio-signature",
        )
        pictures, media = read_picture_urls(fields)
        return Sms(raw, _said(fields, pictures), pictures, media, fields.get("AccountSid", ""), token)

    def _signer(self, arrival: Arrival) -> str | None:
        """The account's token, where it or a shared key of ours has signed."""
        url = self._public_url + arrival.target
        signature = arrival.headers.get(_SIGNATURE, "")
        try:
            signed = _signed_part(arrival)
        except UnicodeDecodeError:
            return None
        if isinstance(signed, str) and _BODY_HASH not in parse_qs(urlsplit(url).query):
            # Such a signature says nothing about the body.
            return None
        for proof in self._proofs:
            if any(proof.validator.validate(spelt, signed, signature, proof.algorithm) for spelt in _spellings(url)):
                return proof.token
        return None

    def _held(self, arrival: Arrival, reason: str) -> Held:
        # Named by its content, never by the MessageSid it claims: a forger can't take a true message's place.
        provider_id = f"held:{hashlib.sha256(arrival.body).hexdigest()}"
        raw = self._wrapper.wrap(CHANNEL.name, provider_id, "", arrival.body, arrival.at, _type(arrival))
        return Held(raw, reason)


def sender_of(fields: Mapping[str, str]) -> str:
    """Who sent it, where Twilio says so."""
    return f"tel:{e164(fields['From'])}"


def _said(fields: Mapping[str, str], pictures: int) -> ParsedSms | None:
    body = fields.get("Body", "")
    said = parse_sms(body)
    if pictures:
        # A picture says something, but not enough for an answer to be sure.
        return ParsedSms("unclear", said.text) if said.kind in {"nothing", "status"} else said
    return None if is_opt_out_keyword(fields, body) else said


def _type(arrival: Arrival) -> str:
    return _JSON if is_json(arrival.headers.get("content-type", "")) else FORM


def _signed_part(arrival: Arrival) -> str | ImmutableMultiDict[str, str]:
    """What of the body the signature covers: of JSON the text, of a form every field.

    Blank fields are signed too: dropping them would make every such signature false.
    """
    if _type(arrival) == _JSON:
        return arrival.body.decode()
    return ImmutableMultiDict(parse_qsl(arrival.body.decode("utf-8", "replace"), keep_blank_values=True))


def _spellings(url: str) -> tuple[str, ...]:
    """The address with and, of an IPv6 literal, without its port: Twilio signs either, its library knows only names."""
    parts = urlsplit(url)
    if parts.port is None or not parts.netloc.startswith("["):
        return (url,)
    return url, parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
