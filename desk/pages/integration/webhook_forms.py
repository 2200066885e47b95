"""Forms of the webhooks: add, new secret, on, off, remove, test, send again."""

import threading
from collections.abc import Callable, Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, actor_label
from desk.changes import CHANGE_KINDS
from desk.pages.integration import wording
from desk.pages.integration.addresses import INTEGRATION_ADDRESS, WEBHOOKS_ADDRESS, UnknownId, parse_id, webhook_address
from desk.pages.integration.overview import Overview, Typed
from desk.pages.integration.running_tests import RunningTests
from desk.pages.integration.webhook_page import WebhookPage, read_position, secret_version
from desk.pages.parts import DeskPageParts
from desk.units.tree import UnknownUnit
from desk.webhooks.address_guard import AddressRefused
from desk.webhooks.webhooks import TooManyWebhooks, UnknownWebhook, Webhooks
from pages.forms import PostedForm
from pages.responses import see_other
from pages.translation.message import Message

# Reason of these acts in the audit log.
_WHY = "integration page"


class WebhookForms:
    """Endpoints of the forms. A secret is shown once, on the response to its form, and stands in no address.

    The form of a new secret names the present one by `secret_version`. A form that is sent twice, as by a reload,
    changes the secret once: a second change would end the one that the receiver still uses.
    """

    def __init__(self, parts: DeskPageParts, webhooks: Webhooks, overview: Overview, page: WebhookPage) -> None:
        self._parts = parts
        self._webhooks = webhooks
        self._overview = overview
        self._page = page
        self._running_tests = RunningTests()
        self._rotating = threading.Lock()

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(WEBHOOKS_ADDRESS, self.add, methods=["POST"], response_class=HTMLResponse)
        acts: Mapping[str, Callable[..., Response]] = {
            "rahasia": self.rotate_secret,
            "nyala": self.switch_on,
            "mati": self.switch_off,
            "hapus": self.remove,
            "uji": self.send_test,
            "kirim-ulang": self.redeliver,
        }
        for name, endpoint in acts.items():
            address = f"{WEBHOOKS_ADDRESS}/{{webhook_id}}/{name}"
            router.add_api_route(address, endpoint, methods=["POST"], response_class=HTMLResponse)
        return router

    def add(self, request: Request, form: PostedForm) -> Response:
        """Add a webhook and show its secret once, on this response."""
        actor = self._require(request)
        chosen = form.lines("jenis")
        kinds = [kind for kind in CHANGE_KINDS if kind in chosen]
        typed = Typed(address=form.line("alamat"), kinds=kinds, unit=form.line("unit"))
        try:
            if fault := self._fault(actor, typed):
                return self._overview.page(request, actor, typed, webhook_fault=fault)
            added = self._webhooks.add(actor.agency, typed.address, typed.kinds, actor_label(actor), _WHY, typed.unit)
        except AddressRefused as refused:
            return self._overview.page(request, actor, typed, webhook_fault=wording.ERRORS[refused.reason])
        except TooManyWebhooks:
            return self._overview.page(request, actor, typed, webhook_fault=wording.TOO_MANY_WEBHOOKS)
        except UnknownUnit:
            return self._overview.page(request, actor, typed, webhook_fault=wording.UNIT_UNKNOWN)
        return self._secret_page(request, actor, added.id, typed.address, added.secret, is_new=True)

    def rotate_secret(self, request: Request, webhook_id: str, form: PostedForm) -> Response:
        """Change the secret and show the new one once, on this response."""
        actor = self._require(request)
        with self._rotating:
            webhook = self._page.find(actor.agency, webhook_id)
            if webhook is None:
                return self._page.missing(request, actor)
            if form.line("versi") != secret_version(webhook):
                return self._page.page(request, actor, webhook, fault=wording.SECRET_CHANGED)
            secret = self._webhooks.rotate_secret(actor.agency, webhook.id, actor_label(actor), _WHY)
        return self._secret_page(request, actor, webhook.id, webhook.address, secret, is_new=False)

    def switch_on(self, request: Request, webhook_id: str) -> Response:
        """Switch the webhook on."""
        return self._act(request, webhook_id, self._webhooks.switch_on, "nyala")

    def switch_off(self, request: Request, webhook_id: str) -> Response:
        """Switch the webhook off."""
        return self._act(request, webhook_id, self._webhooks.switch_off, "mati")

    def remove(self, request: Request, webhook_id: str) -> Response:
        """Remove the webhook."""
        return self._act(request, webhook_id, self._webhooks.remove, "hapus")

    def send_test(self, request: Request, webhook_id: str) -> Response:
        """Send a test notice and lead to its result."""
        actor = self._require(request)
        webhook = self._page.find(actor.agency, webhook_id)
        if webhook is None:
            return self._page.missing(request, actor)
        with self._running_tests.start(actor.agency) as may_start:
            if not may_start:
                return self._page.page(request, actor, webhook, fault=wording.TEST_RUNNING)
            result = self._webhooks.send_test(actor.agency, webhook.id, actor_label(actor), _WHY)
        if result.error == "secret_unreadable":
            # Nothing was sent, so no delivery has this result.
            return self._page.page(request, actor, webhook, fault=wording.ERRORS[result.error])
        return see_other(f"{webhook_address(webhook.id)}?selesai=uji")

    def redeliver(self, request: Request, webhook_id: str, form: PostedForm) -> Response:
        """Send a notice again, and lead back to the page of the list."""
        position = read_position(form.line("sebelum"))

        def redeliver(agency: str, parsed_id: UUID, actor: str, why: str) -> None:
            self._webhooks.redeliver(agency, parsed_id, parse_id(form.line("perubahan")), actor, why)

        page = "" if position is None else f"&sebelum={position}"
        return self._act(request, webhook_id, redeliver, f"kirim-ulang{page}")

    def _act(
        self, request: Request, webhook_id: str, act: Callable[[str, UUID, str, str], object], done: str
    ) -> Response:
        """Do an act and lead to the page that shows it: that of the webhook, or the first one after a removal."""
        actor = self._require(request)
        try:
            parsed_id = parse_id(webhook_id)
            act(actor.agency, parsed_id, actor_label(actor), _WHY)
        except (UnknownId, UnknownWebhook):
            return self._page.missing(request, actor)
        address = INTEGRATION_ADDRESS if done == "hapus" else webhook_address(parsed_id)
        return see_other(f"{address}?selesai={done}")

    def _require(self, request: Request) -> Actor:
        return self._parts.require(request, Act.MANAGE_WEBHOOKS)

    def _fault(self, actor: Actor, typed: Typed) -> Message | None:
        """Return why no webhook is added; `None` if the address is to be checked next."""
        if not typed.kinds:
            return wording.KINDS_MISSING
        addresses = {webhook.address for webhook in self._webhooks.list_webhooks(actor.agency)}
        return wording.ADDRESS_REPEATED if typed.address in addresses else None

    def _secret_page(
        self, request: Request, actor: Actor, webhook_id: UUID, address: str, secret: str, *, is_new: bool
    ) -> Response:
        values = {
            "address": webhook_address(webhook_id),
            "target": address,
            "secret": secret,
            "is_new": is_new,
            "rotation_hours": wording.ROTATION_HOURS,
        }
        return self._parts.render("webhook_secret.html", request, actor, values)
