"""The JSON of the web and of the mobile app: a report and the addresses for replies, in one flat object."""

import re
import unicodedata
from typing import Self
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from messages.shapes import Contact, Kind, Place, Report, Shape

# Fields of the form that do not belong to the submission.
_FORM_ONLY = {"form_id", "located_by"}
# Value that the form sends for an unknown region.
_UNKNOWN_REGION = "-"
# Content type of a `MobileEnvelope`.
MOBILE_ENVELOPE = "application/vnd.satu-pintu.mobile-letter+json"
_PUBLIC_ID = re.compile(r"[0-9A-Z]{1,20}")
# Unicode categories of invisible characters: control, format, surrogates, spaces and line ends.
_INVISIBLE = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
# A number of Indonesia that is written in full, as providers write it, and that phonenumbers leaves as it is.
_FULL_NUMBER = re.compile(r"\+62[1-9][0-9]{6,12}")


class Submission(Shape):
    """A report with the addresses for replies.

    An unknown field is refused, not ignored: with a misspelt `text` the complaint would be lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kind: Kind = Kind.PENGADUAN
    title: str = Field("", max_length=200)
    text: str = Field(min_length=1, max_length=10_000)
    incident_time: str = Field("", max_length=100, description="Date or time of the problem, in the citizen's words.")
    region: str = Field("", max_length=200, description="Province, regency or city of the problem, in words.")
    province: str = Field("", max_length=2, description="Its official code instead, as in 33.")
    city: str = Field("", max_length=5, description="Official code of the city or regency, as in 33.74.")
    district: str = Field("", max_length=8, description="Official code of the district, as in 33.74.01.")
    address: str = Field("", max_length=500)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    agency: str = Field("", max_length=200, description="The agency that should act, if the citizen knows.")
    anonim: bool = False
    rahasia: bool = False
    name: str = Field("", max_length=200)
    phone: str = Field("", max_length=40)
    email: str = Field("", max_length=200)
    same_as: str = Field("", max_length=20, description="Id of a public report about the same, as in P0123456789AB.")

    @field_validator("same_as", mode="before")
    @classmethod
    def _drop_damaged_id(cls, public_id: object) -> object:
        """Return an empty id for a text that is none: a damaged address must not refuse a report."""
        return public_id if isinstance(public_id, str) and _PUBLIC_ID.fullmatch(public_id) else ""

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        """Raise an error on a text of spaces and invisible characters only."""
        if not has_visible_text(text):
            raise PydanticCustomError("blank", "nothing is said")
        return text

    @classmethod
    def from_form(cls, body: bytes) -> Self:
        """Return the submission in a urlencoded form; a blank field counts as missing. Raise `ValidationError`."""
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        # Browsers send the end of a line as two characters, and count it as one against the length of a field.
        fields = {
            name: value.replace("\r\n", "\n") for name, value in pairs if value.strip() and name not in _FORM_ONLY
        }
        for level in ("city", "district"):
            if fields.get(level) == _UNKNOWN_REGION:
                del fields[level]
        return cls.model_validate(fields)

    @property
    def region_code(self) -> str:
        """Official code of the smallest region that the citizen chose."""
        return self.district or self.city or self.province

    def report(self) -> Report:
        """Return the part for the agency."""
        location = Place(
            region=self.region,
            code=self.region_code,
            address=self.address,
            latitude=self.latitude,
            longitude=self.longitude,
        )
        fields = self.model_dump(include={"kind", "title", "text", "incident_time", "agency", "anonim", "rahasia"})
        return Report(**fields, place=location)

    def contact(self) -> Contact:
        """Return the part that is sealed."""
        return Contact(name=self.name, phone=e164(self.phone), email=self.email)


class MobileReport(Submission):
    """A submission from the app, with what only a device can add."""

    accuracy: float | None = Field(None, ge=0, le=100_000, description="Metres around the coordinates.")
    attachments: tuple[UUID, ...] = Field((), max_length=5, description="Ids of uploads that are finished.")
    push_token: str = Field("", max_length=4096, description="The app's token for push messages.")

    def report(self) -> Report:
        """Return the part for the agency."""
        report = super().report()
        return report.model_copy(update={"place": report.place.model_copy(update={"accuracy": self.accuracy})})

    def contact(self) -> Contact:
        """Return the part that is sealed."""
        return super().contact().model_copy(update={"push": self.push_token})


class MobileSubmission(MobileReport):
    """A single report. The app makes `device_id` once; nobody else knows it, and it reveals nothing."""

    device_id: UUID
    client_id: UUID | None = Field(None, description="The app's own id of the report; a later report can refer to it.")


class OutboxItem(MobileReport):
    """One report of an outbox. The token of the request names the device."""

    sequence: int = Field(strict=True, ge=1, le=2**31 - 1, description="The device's own count: 1, 2, 3 and so on.")
    client_id: UUID = Field(description="The app's own id of the report, made once and sent with every attempt.")
    about: str = Field(
        "",
        max_length=40,
        description="An earlier report of this device that this one adds to: its client_id or number.",
    )


class MobileEnvelope(Shape):
    """A report of an authenticated device: `submission` is what the app sent, the other fields are added by the door.

    `thread` is the client id of the report that this one adds to, or its own. The coordinates are those of the first
    picture.
    """

    device_id: UUID
    thread: UUID | None = None
    push_token: str = ""
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    submission: OutboxItem | MobileSubmission


def has_visible_text(text: str) -> bool:
    """Return whether the text has a visible character."""
    return any(unicodedata.category(character) not in _INVISIBLE for character in text)


def e164(number: str) -> str:
    """Return a phone number as `+62812…`, read as dialled in Indonesia; the text itself if it is no number."""
    if _FULL_NUMBER.fullmatch(number):
        return number
    # Its tables take long to import, and only doors and the normalizer read numbers.
    import phonenumbers  # noqa: PLC0415

    try:
        parsed = phonenumbers.parse(number, "ID")
    except phonenumbers.NumberParseException:
        return number.strip()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
