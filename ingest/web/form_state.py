"""A submitted form: the typed values, the fields that belong to the door, and the values to show again. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlencode
from uuid import UUID

from config.reference.regions import Region, Regions
from ingest.web.form_token import TRAP, FormFile
from pages.refusals import FieldError, Refused
from pages.translation.message import message as _

# Fields that the form carries for the door. All other fields are the citizen's.
_DOOR_FIELDS = {"token", TRAP, "kept", "step", "files", "photo_place"}
_COORDINATE_FIELDS = {"latitude", "longitude"}
_MAX_DEGREES = (90.0, 180.0)
# Fields of the picked regions. The code of a level has one part more than that of the level above.
_LEVELS = ("province", "city", "district")
_PUBLIC_ID = re.compile(r"[0-9A-Z]{1,20}")
# Returns the name of the place of a latitude and a longitude; empty at sea or abroad.
PlaceAt: TypeAlias = Callable[[float, float], str]
# Buttons that only show the form again: with a list of cities, with a list of districts, without coordinates, and
# from the recap to be changed.
FORM_STEPS = {"city", "district", "unlocate", "edit"}
# Button that shows the recap.
RECAP_STEP = "recap"


@dataclass(frozen=True, slots=True)
class FormState:
    """Fields of a submitted form.

    `fields` are the bytes as they came. `values` are shown again; of equal names the last one counts. `sealed_files`
    are the files that the form carries.
    """

    fields: Sequence[tuple[bytes, bytes]]
    values: Mapping[str, str]
    sealed_files: Sequence[str]

    @property
    def form_id(self) -> str:
        """Id that we gave the form, empty if the form carries no id that could be ours."""
        try:
            return str(UUID(self.values.get("form_id", "")))
        except ValueError:
            return ""

    @property
    def step(self) -> str:
        """Button that was pressed, empty for the button of the recap, which sends the report."""
        pressed = self.values.get("step", "")
        return pressed if pressed in FORM_STEPS or pressed == RECAP_STEP else ""

    def body(self, files: Sequence[FormFile]) -> bytes:
        """Return the citizen's own fields, urlencoded.

        The coordinates of a picture are added if the citizen gave none and agreed to use them.
        """
        fields = [(name, value) for name, value in self.fields if _decode(name) not in _DOOR_FIELDS]
        if coordinates := self.photo_coordinates(files):
            latitude, longitude = coordinates
            fields = [(name, value) for name, value in fields if _decode(name) not in _COORDINATE_FIELDS]
            fields += [(b"latitude", b"%f" % latitude), (b"longitude", b"%f" % longitude), (b"located_by", b"photo")]
        return urlencode(fields).encode()

    def photo_coordinates(self, files: Sequence[FormFile]) -> tuple[float, float] | None:
        """Return the coordinates that the report takes from a picture."""
        has_own_coordinates = any(self.values.get(name, "").strip() for name in _COORDINATE_FIELDS)
        if has_own_coordinates or "photo_place" not in self.values:
            return None
        return next((file.coordinates for file in files if file.coordinates), None)

    def coordinates(self, files: Sequence[FormFile]) -> tuple[float, float] | None:
        """Return the point of the report: that of the citizen, or of a picture; `None` without one."""
        return typed_coordinates(self.values) or self.photo_coordinates(files)

    def missing_fields(self) -> list[Refused]:
        """Return refusals for fields that the form requires and a program may leave out.

        A province without a city could lead the report to the wrong agency.
        """
        if not self.values.get("province") or self.values.get("city"):
            return []
        detail = _("Pilih kota atau kabupaten. Jika tidak tahu, pilih “Saya tidak tahu”.")
        return [Refused("invalid_submission", (FieldError("city", detail),))]

    def region_lists(self, regions: Regions) -> dict[str, Sequence[Region]]:
        """Return the regions to choose from, given the regions that were picked."""
        province, city = self.values.get("province", ""), self.values.get("city", "")
        return {
            "provinces": regions.children(),
            "cities": regions.children(province) if province else (),
            "districts": regions.children(city) if province and city.startswith(f"{province}.") else (),
        }


def typed_coordinates(values: Mapping[str, str]) -> tuple[float, float] | None:
    """Return latitude and longitude among the values of a form; `None` without a point on the earth."""
    try:
        latitude, longitude = float(values.get("latitude", "")), float(values.get("longitude", ""))
    except ValueError:
        return None
    max_latitude, max_longitude = _MAX_DEGREES
    # The comparison is false for a NaN as well.
    is_on_earth = abs(latitude) <= max_latitude and abs(longitude) <= max_longitude
    return (latitude, longitude) if is_on_earth else None


def is_joinable_id(text: str) -> bool:
    """Return True if a text may be the id of a public report."""
    return _PUBLIC_ID.fullmatch(text) is not None


def joined_fields(public_id: str, region: str) -> list[tuple[bytes, bytes]]:
    """Return the fields of a new form whose report joins a public one.

    `region` is the code of the region of that report, a province, a city or a district; empty if it has none. Below the
    level of the code the citizen has not chosen anything: a city that is not known stays open.
    """
    parts = region.split(".") if region else []
    levels = zip(_LEVELS, range(1, len(parts) + 1), strict=False)
    places = [(level.encode(), ".".join(parts[:length]).encode()) for level, length in levels]
    # A form with values is shown as it was sent: without this the box would lose its tick.
    return [(b"same_as", public_id.encode()), (b"photo_place", b"true"), *places]


def read_form_state(fields: Sequence[tuple[bytes, bytes]]) -> FormState:
    """Return the state of a form. Bytes that are not UTF-8 are shown with replacement characters."""
    pairs = [(_decode(name), _decode(value)) for name, value in fields]
    values = dict(pairs)
    if values.get("step") == "unlocate":
        values = {name: value for name, value in values.items() if name not in _COORDINATE_FIELDS}
    return FormState(fields, values, [value for name, value in pairs if name == "kept"])


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")
