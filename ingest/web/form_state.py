"""A form as somebody filled it in: what they typed, what of it is ours, and what its page shows again. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from config.reference.regions import Region, Regions
from ingest.arrival import FieldError, Refused
from ingest.web.form_token import TRAP, FormFile

# What a form carries for the door; the rest is the citizen's.
_OURS = {"token", TRAP, "kept", "step", "files", "photo_place"}
_SPOT = {"latitude", "longitude"}
# The form's buttons that only bring the form again: with cities, with districts, without coordinates.
_STEPS = {"city", "district", "unlocate"}


@dataclass(frozen=True, slots=True)
class FormState:
    """`typed` is what its page shows again, the last of each name; `kept` are the pictures it carries, sealed."""

    fields: Sequence[tuple[bytes, bytes]]
    typed: Mapping[str, str]
    kept: Sequence[str]

    @property
    def form_id(self) -> str:
        """The id we gave the form; empty where it carries none that could be ours."""
        try:
            return str(UUID(self.typed.get("form_id", "")))
        except ValueError:
            return ""

    @property
    def step(self) -> str:
        """The button that was pressed, where it was not the one that sends."""
        pressed = self.typed.get("step", "")
        return pressed if pressed in _STEPS else ""

    def body(self, pictures: Sequence[FormFile]) -> bytes:
        """The citizen's own fields, and a picture's place where none was given and that was wanted."""
        said = [(name, value) for name, value in self.fields if _text(name) not in _OURS]
        if spot := self.spot(pictures):
            latitude, longitude = spot
            said = [(name, value) for name, value in said if _text(name) not in _SPOT]
            said += [(b"latitude", b"%f" % latitude), (b"longitude", b"%f" % longitude), (b"located_by", b"photo")]
        return urlencode(said).encode()

    def spot(self, pictures: Sequence[FormFile]) -> tuple[float, float] | None:
        """The place that a picture gives the report."""
        given = any(self.typed.get(name, "").strip() for name in _SPOT)
        if given or "photo_place" not in self.typed:
            return None
        return next((picture.place for picture in pictures if picture.place), None)

    def unfinished(self) -> list[Refused]:
        """What the form asks for and a program need not say: a province alone might send it to the wrong door."""
        if not self.typed.get("province") or self.typed.get("city"):
            return []
        says = "Pilih kota atau kabupaten. Jika tidak tahu, pilih “Saya tidak tahu”."
        return [Refused("invalid_submission", (FieldError("city", says),))]

    def lists(self, regions: Regions) -> dict[str, Sequence[Region]]:
        """What can be picked, given what was picked."""
        province, city = self.typed.get("province", ""), self.typed.get("city", "")
        return {
            "provinces": regions.children(),
            "cities": regions.children(province) if province else (),
            "districts": regions.children(city) if province and city.startswith(f"{province}.") else (),
        }


def sheet(fields: Sequence[tuple[bytes, bytes]]) -> FormState:
    """The sheet of a form's fields; bytes that are no UTF-8 are shown as what can be made of them."""
    pairs = [(_text(name), _text(value)) for name, value in fields]
    typed = dict(pairs)
    if typed.get("step") == "unlocate":
        typed = {name: value for name, value in typed.items() if name not in _SPOT}
    return FormState(fields, typed, [value for name, value in pairs if name == "kept"])


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
