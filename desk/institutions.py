"""The registry of institutions as the desk needs it. The router has the registry; the desk imports no stage."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from messages.shapes import Dispatch


class Institution(NamedTuple):
    """An institution with a queue, for a choice by a person."""

    code: str
    name: str


class Institutions(Protocol):
    """Questions about institutions. All answers are of the registry in force."""

    def name(self, code: str) -> str:
        """Return the name of an institution; the code itself for an unknown one."""

    def receives_cases(self, code: str) -> bool:
        """Return whether the institution, or one that receives its complaints, has a queue."""

    def search(self, text: str) -> Sequence[Institution]:
        """Return the institutions whose name, acronym or former name has these words, best first, at most 20."""

    def region(self, code: str) -> str:
        """Return the official code of the region of a government; empty for another institution."""

    def after_refusal(self, history: Sequence[Dispatch], suggested_agency: str | None) -> str:
        """Return the code of the agency to which a refusal of the last dispatch would lead.

        `history` are all dispatches of the complaint by hop.
        """
