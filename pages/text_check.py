"""ASGI middleware that refuses (400) text that no database and no answer can carry: NUL, and half of a surrogate pair.

It reads the address and the headers of every request. With `reads_bodies` it also reads what persons who sign in and
agencies' programs send. A citizen's report is stored as it came, and its reader leaves such signs out; so does that of
a form with files.
"""

import re
from urllib.parse import unquote_to_bytes

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.addresses import takes_files
from pages.problems import RefusalResponder
from pages.refusals import Refused
from pages.rejection_counter import RejectionCounter

# NUL, and a surrogate as UTF-8 would write it.
_UNUSABLE = re.compile(rb"\0|\xed[\xa0-\xbf]")
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
# An escape of JSON: `\u0000` is one, `\\u0000` is none. A pair of surrogates is one sign.
_ESCAPE = re.compile(
    rb"\\(?:u(?P<nul>0000)"
    rb"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|u(?P<half>[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|.)",
    re.DOTALL,
)
# No body of the desk may be larger: what is behind this middleware refuses it.
_MAX_BODY_BYTES = 1_000_000

_log = structlog.get_logger()


class TextCheck:
    """Refuses requests with unusable text, and counts them."""

    def __init__(
        self, app: ASGIApp, responder: RefusalResponder, rejections: RejectionCounter, *, reads_bodies: bool
    ) -> None:
        self._app = app
        self._responder = responder
        self._rejections = rejections
        self._reads_bodies = reads_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not _has_usable_head(scope):
            await self._refuse(scope, receive, send)
            return
        content_type = Headers(scope=scope).get("content-type", "")
        is_read = self._reads_bodies and scope["method"] not in _WITHOUT_BODY
        if not is_read or takes_files(scope["path"], content_type):
            await self._app(scope, receive, send)
            return
        messages = await _read_messages(receive)
        body = b"".join(message.get("body", b"") for message in messages)
        if is_usable_body(content_type, body):
            await self._app(scope, _replayed(messages, receive), send)
        else:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = Refused("unusable_text")
        _log.info("door.refused", route="none", reason=refused.reason, status=refused.status)
        self._rejections.count(scope["path"], refused.reason)
        await self._responder.response(scope, refused)(scope, receive, send)


def is_usable_body(content_type: str, body: bytes) -> bool:
    """Return True if a body has only usable text. A form of several parts has no file where this is asked."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _JSON:
        return is_usable_json(body)
    return is_usable_urlencoded(body) if media_type == _FORM else not _UNUSABLE.search(body)


def is_usable_urlencoded(encoded: bytes) -> bool:
    """Return True if a form, path or query has only usable text."""
    return not _UNUSABLE.search(unquote_to_bytes(encoded))


def is_usable_json(content: bytes) -> bool:
    """Return True if JSON has only usable text, also in its escapes."""
    if _UNUSABLE.search(content):
        return False
    return not any(escape["nul"] or escape["half"] for escape in _ESCAPE.finditer(content))


def _has_usable_head(scope: Scope) -> bool:
    path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    query: bytes = scope["query_string"]
    return (
        is_usable_urlencoded(path)
        and is_usable_urlencoded(query)
        and not any(_UNUSABLE.search(value) for _, value in scope["headers"])
    )


async def _read_messages(receive: Receive) -> list[Message]:
    """Return the messages of a body, up to the largest body of the desk."""
    messages: list[Message] = []
    size, has_more = 0, True
    while has_more and size <= _MAX_BODY_BYTES:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        has_more = bool(message.get("more_body"))
    return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    """Return a `receive` that gives these messages first."""
    replayed = iter(messages)

    async def receive_again() -> Message:
        return next(replayed, None) or await receive()

    return receive_again
