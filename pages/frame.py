"""Frame of the pages for persons who are signed in: institution, person and navigation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import Response

from pages.csrf import is_below
from pages.responses import page_response
from pages.translation.message import Message


class Person(Protocol):
    """Person who is signed in. `agency` is the code of the institution; empty for a role with no institution."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def agency(self) -> str:
        """The code of the institution."""

    def sees(self, act: str) -> bool:
        """Return True if the person may do this act at the own agency or nationally."""


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """Link of the navigation. Persons who may do `act` at their own agency or nationally see it; None: everybody.

    `label` is a text marked for translation (`pages/translation/message.py`). `needs_agency`: the page is about the
    person's own agency, so a person without one does not see the link.
    """

    label: Message
    address: str
    act: str | None = None
    needs_agency: bool = False

    def is_for(self, actor: Person) -> bool:
        """Return True if the person sees the link."""
        if self.needs_agency and not actor.agency:
            return False
        return self.act is None or actor.sees(self.act)


@dataclass(frozen=True, slots=True)
class ShownLink:
    """Link of the navigation on one page."""

    label: Message
    address: str
    is_current: bool


class SignedInPages:
    """Renders templates that extend `signed_in.html`.

    `agency_name` returns the name of an institution by its code; the roles without an institution have none.
    """

    def __init__(
        self, pages: Environment, agency_name: Callable[[str], str], navigation: Sequence[NavigationEntry]
    ) -> None:
        self._pages = pages
        self._agency_name = agency_name
        self._navigation = navigation

    def render(
        self,
        template: str,
        request: Request,
        actor: Person,
        values: Mapping[str, Any],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Return the page. `values` are the variables of the template."""
        frame = {
            "actor": actor,
            "agency_name": self._agency_name(actor.agency) if actor.agency else "",
            "navigation": shown_links(self._navigation, actor, request.url.path),
        }
        return page_response(self._pages, template, {**values, **frame}, status)


def shown_links(navigation: Sequence[NavigationEntry], actor: Person, path: str) -> Sequence[ShownLink]:
    """Return the links that the person sees. The longest address that the page lies below is the current one."""
    entries = [entry for entry in navigation if entry.is_for(actor)]
    current = max((entry.address for entry in entries if is_below(path, entry.address)), key=len, default="")
    return [ShownLink(entry.label, entry.address, entry.address == current) for entry in entries]
