"""Who stands at the mobile door: its token is asked for, its knocks are counted, and a 401 says what to do."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ingest.arrival import Arrival
from ingest.http.gate import Gate, record_refusal
from ingest.http.problems import problem
from ingest.mobile.devices import Device, Devices, NotAuthenticated


class DeviceAuthentication:
    """See `admit`."""

    def __init__(self, gate: Gate, devices: Devices) -> None:
        self._gate = gate
        self._devices = devices

    async def authenticate(self, door: str, arrival: Arrival) -> Device:
        """The device whose token this is. Raises `Unproven` (401), and `Refused` (429) where it knocks too often.

        Tokens that are none count against the address they come from.
        """
        try:
            device = await run_in_threadpool(self._devices.prove, arrival.headers, arrival.at)
        except NotAuthenticated:
            self._gate.check_rate(door, arrival.address)
            raise
        self._gate.check_rate(door, device.name)
        return device

    async def authenticate_if_token(self, door: str, arrival: Arrival) -> Device | None:
        """The same where there is a token; without one nobody is proven, and the address counts."""
        if "authorization" in arrival.headers:
            return await self.authenticate(door, arrival)
        self._gate.check_rate(door, arrival.address)
        return None


class BearerChallengeRoute(APIRoute):
    """Answers a missing or bad token with its WWW-Authenticate header (RFC 6750)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See FastAPI."""
        handle = super().get_route_handler()

        async def challenging(request: Request) -> Response:
            try:
                return await handle(request)
            except NotAuthenticated as refused:
                record_refusal(request, refused)
                response = problem(refused)
                response.headers["WWW-Authenticate"] = refused.challenge
                return response

        return challenging
