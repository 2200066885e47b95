"""A service request of Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2), as a city's app posts it."""

from collections.abc import Sequence
from typing import Self
from urllib.parse import parse_qsl

from pydantic import ConfigDict, Field

from messages.shapes import Contact, Place, Report, Shape
from messages.submission import e164, has_visible_text

# What such a request is kept as; the normalizer tells by it from which form of the web's the bytes are.
CONTENT_TYPE = "application/x-www-form-urlencoded; profile=open311-georeport-v2"


class ServiceRequest(Shape):
    """The arguments of POST Service Request, by their own names.

    One it does not know is refused, not passed over: a misspelt `description` would be a lost complaint.
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
        """The request in a urlencoded form; a blank argument is none. Raises `ValidationError`."""
        return cls.model_validate(dict(arguments(body)))

    def report(self, service: str) -> Report:
        """The part for the agency, where the service is called `service`; where nothing is said, the service says it.

        A link to a picture is not among it: its address would name the city whose server it lies on, wherever the
        matter is, and nobody here has looked at it. It stays in the raw message.
        """
        place = Place(address=self.address_string, latitude=self.lat, longitude=self.long)
        text = self.description if has_visible_text(self.description) else service
        return Report(title=service, text=text, place=place)

    def contact(self) -> Contact:
        """The part to seal."""
        name = f"{self.first_name} {self.last_name}".strip()
        return Contact(name=name, phone=e164(self.phone), email=self.email)


def arguments(body: bytes) -> Sequence[tuple[str, str]]:
    """What a urlencoded form says, in its order; what is blank is left out, and a line's end is one character."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return [(name, value.replace("\r\n", "\n")) for name, value in pairs if value.strip()]
