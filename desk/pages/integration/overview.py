"""The first integration page: webhooks and keys of the agency, with the forms for new ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, person_name
from desk.api.keys.agency_keys import MAX_VALID_KEYS, AgencyKey, AgencyKeys
from desk.api.keys.scopes import SCOPES, Scope
from desk.changes import CHANGE_KINDS, ChangeKind
from desk.pages.integration import wording
from desk.pages.integration.addresses import INTEGRATION_ADDRESS, MAIL_ADDRESS, webhook_address
from desk.pages.integration.wording import StateInWords
from desk.pages.parts import DeskPageParts
from desk.webhooks.webhooks import MAX_WEBHOOKS, Webhooks
from pages.forms import PostedForm
from pages.responses import see_other
from pages.translation.message import Message

# Invalid keys that the page shows, the newest ones.
_SHOWN_INVALID_KEYS = 20


@dataclass(frozen=True, slots=True)
class Typed:
    """Content of the forms as the person sent it. `period` counts days, 0 is without end.

    `unit` is the code of the unit whose cases the webhook or key sees; empty for the whole institution.
    """

    address: str = ""
    kinds: Collection[ChangeKind] = CHANGE_KINDS
    scopes: Collection[Scope] = SCOPES
    period: int = wording.USUAL_KEY_PERIOD
    unit: str = ""


class Overview:
    """Endpoint of the page. Forms of other modules show it again by `page`, with the fault and the typed values."""

    def __init__(self, parts: DeskPageParts, webhooks: Webhooks, keys: AgencyKeys) -> None:
        self._parts = parts
        self._webhooks = webhooks
        self._keys = keys

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(INTEGRATION_ADDRESS, self.show, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(MAIL_ADDRESS, self.set_mail, methods=["POST"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, selesai: str = "") -> Response:
        """Return the page. `selesai` names the act that was just done."""
        actor = self._parts.require(request, Act.MANAGE_WEBHOOKS, Act.MANAGE_KEYS)
        return self.page(request, actor, notice=wording.NOTICES.get(selesai))

    def set_mail(self, request: Request, form: PostedForm) -> Response:
        """Switch the e-mail for each new case on or off."""
        actor = self._parts.require(request, Act.MANAGE_WEBHOOKS, Act.MANAGE_KEYS)
        wanted = form.line("laporan-baru") == "1"
        self._parts.work.set_mails_new_cases(actor, actor.agency, wanted=wanted)
        return see_other(f"{INTEGRATION_ADDRESS}?selesai=email")

    def page(
        self,
        request: Request,
        actor: Actor,
        typed: Typed | None = None,
        *,
        notice: Message | None = None,
        webhook_fault: Message | None = None,
        key_fault: Message | None = None,
    ) -> Response:
        """Return the page: 422 with a fault of one of its forms."""
        now, keys = self._parts.now(), self._keys.keys(actor.agency)
        webhooks = self._webhooks.list_webhooks(actor.agency)
        valid_keys = [key for key in keys if key.is_valid(now)]
        tree = self._parts.units.tree(actor.agency)
        invalid_keys = [key for key in keys if not key.is_valid(now)][:_SHOWN_INVALID_KEYS]
        values = {
            "typed": typed or Typed(),
            "notice": notice,
            "webhook_fault": webhook_fault,
            "key_fault": key_fault,
            "mails_new_cases": self._parts.work.mails_new_cases(actor.agency),
            "webhooks": [
                (webhook, webhook_address(webhook.id), wording.webhook_state(webhook)) for webhook in webhooks
            ],
            "has_space_for_webhook": len(webhooks) < MAX_WEBHOOKS,
            "too_many_webhooks": wording.TOO_MANY_WEBHOOKS,
            "kinds": wording.KIND_NAMES.items(),
            "valid_keys": _shown_keys(valid_keys, now),
            "invalid_keys": _shown_keys(invalid_keys, now),
            # Each unit has the same number of its own.
            "has_space_for_key": bool(tree.units) or len(valid_keys) < MAX_VALID_KEYS,
            "units": [(unit.code, tree.path(unit.code)) for _, unit in tree.in_order()],
            "too_many_keys": wording.TOO_MANY_KEYS,
            "keys_version": newest_key(keys),
            "scopes": wording.SCOPE_NAMES.items(),
            "name_of": person_name,
            "beginning_of": wording.beginning_of_key,
            "periods": wording.KEY_PERIODS.items(),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if webhook_fault or key_fault else HTTPStatus.OK
        return self._parts.render("integration.html", request, actor, values, status)


def _shown_keys(keys: Sequence[AgencyKey], now: datetime) -> Sequence[tuple[AgencyKey, Message, StateInWords]]:
    return [(key, wording.scopes_in_words(key), wording.key_state(key, now)) for key in keys]


def newest_key(keys: Sequence[AgencyKey]) -> str:
    """Return the id of the newest key, "-" without one. Each new key changes it."""
    return str(keys[0].id) if keys else "-"


def expiry_delay(period: int) -> timedelta | None:
    """Return the time after which a new key expires; `None` for never."""
    return timedelta(days=period) if period else None
