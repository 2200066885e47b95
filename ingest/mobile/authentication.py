"""Authenticates devices by their token, and counts their requests. A 401 response says what the app must do."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ingest.arrival import Arrival
from ingest.http.direct_routes import DirectAPIRoute
from ingest.http.gate import Gate
from ingest.mobile.devices import Device, Devices
from ingest.mobile.tokens import NotAuthenticated
from pages.problems import problem_response
from pages.refusal_handlers import record_refusal


class DeviceAuthentication:
    """Authenticates the device of a request, within the rate of the door."""

    def __init__(self, gate: Gate, devices: Devices) -> None:
        self._gate = gate
        self._devices = devices

    async def authenticate(self, door: str, arrival: Arrival) -> Device:
        """Return the device of the token. Raises `NotAuthenticated` (401), and `Refused` (429) above the rate.

        Requests with an invalid token count against the address that they come from.
        """
        try:
            device = await run_in_threadpool(self._devices.authenticate, arrival.headers, arrival.at)
        except NotAuthenticated:
            self._gate.check_rate(door, arrival.address)
            raise
        self._gate.check_rate(door, device.hash)
        return device

    async def authenticate_if_token(self, door: str, arrival: Arrival) -> Device | None:
        """Return the device of the token, `None` without a token. Then the request counts against the address."""
        if "authorization" in arrival.headers:
            return await self.authenticate(door, arrival)
        self._gate.check_rate(door, arrival.address)
        return None


class BearerChallengeRoute(DirectAPIRoute):
    """Answers a missing or invalid token with the header WWW-Authenticate (RFC 6750)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See FastAPI."""
        handle = super().get_route_handler()

        async def handle_with_challenge(request: Request) -> Response:
            try:
                return await handle(request)
            except NotAuthenticated as refused:
                record_refusal(request, refused)
                response = problem_response(refused)
                response.headers["WWW-Authenticate"] = refused.challenge
                return response

        return handle_with_challenge
