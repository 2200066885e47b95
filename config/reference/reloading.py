"""Loads a value from reference tables, and loads it again after an operator has edited them.

A faulty edit changes nothing: it is logged, and the previous value stays in use.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from config.reference.folder import FileStamp, ReferenceFolder

_log = structlog.get_logger()


class Versioned(Protocol):
    """A value that names the version of the tables it was loaded from."""

    @property
    def version(self) -> str:
        """Equal for equal tables."""
        ...


Value = TypeVar("Value", bound=Versioned)
Value_co = TypeVar("Value_co", covariant=True)


class Source(Protocol[Value_co]):
    """A provider of the value that is in force now. A stage asks for it once per batch."""

    def current(self) -> Value_co:
        """Return the value in force."""
        ...


class RefusedEdit(Exception):
    """Tables that can be read but must not be used before a restart; the text says why."""


class ReloadingTables(Generic[Value]):
    """A source that loads `tables` of a folder again when one of them, or the value of `dependency`, has changed.

    `load` raises `TableError` for tables that cannot be used; at the start it is passed on to the caller. `check` gets
    the previous and the new value and raises `RefusedEdit` if only a restart may use the new one. `name` names the
    tables in the log. Threads may share a source.
    """

    def __init__(
        self,
        name: str,
        folder: ReferenceFolder,
        tables: Sequence[str],
        load: Callable[[], Value],
        *,
        dependency: Callable[[], object] = lambda: None,
        check: Callable[[Value, Value], None] = lambda _previous, _new: None,
    ) -> None:
        self._name = name
        self._folder = folder
        self._tables = tables
        self._load = load
        self._dependency = dependency
        self._check = check
        self._lock = threading.Lock()
        self._examined = self._state()
        # The operator's own tables that the value in use was loaded from.
        self._loaded_stamps = self._examined[1]
        self._value = load()

    def current(self) -> Value:
        """Return the value of the tables as they are now; the previous one after a faulty edit."""
        with self._lock:
            state = self._state()
            if state != self._examined:
                self._examined = state
                self._examine(state[1])
            return self._value

    def _examine(self, stamps: Mapping[str, FileStamp]) -> None:
        # Some editors remove a file before they write it again: the shipped table is not meant in the meantime.
        if removed := sorted(self._loaded_stamps.keys() - stamps.keys()):
            self._refuse(f"no longer there: {', '.join(removed)}; restart to use the shipped tables")
            return
        try:
            value = self._load()
            self._check(self._value, value)
        except Exception as error:  # noqa: BLE001 - an edit must never stop a running service
            self._refuse(str(error) or type(error).__name__)
            return
        self._loaded_stamps = stamps
        if value.version != self._value.version:
            _log.info("tables.changed", tables=self._name, version=value.version, before=self._value.version)
            self._value = value

    def _refuse(self, cause: str) -> None:
        _log.error("tables.refused", tables=self._name, version=self._value.version, cause=cause)

    def _state(self) -> tuple[object, Mapping[str, FileStamp]]:
        return self._dependency(), self._folder.stamps(self._tables)
