"""Token that proves that we served a form, seals for the files that a form carries, and signed receipts. Pure.

There is no session and no cookie. The token contains the time when the form was served, signed together with the
form's id. A form that seems to come from a program or another site is never dropped: it is shown again, and pressing
the button a second time sends it.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from pydantic import ValidationError

from messages.shapes import Attachment

# Name of the hidden field that only programs fill in.
TRAP = "website"
_MAX_TOKEN_AGE = timedelta(hours=24)
# A form carries a file this long. `satupintu purge` deletes files that no report has named for a longer time.
MAX_FILE_AGE = timedelta(days=7)
# Nobody reads a form and writes a report in less time.
_MIN_FILL_TIME = timedelta(seconds=2)
# Mark at the end of the time in a token: the sender was asked to press the button a second time.
_SECOND_PRESS = "a"
# Suspicions that leave the token valid.
_SUSPICIONS_WITH_VALID_TOKEN = {"form_trapped", "form_too_quick"}
_OTHER_SITE_VALUES = {"cross-site", "same-site"}
# Length of a signature in hexadecimal digits: 128 bits.
_MAC_DIGITS = 32


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file that a form has uploaded already, and the time of the upload.

    `name` is the file name on the sender's device. It is shown to the sender alone. `coordinates` are latitude and
    longitude.
    """

    attachment: Attachment
    name: str
    at: datetime
    coordinates: tuple[float, float] | None = None


class FormTokens:
    """Issues and checks form tokens and file seals.

    `secret` is the same in all processes that serve the form. `public_url` is the service's public address.
    """

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._key = hmac.digest(secret, b"web form", hashlib.sha256)
        self._origin = _parse_origin(public_url)

    def token(self, form_id: str, at: datetime, *, second_press: bool = False) -> str:
        """Return a token that proves that we served this form at `at`.

        `second_press` records that the sender was asked to press the button a second time.
        """
        issued = f"{round(at.timestamp() * 1000)}{_SECOND_PRESS if second_press else ''}"
        return f"{issued}.{self._sign('token', form_id, issued)}"

    def suspicion(self, values: Mapping[str, str], headers: Mapping[str, str], at: datetime) -> str:
        """Return the reason why a second press is required, empty if there is none.

        `headers` have their names in lower case.
        """
        if headers.get("sec-fetch-site") in _OTHER_SITE_VALUES:
            return "form_foreign"
        issued, _, mac = values.get("token", "").partition(".")
        if not self._is_signed(mac, "token", values.get("form_id", ""), issued):
            return "form_unknown"
        age = timedelta(milliseconds=at.timestamp() * 1000 - int(issued.removesuffix(_SECOND_PRESS)))
        if age > _MAX_TOKEN_AGE:
            return "form_expired"
        return "" if issued.endswith(_SECOND_PRESS) else self._first_press_suspicion(values, headers, age)

    def _first_press_suspicion(self, values: Mapping[str, str], headers: Mapping[str, str], age: timedelta) -> str:
        # Behind a wrongly configured proxy every origin differs from ours. Such a form can still be sent with a second
        # press.
        if "sec-fetch-site" not in headers and self._has_other_origin(headers):
            return "form_foreign"
        if values.get(TRAP):
            return "form_trapped"
        return "form_too_quick" if age < _MIN_FILL_TIME else ""

    def renewed(self, values: Mapping[str, str], form_id: str, suspicion: str, at: datetime, *, pressed: bool) -> str:
        """Return the token of a form that is shown again.

        A valid token stays. After the send button was pressed under suspicion, the new token allows the second press.
        """
        if not suspicion or (not pressed and suspicion in _SUSPICIONS_WITH_VALID_TOKEN):
            return values["token"]
        return self.token(form_id, at, second_press=pressed)

    def sign_receipt(self, tracking: str, link: str) -> str:
        """Return the proof that the address of a receipt carries: we accepted a report with this number.

        `link` is the last part of the sender's own link, which is a part of the proof.
        """
        return f"{self._sign('receipt', link, tracking)}.{link}"

    def is_receipt(self, tracking: str, proof: str) -> bool:
        """Return True if we signed the receipt of this number."""
        mac, _, link = proof.partition(".")
        return self._is_signed(mac, "receipt", link, tracking)

    def sign_mail_link(self, tracking: str) -> str:
        """Return the signature of the link by which the reader of a report's first mail confirms the address."""
        return self._sign("mail", "", tracking)

    def is_mail_link(self, tracking: str, signature: str) -> bool:
        """Return True if we signed the link in the first mail of this number."""
        return self._is_signed(signature, "mail", "", tracking)

    def seal(self, form_id: str, file: FormFile) -> str:
        """Return the file as a field value of this form. Another form cannot use it."""
        fields = {
            "attachment": file.attachment.model_dump(mode="json"),
            "name": file.name,
            "at": file.at.timestamp(),
            "place": file.coordinates,
        }
        encoded_fields = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()
        return f"{encoded_fields}.{self._sign('picture', form_id, encoded_fields)}"

    def open_file(self, form_id: str, sealed_file: str, now: datetime) -> FormFile | None:
        """Return the file in a field value, `None` if the seal is not ours, is of another form, or is too old."""
        encoded_fields, _, mac = sealed_file.partition(".")
        if not self._is_signed(mac, "picture", form_id, encoded_fields):
            return None
        fields = json.loads(base64.urlsafe_b64decode(encoded_fields))
        try:
            attachment = Attachment.model_validate(fields["attachment"])
            at = datetime.fromtimestamp(fields["at"], UTC)
        except (ValidationError, KeyError):
            # The form was served before an update of the service.
            return None
        coordinates = tuple(fields["place"]) if fields["place"] else None
        return FormFile(attachment, fields["name"], at, coordinates) if now - at <= MAX_FILE_AGE else None

    def _has_other_origin(self, headers: Mapping[str, str]) -> bool:
        """Return True if the browser names another origin.

        Our pages ask the browser not to send an origin; then it sends `null`.
        """
        origin = headers.get("origin", "null")
        if origin == "null":
            return False
        scheme, host = _parse_origin(origin)
        return (scheme, host) != self._origin and host != headers.get("host", "")

    def _sign(self, purpose: str, form_id: str, text: str) -> str:
        return hmac.digest(self._key, f"{purpose}\0{form_id}\0{text}".encode(), hashlib.sha256).hex()[:_MAC_DIGITS]

    def _is_signed(self, mac: str, purpose: str, form_id: str, text: str) -> bool:
        return hmac.compare_digest(mac.encode(), self._sign(purpose, form_id, text).encode())


def _parse_origin(url: str) -> tuple[str, str]:
    """Return scheme and host of a URL, both empty if it is not valid."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc
