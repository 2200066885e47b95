"""What the web's JSON twin and the mobile app send: a report and how to answer it, in one flat object."""

import unicodedata
from typing import Self
from urllib.parse import parse_qsl
from uuid import UUID

import phonenumbers
from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from messages.shapes import Contact, Kind, Place, Report, Shape

# What the form sends besides the submission.
_FORM_ONLY = {"form_id"}
# Unicode's categories of characters that nobody sees: control, format, half ones, spaces and line ends.
_UNSEEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}


class Submission(Shape):
    """A field it does not know is refused, not passed over: a misspelt `text` would be a lost complaint."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kind: Kind = Kind.PENGADUAN
    title: str = Field("", max_length=200)
    text: str = Field(min_length=1, max_length=10_000)
    region: str = Field("", max_length=200, description="Province, regency or city where it happened.")
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
        if not any(unicodedata.category(character) not in _UNSEEN for character in text):
            raise PydanticCustomError("blank", "nothing is said")
        return text

    @classmethod
    def from_form(cls, body: bytes) -> Self:
        """The submission in a urlencoded form; fields left blank count as not sent. Raises `ValidationError`."""
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        # Browsers send a line's end as two characters, and count it as one against a field's length.
        said = {name: value.replace("\r\n", "\n") for name, value in pairs if value.strip() and name not in _FORM_ONLY}
        return cls.model_validate(said)

    def report(self) -> Report:
        """The part for the agency."""
        place = Place(region=self.region, address=self.address, latitude=self.latitude, longitude=self.longitude)
        said = self.model_dump(include={"kind", "title", "text", "agency", "anonim", "rahasia"})
        return Report(**said, place=place)

    def contact(self) -> Contact:
        """The part to seal."""
        return Contact(name=self.name, phone=e164(self.phone), email=self.email)


class MobileSubmission(Submission):
    """A submission from the app; `device_id` is made by the app once, and tells nothing about its owner."""

    device_id: UUID


def e164(number: str) -> str:
    """A phone number as `+62812…`, read as one dialled in Indonesia; the text itself where it is no number."""
    try:
        parsed = phonenumbers.parse(number, "ID")
    except phonenumbers.NumberParseException:
        return number.strip()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
