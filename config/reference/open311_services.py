"""The service types that Open311 offers to a city's app, from `services.csv`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table, split_cell

OPEN311_SERVICES = "services.csv"
_COLUMNS = ("service_code", "service_name", "group", "keywords")
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Open311Service:
    """One service type. `code` never changes and is never reused: apps store it."""

    code: str
    name: str
    group: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open311Services:
    """The service types by code, and the time at which their table was last changed."""

    by_code: Mapping[str, Open311Service]
    changed_at: datetime

    @property
    def names(self) -> Mapping[str, str]:
        """The name of each service type by its code."""
        return {code: service.name for code, service in self.by_code.items()}


def load_open311_services(path: Path = SHIPPED_FOLDER / OPEN311_SERVICES) -> Open311Services:
    """Return the service types in a table. Raises `TableError`."""
    by_code: dict[str, Open311Service] = {}
    faults = []
    for row in read_table(path, _COLUMNS, exact_columns=True, uneven_rows=True):
        service = _service(row)
        if fault := _fault(service, by_code):
            faults.append(f"line {row.line}: {fault}")
        by_code[service.code] = service
    raise_faults(path, faults)
    return Open311Services(by_code, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _service(row: TableRow) -> Open311Service:
    code, name, group, keywords = (row.cells[column].strip() for column in _COLUMNS)
    return Open311Service(code, name, group, tuple(filter(None, split_cell(keywords))))


def _fault(service: Open311Service, previous_codes: Collection[str]) -> str:
    if not _CODE.fullmatch(service.code):
        return "write the service_code in small letters, digits and single dashes"
    if service.code in previous_codes:
        return f"{service.code} has two rows; keep one"
    if not service.name:
        return f"{service.code} has no service_name; add it"
    return ""
