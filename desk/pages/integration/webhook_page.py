"""The page of one webhook: its state and its deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, person_name
from desk.pages.integration import wording
from desk.pages.integration.addresses import WEBHOOKS_ADDRESS, webhook_address
from desk.pages.integration.wording import StateInWords
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from desk.webhooks.webhooks import Delivery, Webhook, Webhooks
from pages.forms import read_number
from pages.translation.message import Message

_DELIVERIES_OF_A_PAGE = 25
_LARGEST_POSITION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """A delivery in the list. `next_at` is the earliest time of the next attempt; `None` if none is planned.

    `may_redeliver` is False for a test, and `is_waiting` True if the next attempt can only be brought forward.
    """

    delivery: Delivery
    kind: str
    state: StateInWords
    attempts: Message | None
    next_at: datetime | None
    case_address: str
    may_redeliver: bool
    is_waiting: bool


class WebhookPage:
    """Endpoint of the page. Forms show it again by `page` and `missing`."""

    def __init__(self, parts: DeskPageParts, webhooks: Webhooks) -> None:
        self._parts = parts
        self._webhooks = webhooks

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{WEBHOOKS_ADDRESS}/{{webhook_id}}"
        router.add_api_route(address, self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def find(self, agency: str, webhook_id: str) -> Webhook | None:
        """Return a webhook of the agency by the id in an address; `None` if the agency has none with this id."""
        webhooks = self._webhooks.list_webhooks(agency)
        return next((webhook for webhook in webhooks if str(webhook.id) == webhook_id), None)

    def show(self, request: Request, webhook_id: str, sebelum: str = "", selesai: str = "") -> Response:
        """Return the page. `sebelum` is the position before which the list begins, `selesai` the act just done."""
        actor = self._parts.require(request, Act.MANAGE_WEBHOOKS)
        webhook = self.find(actor.agency, webhook_id)
        if webhook is None:
            return self.missing(request, actor)
        return self.page(request, actor, webhook, read_position(sebelum), done=selesai)

    def page(
        self,
        request: Request,
        actor: Actor,
        webhook: Webhook,
        before: int | None = None,
        *,
        done: str = "",
        fault: Message | None = None,
    ) -> Response:
        """Return the page: 409 with a fault."""
        listed = self._webhooks.deliveries(actor.agency, webhook.id, before, _DELIVERIES_OF_A_PAGE + 1)
        deliveries = listed[:_DELIVERIES_OF_A_PAGE]
        test = _newest_test(deliveries) if done == "uji" else None
        address, now = webhook_address(webhook.id), self._parts.now()
        is_rotating = webhook.previous_secret_until is not None and webhook.previous_secret_until > now
        values = {
            "webhook": webhook,
            "address": address,
            "state": wording.webhook_state(webhook),
            "kinds": [name for kind, name in wording.KIND_NAMES.items() if kind in webhook.kinds],
            "is_rotating": is_rotating,
            "rotation_hours": wording.ROTATION_HOURS,
            "name_of": person_name,
            "secret_version": secret_version(webhook),
            "deliveries": [_shown(delivery, webhook) for delivery in deliveries],
            "before": "" if before is None else before,
            "next_address": _next_address(address, listed),
            "notice": _notice(done, webhook),
            "test": test,
            "test_text": wording.result_in_words(test.error, test.http_status) if test else None,
            "fault": fault,
        }
        status = HTTPStatus.CONFLICT if fault else HTTPStatus.OK
        return self._parts.render("webhook.html", request, actor, values, status)

    def missing(self, request: Request, actor: Actor) -> Response:
        """Return the page for an id that is unknown or of another agency: nobody can tell which."""
        return self._parts.render("integration_missing.html", request, actor, {}, HTTPStatus.NOT_FOUND)


def _newest_test(deliveries: Sequence[Delivery]) -> Delivery | None:
    return next((delivery for delivery in deliveries if delivery.kind == "test"), None)


def _next_address(address: str, listed: Sequence[Delivery]) -> str:
    """Return the address of the next page; "" if the webhook has no further delivery."""
    has_more = len(listed) > _DELIVERIES_OF_A_PAGE
    return f"{address}?sebelum={listed[_DELIVERIES_OF_A_PAGE - 1].position}" if has_more else ""


def secret_version(webhook: Webhook) -> str:
    """Return a value that each new secret of the webhook changes."""
    return webhook.previous_secret_until.isoformat() if webhook.previous_secret_until else "-"


def read_position(text: str) -> int | None:
    """Return the position that a parameter names; `None`, which is the beginning, for anything else."""
    return read_number(text, _LARGEST_POSITION)


def _shown(delivery: Delivery, webhook: Webhook) -> ShownDelivery:
    is_waiting = delivery.status == "waiting"
    next_at = max(delivery.next_at, webhook.paused_until or delivery.next_at)
    return ShownDelivery(
        delivery=delivery,
        kind=wording.delivery_kind(delivery.kind),
        state=wording.delivery_state(delivery),
        attempts=wording.attempts_in_words(delivery),
        next_at=next_at if is_waiting and webhook.active else None,
        case_address=f"{LIST_ADDRESS}/{delivery.number}" if delivery.number else "",
        may_redeliver=delivery.kind != "test",
        is_waiting=is_waiting,
    )


def _notice(done: str, webhook: Webhook) -> Message | None:
    """Return the notice after an act, except a test."""
    if done == "kirim-ulang" and not webhook.active:
        return wording.REDELIVERED_LATER
    return wording.NOTICES.get(done)
