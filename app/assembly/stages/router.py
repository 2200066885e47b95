"""Parts of a process that routes complaints."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from app.assembly.core import Core
from app.assembly.keys import Keys
from app.assembly.reference_tables import ReferenceTables

if TYPE_CHECKING:
    from router.stage import RouterStage


class RouterParts:
    """The router of one process."""

    def __init__(self, core: Core, keys: Keys, tables: ReferenceTables) -> None:
        self._core = core
        self._keys = keys
        self._tables = tables

    @cached_property
    def stage(self) -> RouterStage:
        """The stage that dispatches complaints to institutions."""
        from router.stage import RouterStage

        return RouterStage(
            self._core.engine,
            self._tables.reloading_rules,
            self._core.now,
            self._core.channels,
            self._keys.answer_check,
            self._keys.link_of,
            self._tables.deadlines,
        )
