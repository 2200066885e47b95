"""A mail server on loopback (aiosmtpd). It can demand TLS and a sign-in, refuse, and stand still."""

import asyncio
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

HOST, USERNAME, PASSWORD = "localhost", "satu-pintu", "sandi-uji"


@dataclass
class MailServer:
    """`messages` are those that arrived. `refusals` are answers to the next recipients, "" accepts one."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    data_refusals: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept the recipient, or refuse it."""
        if self.refusals and (refusal := self.refusals.pop(0)):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep the message, or refuse it."""
        if self.data_refusals:
            return self.data_refusals.pop(0)
        self.encrypted.append(session.ssl is not None)
        content = cast("bytes", envelope.content)
        self.messages.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server(
    starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, *, sign_in: bool = False
) -> Iterator[MailServer]:
    """Serve until the block ends."""
    handler = MailServer()
    options: dict[str, Any] = {"hostname": HOST, "tls_context": starttls, "require_starttls": starttls is not None}
    if sign_in:
        options |= {"auth_required": True, "authenticator": _authenticate, "auth_require_tls": tls is None}
    loop = asyncio.new_event_loop()
    connections: list[SMTP] = []

    def connection() -> SMTP:
        connections.append(SMTP(handler, loop=loop, **options))
        return connections[-1]

    server = loop.run_until_complete(loop.create_server(connection, "127.0.0.1", 0, ssl=tls))
    handler.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield handler
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server, connections), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server, connections: Sequence[SMTP]) -> None:
    server.close()
    # Those that the client has left may still be open here.
    for connection in connections:
        if connection.transport is not None:
            cast("asyncio.WriteTransport", connection.transport).abort()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
    is_right = (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=is_right)
