"""The limits of a public service count what comes from this machine, too."""

import asyncio
from contextlib import closing

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import ASGIApp

from app.assembly import http
from app.assembly.parts import Parts
from config.settings import Settings
from monitor.health import ProcessHealth


@pytest.mark.parametrize(("public_url", "limited"), [("", False), ("https://lapor.example", True)])
def test_a_proxy_that_names_no_client_is_one_sender(parts: Parts, public_url: str, *, limited: bool) -> None:
    """Without a public address nothing is counted: a person tries the service on this machine."""
    values = {"public_url": public_url, "rates": {"status": "2/minute"}}
    parts.core.settings = Settings.model_validate(parts.settings.model_dump() | values)
    with closing(parts.core.door_producer()) as producer:
        application = http.build(parts, producer, ProcessHealth(unprepared=dict), {})
        codes = asyncio.run(_status_codes(application, 3))
    assert (codes[2] == 429, 429 in codes[:2]) == (limited, False)


async def _status_codes(application: ASGIApp, requests: int) -> list[int]:
    """Return the answers to requests from this machine."""
    transport = ASGITransport(application, client=("127.0.0.1", 40_000))
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:1708") as client:
        return [(await client.get("/status/1234")).status_code for _ in range(requests)]
