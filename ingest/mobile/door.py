"""Endpoints of the mobile door: registration of a device, one report, batch upload, file uploads and feed."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from config.reference.regions import Regions
from ingest.door_store import DoorStore
from ingest.http.gate import Gate
from ingest.mobile.adapter import read_report, require_json
from ingest.mobile.authentication import BearerChallengeRoute, DeviceAuthentication
from ingest.mobile.batch import BatchDoor
from ingest.mobile.devices import Devices
from ingest.mobile.feed import FeedDoor, StateLookup
from ingest.mobile.follow_ups import DeviceFollowUp, DeviceFollowUpDoor, FollowUpAccepted
from ingest.mobile.intake import ReportIntake
from ingest.mobile.openapi import header, json_body, secured, upload_id_parameter, upload_part_body
from ingest.mobile.sequences import Sequences
from ingest.mobile.shapes import (
    Accepted,
    BatchAnswer,
    BatchReports,
    DeviceToken,
    Feed,
    Registration,
    SequenceState,
    UploadState,
)
from ingest.mobile.tus import UploadDoor
from ingest.mobile.uploads import Uploads
from ingest.wrap import Wrapper
from messages.payloads.submission import MobileSubmission
from pages.field_errors import invalid_submission
from pages.problems import documented_refusals
from pages.refusals import FieldError, Refused


class MobileDoor:
    """All endpoints of the app.

    `find_states` asks the ledger; `public_url` is the service's public address. `link_of` returns the sender's own link
    to the report of a raw message.
    """

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        store: DoorStore,
        devices: Devices,
        sequences: Sequences,
        uploads: Uploads,
        regions: Regions,
        find_states: StateLookup,
        public_url: str,
        link_of: Callable[[UUID], str],
    ) -> None:
        self._gate = gate
        self._devices = devices
        self._regions = regions
        self._public_url = public_url
        self._link_of = link_of
        self._authentication = DeviceAuthentication(gate, devices)
        self._intake = ReportIntake(gate, wrapper, store, sequences, uploads)
        self._batch = BatchDoor(gate, self._authentication, self._intake, sequences, regions, public_url, link_of)
        self._uploads = UploadDoor(gate, self._authentication, uploads)
        self._follow_ups = DeviceFollowUpDoor(gate, wrapper, store, self._authentication, sequences, uploads)
        self._feed = FeedDoor(gate, self._authentication, sequences, find_states, public_url, link_of)

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(prefix="/mobile/v1", tags=["mobile"], route_class=BearerChallengeRoute)
        router.add_api_route(
            "/devices",
            self.register,
            methods=["POST"],
            operation_id="register_device",
            response_model=DeviceToken,
            responses=documented_refusals(400, 415, 429, 503),
            openapi_extra={"requestBody": json_body(Registration)},
        )
        router.add_api_route(
            "/devices/self",
            self.revoke,
            methods=["DELETE"],
            status_code=204,
            operation_id="revoke_tokens",
            responses=documented_refusals(401, 429, 503),
            openapi_extra=secured(),
        )
        key = header("Idempotency-Key", "Required if the report has no client_id.", required=False)
        router.add_api_route(
            "/reports",
            self.report,
            methods=["POST"],
            status_code=202,
            operation_id="send_report",
            response_model=Accepted,
            responses=documented_refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
            openapi_extra=secured(optional=True, requestBody=json_body(MobileSubmission), parameters=[key]),
        )
        router.add_api_route(
            "/follow-ups",
            self._follow_ups.follow_up,
            methods=["POST"],
            status_code=202,
            operation_id="send_follow_up",
            response_model=FollowUpAccepted,
            responses=documented_refusals(400, 401, 404, 409, 413, 415, 422, 429, 503),
            openapi_extra=secured(requestBody=json_body(DeviceFollowUp)),
        )
        self._add_batch_routes(router)
        self._add_upload_routes(router)
        tag = header("If-None-Match", "The ETag of the previous answer.", required=False)
        router.add_api_route(
            "/feed",
            self._feed.show,
            methods=["GET"],
            operation_id="read_feed",
            response_model=Feed,
            responses={304: {"description": "Nothing has changed."}, **documented_refusals(401, 429, 503)},
            openapi_extra=secured(parameters=[tag]),
        )
        return router

    async def register(self, request: Request) -> Response:
        """Give a device a token. Each request returns a new token."""
        arrival = await self._gate.read_arrival(request)
        self._gate.check_rate("mobile", arrival.address)
        require_json(arrival)
        try:
            registration = Registration.model_validate_json(arrival.body)
        except ValidationError as error:
            raise invalid_submission(error) from None
        token, expires = await run_in_threadpool(
            self._devices.register, registration.device_id, registration.push_token, arrival.at
        )
        answer = DeviceToken(token=token, expires_at=expires)
        return JSONResponse(answer.model_dump(mode="json"), headers={"Cache-Control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        """End all tokens of this device, including the token of this request."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        await run_in_threadpool(self._devices.revoke, device.id)
        return Response(status_code=204)

    async def report(self, request: Request) -> Response:
        """Accept one report. The same report gets the same answer each time. A token authenticates the device."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate_if_token("mobile", arrival)
        require_json(arrival)
        report = read_report(arrival, self._regions)
        if device and device.id != report.device_id:
            raise Refused("other_device", (FieldError("device_id", "Pakai perangkat yang memiliki token ini."),))
        accepted = await self._intake.accept(report, arrival, device)
        answer = Accepted(
            tracking=accepted.tracking,
            status_url=f"{self._public_url}/status/{accepted.tracking}",
            link=self._link_of(accepted.message_id),
        )
        return JSONResponse(answer.model_dump(mode="json"), 202)

    def _add_batch_routes(self, router: APIRouter) -> None:
        router.add_api_route(
            "/outbox",
            self._batch.send,
            methods=["POST"],
            operation_id="send_outbox",
            response_model=BatchAnswer,
            responses=documented_refusals(400, 401, 413, 415, 429, 503),
            openapi_extra=secured(requestBody=json_body(BatchReports)),
        )
        router.add_api_route(
            "/outbox",
            self._batch.state,
            methods=["GET"],
            operation_id="read_outbox",
            response_model=SequenceState,
            responses=documented_refusals(401, 429, 503),
            openapi_extra=secured(),
        )

    def _add_upload_routes(self, router: APIRouter) -> None:
        length = header("Upload-Length", "Bytes of the complete file.", kind="integer")
        app_upload_id = header("Upload-Id", "The app's own id of the upload: a UUID.")
        offset = header("Upload-Offset", "Position of the first byte of this part.", kind="integer")
        router.add_api_route(
            "/uploads",
            self._uploads.create,
            methods=["POST"],
            status_code=201,
            operation_id="create_upload",
            response_model=UploadState,
            responses=documented_refusals(400, 401, 409, 413, 429, 503),
            openapi_extra=secured(parameters=[app_upload_id, length]),
        )
        router.add_api_route(
            "/uploads/{upload_id}",
            self._uploads.show,
            methods=["HEAD"],
            operation_id="find_upload",
            response_class=Response,
            responses=documented_refusals(400, 401, 404, 413, 415, 429, 503),
            openapi_extra=secured(parameters=[upload_id_parameter()]),
        )
        router.add_api_route(
            "/uploads/{upload_id}",
            self._uploads.append,
            methods=["PATCH"],
            status_code=204,
            operation_id="send_part",
            responses=documented_refusals(400, 401, 404, 409, 413, 415, 429, 503),
            openapi_extra=secured(parameters=[upload_id_parameter(), offset], requestBody=upload_part_body()),
        )
