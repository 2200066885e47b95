"""A service request of Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2), as a city's app posts it."""

from collections.abc import Sequence
from typing import Self
from urllib.parse import parse_qsl

from pydantic import ConfigDict, Field

from messages.payloads.submission import e164, has_visible_text
from messages.shapes import Contact, Place, Report, Shape

# Content type of a raw message that holds such a request. The normalizer chooses the reader by it.
CONTENT_TYPE = "application/x-www-form-urlencoded; profile=open311-georeport-v2"


class ServiceRequest(Shape):
    """The arguments of POST Service Request, under their own names.

    An unknown argument is refused, not ignored: with a misspelt `description` the complaint would be lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    service_code: str = Field(min_length=1, max_length=100, description="One of GET Service List.")
    lat: float | None = Field(None, ge=-90, le=90, description="WGS84; with `long`, or give `address_string`.")
    long: float | None = Field(None, ge=-180, le=180)
    address_string: str = Field("", max_length=500, description="From the most specific to the most general.")
    address_id: str = Field("", max_length=200, description="Not known here: give `lat` and `long` or an address too.")
    description: str = Field("", max_length=4000)
    media_url: str = Field("", max_length=2000, description="Kept as it is; never fetched.")
    first_name: str = Field("", max_length=99)
    last_name: str = Field("", max_length=99)
    phone: str = Field("", max_length=40)
    email: str = Field("", max_length=200)
    device_id: str = Field("", max_length=200)
    account_id: str = Field("", max_length=200)
    api_key: str = Field("", max_length=200)
    jurisdiction_id: str = Field("", max_length=200, description="`lapor.go.id`, or nothing.")

    @classmethod
    def from_form(cls, body: bytes) -> Self:
        """Return the request in a urlencoded form; a blank argument counts as missing. Raise `ValidationError`."""
        return cls.model_validate(dict(arguments(body)))

    def report(self, service: str) -> Report:
        """Return the part for the agency. `service` is the name of the service; it replaces a missing description.

        The link to a picture is left out. Its address would name the city whose server it lies on, wherever the problem
        is, and nobody here has looked at the picture. It stays in the raw message.
        """
        location = Place(address=self.address_string, latitude=self.lat, longitude=self.long)
        text = self.description if has_visible_text(self.description) else service
        return Report(title=service, text=text, place=location)

    def contact(self) -> Contact:
        """Return the part that is sealed."""
        name = f"{self.first_name} {self.last_name}".strip()
        return Contact(name=name, phone=e164(self.phone), email=self.email)


def arguments(body: bytes) -> Sequence[tuple[str, str]]:
    """Return the arguments in a urlencoded form, in their order, without blank ones. A line ends with one character."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return [(name, value.replace("\r\n", "\n")) for name, value in pairs if value.strip()]
