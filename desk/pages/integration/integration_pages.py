"""All pages of webhooks and keys."""

from fastapi import APIRouter

from accounts.permissions import Act
from desk.api.keys.agency_keys import AgencyKeys
from desk.pages.integration.addresses import INTEGRATION_ADDRESS
from desk.pages.integration.key_forms import KeyForms
from desk.pages.integration.overview import Overview
from desk.pages.integration.webhook_forms import WebhookForms
from desk.pages.integration.webhook_page import WebhookPage
from desk.pages.parts import DeskPageParts
from desk.webhooks.webhooks import Webhooks
from pages.frame import NavigationEntry
from pages.translation.message import message as _

# Link of these pages, for the navigation of the frame.
NAVIGATION = (NavigationEntry(_("Integrasi"), INTEGRATION_ADDRESS, Act.MANAGE_WEBHOOKS, needs_agency=True),)


class IntegrationPages:
    """The pages. They act on the agency of the person who is signed in, and on no other."""

    def __init__(self, parts: DeskPageParts, webhooks: Webhooks, keys: AgencyKeys) -> None:
        overview, webhook_page = Overview(parts, webhooks, keys), WebhookPage(parts, webhooks)
        self._pages = (
            overview,
            webhook_page,
            WebhookForms(parts, webhooks, overview, webhook_page),
            KeyForms(parts, keys, overview),
        )

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        for pages in self._pages:
            router.include_router(pages.routes())
        return router
