"""Turns Twilio's webhook into a message to seal, for its topic or for the quarantine. Pure.

The signature of a form covers the public address and every field. The signature of a JSON body covers the address,
which contains the SHA-256 of the body. Source: Twilio, “Webhooks security”, and “Sign webhooks with shared keys” for a
key that is not the account's token. The signature contains no time: a repeated webhook is recognised by its MessageSid.
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
from ingest.sms.field_forms import has_repeated_field, is_incoming_sms
from ingest.wrap import OpenMessage, Wrapper
from messages.payloads.sms import ParsedSms, is_json, is_opt_out_keyword, parse_sms, read_picture_urls, twilio_fields
from messages.payloads.submission import e164

FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
SIGNATURE = "x-twilio-signature"
_BODY_HASH = "bodySHA256"
# Twilio sends some 25 fields, and two more for each of at most ten pictures.
_MAX_FIELDS = 200


@dataclass(frozen=True, slots=True)
class QuarantinedSms:
    """Message without proof that Twilio sent it, or not in Twilio's format. `reason` is one of `REFUSALS`."""

    message: OpenMessage
    reason: str


@dataclass(frozen=True, slots=True)
class Sms:
    """SMS that Twilio signed.

    `parsed` is `None` if Twilio answers the message itself (opt-out keywords). `picture_count` pictures belong to the
    message; `picture_urls` are their addresses, possibly fewer. `account` and `token` give access to them.
    """

    message: OpenMessage
    parsed: ParsedSms | None
    picture_count: int
    picture_urls: tuple[str, ...]
    account: str
    token: str = field(repr=False)


class _SigningKey(NamedTuple):
    """Key that may have signed a webhook, with its algorithm. `token` gives access to Twilio's API."""

    validator: RequestValidator
    algorithm: str
    token: str


class SmsAdapter:
    """Checks and wraps Twilio's webhooks.

    `public_url` is the address that is configured at Twilio. Any of `tokens` or `shared_keys` may have signed, so that
    keys can be rotated. A token signs with SHA-1, a shared key with SHA-256. Twilio's header with the algorithm is
    ignored.
    """

    def __init__(
        self, wrapper: Wrapper, public_url: str, tokens: Sequence[str], shared_keys: Sequence[str] = ()
    ) -> None:
        self._wrapper = wrapper
        self._public_url = public_url
        self._signing_keys = [
            *(_SigningKey(RequestValidator(token), HMAC_SHA1, token) for token in tokens),
            *(_SigningKey(RequestValidator(key), HMAC_SHA256, tokens[0]) for key in shared_keys),
        ]

    def accept(self, arrival: Arrival) -> Sms | QuarantinedSms:
        """Return the message, or the quarantined message with its reason."""
        token = self._token_of_signer(arrival)
        if token is None:
            return self._quarantine(arrival, "bad_signature" if SIGNATURE in arrival.headers else "unsigned")
        fields = _incoming_sms(arrival)
        if fields is None:
            return self._quarantine(arrival, "malformed")
        message = self._wrapper.open_message(
            CHANNEL.name,
            fields["MessageSid"],
            sender_of(fields),
            arrival.body,
            arrival.at,
            _content_type(arrival),
            "twilio-signature",
        )
        picture_count, picture_urls = read_picture_urls(fields)
        parsed = _parse(fields, has_pictures=picture_count > 0)
        return Sms(message, parsed, picture_count, picture_urls, fields.get("AccountSid", ""), token)

    def _token_of_signer(self, arrival: Arrival) -> str | None:
        """Return the account's token if one of our keys signed the webhook, else `None`."""
        url = self._public_url + arrival.target
        signature = arrival.headers.get(SIGNATURE, "")
        try:
            content = _signed_content(arrival)
        except ValueError:
            return None
        if isinstance(content, str) and _BODY_HASH not in parse_qs(urlsplit(url).query):
            # This signature does not cover the body.
            return None
        for key in self._signing_keys:
            if any(
                key.validator.validate(variant, content, signature, key.algorithm) for variant in _url_variants(url)
            ):
                return key.token
        return None

    def _quarantine(self, arrival: Arrival, reason: str) -> QuarantinedSms:
        # The id is derived from the content, never from the claimed MessageSid: a forgery cannot replace a message.
        provider_id = f"held:{hashlib.sha256(arrival.body).hexdigest()}"
        content_type = _content_type(arrival)
        message = self._wrapper.open_message(CHANNEL.name, provider_id, "", arrival.body, arrival.at, content_type)
        return QuarantinedSms(message, reason)


def _incoming_sms(arrival: Arrival) -> Mapping[str, str] | None:
    """Return the fields of an incoming SMS, `None` if the body is not one."""
    content_type = _content_type(arrival)
    try:
        fields = twilio_fields(content_type, arrival.body)
        is_repeated = has_repeated_field(arrival.body, is_json=content_type == _JSON)
    except ValueError:
        return None
    return fields if is_incoming_sms(fields) and not is_repeated else None


def sender_of(fields: Mapping[str, str]) -> str:
    """Return the sender of the signed fields."""
    return f"tel:{e164(fields['From'])}"


def _parse(fields: Mapping[str, str], *, has_pictures: bool) -> ParsedSms | None:
    body = fields.get("Body", "")
    parsed = parse_sms(body)
    if has_pictures:
        # A message with a picture is a report, whatever its words ask for. The answer cannot be certain about it.
        return parsed if parsed.kind == "report" else ParsedSms("unclear", parsed.text)
    return None if is_opt_out_keyword(fields, body) else parsed


def _content_type(arrival: Arrival) -> str:
    return _JSON if is_json(arrival.headers.get("content-type", "")) else FORM


def _signed_content(arrival: Arrival) -> str | ImmutableMultiDict[str, str]:
    """Return the part of the body that the signature covers: the text of JSON, every field of a form.

    Blank fields are signed too. Without them, every such signature would be invalid. Raises `ValueError` for a text
    that is none, and for more fields than Twilio sends: checking the signature of thousands takes seconds.
    """
    if _content_type(arrival) == _JSON:
        return arrival.body.decode()
    return ImmutableMultiDict(
        parse_qsl(arrival.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    )


def _url_variants(url: str) -> tuple[str, ...]:
    """Return the address; for an IPv6 literal also the address without its port.

    Twilio signs either form. Its library handles this only for host names.
    """
    parts = urlsplit(url)
    if parts.port is None or not parts.netloc.startswith("["):
        return (url,)
    return url, parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
