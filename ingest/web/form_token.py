"""What a form of ours carries so that it is known again: a token, and a seal on each picture it keeps. Pure.

No session and no cookie: the token says which form it is and when it was served, under our key. What looks like a
machine or another site's doing is never thrown away: the form is shown again, and a second press sends it.
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

# Filled by machines only: people do not see it.
TRAP = "website"
_LONGEST_OPEN = timedelta(hours=24)
# How long a form carries a picture: `satupintu purge` takes away what no report has named for longer.
CARRIES = timedelta(days=7)
# Nobody reads a form and writes a report faster.
_QUICKEST = timedelta(seconds=2)
# Ends the moment in a token whose form was shown for a second press.
_AGAIN = "a"
_BY_TOKEN_KNOWN = {"form_trapped", "form_too_quick"}
_FOREIGN_SITES = {"cross-site", "same-site"}


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file that a form has handed over already, and when. `name` is the device's own, for the sender alone."""

    attachment: Attachment
    name: str
    at: datetime
    place: tuple[float, float] | None = None


class FormTokens:
    """`secret` is known to all processes with this door; `reached_at` is the public address."""

    def __init__(self, secret: bytes, reached_at: str) -> None:
        self._key = hmac.digest(secret, b"web form", hashlib.sha256)
        self._origin = _origin(reached_at)

    def token(self, form_id: str, at: datetime, *, again: bool = False) -> str:
        """Proves that we served this form `at` this moment; `again` that its sender was asked for a second press."""
        issued = f"{round(at.timestamp() * 1000)}{_AGAIN if again else ''}"
        return f"{issued}.{self._sign('token', form_id, issued)}"

    def suspicion(self, typed: Mapping[str, str], headers: Mapping[str, str], at: datetime) -> str:
        """The reason for which a second press is wanted; empty for none. `headers` have their names in lower case."""
        if headers.get("sec-fetch-site") in _FOREIGN_SITES:
            return "form_foreign"
        issued, _, mac = typed.get("token", "").partition(".")
        if not hmac.compare_digest(mac.encode(), self._sign("token", typed.get("form_id", ""), issued).encode()):
            return "form_unknown"
        open_for = timedelta(milliseconds=at.timestamp() * 1000 - int(issued.removesuffix(_AGAIN)))
        if open_for > _LONGEST_OPEN:
            return "form_expired"
        return "" if issued.endswith(_AGAIN) else self._first_press(typed, headers, open_for)

    def _first_press(self, typed: Mapping[str, str], headers: Mapping[str, str], open_for: timedelta) -> str:
        # Behind a proxy that was set up wrongly every origin is another: that must not shut the door for good.
        if "sec-fetch-site" not in headers and self._elsewhere(headers):
            return "form_foreign"
        if typed.get(TRAP):
            return "form_trapped"
        return "form_too_quick" if open_for < _QUICKEST else ""

    def renewed(self, typed: Mapping[str, str], form_id: str, suspicion: str, at: datetime, *, pressed: bool) -> str:
        """The token of a form that is shown again: its own while that is good, and after a press one that sends."""
        if not suspicion or (not pressed and suspicion in _BY_TOKEN_KNOWN):
            return typed["token"]
        return self.token(form_id, at, again=pressed)

    def seal(self, form_id: str, picture: FormFile) -> str:
        """The picture as a field of this form, and of no other."""
        said = {
            "attachment": picture.attachment.model_dump(mode="json"),
            "name": picture.name,
            "at": picture.at.timestamp(),
            "place": picture.place,
        }
        text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
        return f"{text}.{self._sign('picture', form_id, text)}"

    def picture(self, form_id: str, sealed: str, now: datetime) -> FormFile | None:
        """The picture in a field; `None` where we did not put it into this form, or too long ago."""
        text, _, mac = sealed.partition(".")
        if not hmac.compare_digest(mac.encode(), self._sign("picture", form_id, text).encode()):
            return None
        said = json.loads(base64.urlsafe_b64decode(text))
        try:
            attachment = Attachment.model_validate(said["attachment"])
            at = datetime.fromtimestamp(said["at"], UTC)
        except (ValidationError, KeyError):
            # A form of before an update.
            return None
        place = tuple(said["place"]) if said["place"] else None
        return FormFile(attachment, said["name"], at, place) if now - at <= CARRIES else None

    def _elsewhere(self, headers: Mapping[str, str]) -> bool:
        """Whether the browser names another origin. It says `null` where it may not say, as our pages ask it to."""
        origin = headers.get("origin", "null")
        if origin == "null":
            return False
        scheme, place = _origin(origin)
        return (scheme, place) != self._origin and place != headers.get("host", "")

    def _sign(self, what: str, form_id: str, said: str) -> str:
        return hmac.digest(self._key, f"{what}\0{form_id}\0{said}".encode(), hashlib.sha256).hex()[:32]


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc
