"""The kinds of service that a city's app can offer (Open311): `services.csv`, an operator's file like the agencies'."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.settings import SettingsError

_FILE = "services.csv"
_OURS = Path(__file__).parents[1] / "data" / _FILE
_COLUMNS = ("service_code", "service_name", "group", "keywords")
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Open311Service:
    """`code` is kept for ever: apps remember it."""

    code: str
    name: str
    group: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open311Services:
    """The services by their codes, and when the file was last changed."""

    by_code: Mapping[str, Open311Service]
    changed: datetime

    @property
    def names(self) -> Mapping[str, str]:
        """Each service's name by its code."""
        return {code: service.name for code, service in self.by_code.items()}


def load_open311_services(folder: Path) -> Open311Services:
    """The services in an operator's folder; ours where there are none. Raises `SettingsError` naming each fault."""
    path = folder / _FILE
    if not path.exists():
        path = _OURS
    by_code: dict[str, Open311Service] = {}
    faults = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        if tuple(rows.fieldnames or ()) != _COLUMNS:
            raise SettingsError(f"{path}: its first row must be {','.join(_COLUMNS)}")
        for row in rows:
            service = _service(row)
            if fault := _fault(service, by_code):
                faults.append(f"{path}, line {rows.line_num}: {fault}")
            by_code[service.code] = service
    if faults:
        raise SettingsError("\n".join(faults))
    return Open311Services(by_code, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _service(row: Mapping[str, str | None]) -> Open311Service:
    code, name, group, keywords = ((row[column] or "").strip() for column in _COLUMNS)
    return Open311Service(code, name, group, tuple(word.strip() for word in keywords.split("|") if word.strip()))


def _fault(service: Open311Service, earlier: Mapping[str, Open311Service]) -> str:
    if not _CODE.fullmatch(service.code):
        return "a service_code is small letters, digits and single dashes"
    if service.code in earlier:
        return f"{service.code} stands there twice"
    if not service.name:
        return f"{service.code} has no service_name"
    return ""
