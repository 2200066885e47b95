"""The page that a person gets with a refusal: the reason, and that the typed text is not lost."""

from jinja2 import Environment
from starlette.responses import HTMLResponse, Response

from pages.refusals import Refused


def refused_page(pages: Environment, refused: Refused, sent: bool) -> Response:  # noqa: FBT001 - see pages.problems.RefusalPage
    """Return the page. `sent`: the request had a body, and nothing of it was stored."""
    headers = {"Cache-Control": "no-store"}
    if refused.retry_after:
        headers["Retry-After"] = str(refused.retry_after)
    page = pages.get_template("refused.html")
    text = page.render(says=refused.message, faults=refused.field_errors, seconds=refused.retry_after, sent=sent)
    return HTMLResponse(text, refused.status, headers)
