"""What the web's JSON twin and the mobile app send: a report and how to answer it, in one flat object."""

import unicodedata
from typing import Self
from urllib.parse import parse_qsl
from uuid import UUID

import phonenumbers
from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from messages.shapes import Contact, Kind, Place, Report, Shape

# What the form's body holds besides the submission.
_FORM_ONLY = {"form_id", "located_by"}
# What the form sends where a region is not known.
_NO_REGION = "-"
# The content type of a `MobileEnvelope`.
MOBILE_ENVELOPE = "application/vnd.satu-pintu.mobile-letter+json"
# Unicode's categories of characters that nobody sees: control, format, half ones, spaces and line ends.
_UNSEEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}


class Submission(Shape):
    """A field it does not know is refused, not passed over: a misspelt `text` would be a lost complaint."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kind: Kind = Kind.PENGADUAN
    title: str = Field("", max_length=200)
    text: str = Field(min_length=1, max_length=10_000)
    happened: str = Field("", max_length=100, description="When it happened, in the citizen's words.")
    region: str = Field("", max_length=200, description="Province, regency or city where it happened, in words.")
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

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        """Spaces and characters that nobody sees are no report."""
        if not has_visible_text(text):
            raise PydanticCustomError("blank", "nothing is said")
        return text

    @classmethod
    def from_form(cls, body: bytes) -> Self:
        """The submission in a urlencoded form; fields left blank count as not sent. Raises `ValidationError`."""
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        # Browsers send a line's end as two characters, and count it as one against a field's length.
        said = {name: value.replace("\r\n", "\n") for name, value in pairs if value.strip() and name not in _FORM_ONLY}
        for level in ("city", "district"):
            if said.get(level) == _NO_REGION:
                del said[level]
        return cls.model_validate(said)

    @property
    def region_code(self) -> str:
        """The code of the narrowest region that was picked."""
        return self.district or self.city or self.province

    def report(self) -> Report:
        """The part for the agency."""
        place = Place(
            region=self.region,
            code=self.region_code,
            address=self.address,
            latitude=self.latitude,
            longitude=self.longitude,
        )
        said = self.model_dump(include={"kind", "title", "text", "happened", "agency", "anonim", "rahasia"})
        return Report(**said, place=place)

    def contact(self) -> Contact:
        """The part to seal."""
        return Contact(name=self.name, phone=e164(self.phone), email=self.email)


class MobileReport(Submission):
    """A submission from the app, with what only a device knows."""

    accuracy: float | None = Field(None, ge=0, le=100_000, description="Metres around the coordinates.")
    attachments: tuple[UUID, ...] = Field((), max_length=5, description="Ids of uploads that are finished.")
    push_token: str = Field("", max_length=4096, description="Where the app is told of answers.")

    def report(self) -> Report:
        """The part for the agency."""
        report = super().report()
        return report.model_copy(update={"place": report.place.model_copy(update={"accuracy": self.accuracy})})

    def contact(self) -> Contact:
        """The part to seal."""
        return super().contact().model_copy(update={"push": self.push_token})


class MobileSubmission(MobileReport):
    """One report on its own. `device_id` is made by the app once, known to nobody else, and tells nothing."""

    device_id: UUID
    client_id: UUID | None = Field(None, description="The app's own id of the report; more can be said about it later.")


class OutboxItem(MobileReport):
    """One report of an outbox; the token says which device's."""

    sequence: int = Field(strict=True, ge=1, le=2**31 - 1, description="The device's own count: 1, 2, 3 and so on.")
    client_id: UUID = Field(description="The app's own id of the report, made once and sent with every attempt.")
    about: str = Field(
        "", max_length=40, description="With more about an earlier report of this device: its client_id or number."
    )


class MobileEnvelope(Shape):
    """A report as the door hands it on for a proven device: what the app said, and what the door knows beside it.

    `thread` is the client id of the report that this one is about, or its own. The coordinates are the first picture's.
    """

    device_id: UUID
    thread: UUID | None = None
    push_token: str = ""
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    said: OutboxItem | MobileSubmission


def has_visible_text(text: str) -> bool:
    """Whether there is anything in it that a person can see."""
    return any(unicodedata.category(character) not in _UNSEEN for character in text)


def e164(number: str) -> str:
    """A phone number as `+62812…`, read as one dialled in Indonesia; the text itself where it is no number."""
    try:
        parsed = phonenumbers.parse(number, "ID")
    except phonenumbers.NumberParseException:
        return number.strip()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
