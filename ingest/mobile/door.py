"""The mobile door's addresses: a device's registration, one report, the outbox, uploads and the feed."""

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from config.reference.regions import Regions
from ingest.arrival import FieldError, Refused
from ingest.door_store import DoorStore
from ingest.http.field_errors import invalid_submission
from ingest.http.gate import Gate
from ingest.http.problems import documented_refusals
from ingest.mobile.adapter import read_report
from ingest.mobile.authentication import BearerChallengeRoute, DeviceAuthentication
from ingest.mobile.devices import Devices
from ingest.mobile.feed import FeedDoor, StateLookup
from ingest.mobile.intake import ReportIntake
from ingest.mobile.openapi import body, header, part, secured, upload_id
from ingest.mobile.outbox import BatchDoor
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
from messages.submission import MobileSubmission


class MobileDoor:
    """`states` asks for the states of tracking numbers; `reached_at` is the public address."""

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        store: DoorStore,
        devices: Devices,
        sequences: Sequences,
        uploads: Uploads,
        regions: Regions,
        states: StateLookup,
        reached_at: str,
    ) -> None:
        self._gate = gate
        self._devices = devices
        self._regions = regions
        self._reached_at = reached_at
        self._authentication = DeviceAuthentication(gate, devices)
        self._intake = ReportIntake(gate, wrapper, store, sequences, uploads)
        self._outbox = BatchDoor(gate, self._authentication, self._intake, sequences, regions, reached_at)
        self._uploads = UploadDoor(gate, self._authentication, uploads)
        self._feed = FeedDoor(gate, self._authentication, sequences, states, reached_at)

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(prefix="/mobile/v1", tags=["mobile"], route_class=BearerChallengeRoute)
        router.add_api_route(
            "/devices",
            self.register,
            methods=["POST"],
            operation_id="register_device",
            response_model=DeviceToken,
            responses=documented_refusals(400, 429, 503),
            openapi_extra={"requestBody": body(Registration)},
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
        key = header("Idempotency-Key", "Needed where the report has no client_id.", required=False)
        router.add_api_route(
            "/reports",
            self.report,
            methods=["POST"],
            status_code=202,
            operation_id="send_report",
            response_model=Accepted,
            responses=documented_refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
            openapi_extra=secured(optional=True, requestBody=body(MobileSubmission), parameters=[key]),
        )
        self._add_outbox(router)
        self._add_uploads(router)
        tag = header("If-None-Match", "The ETag of the answer before.", required=False)
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
        """Give a device a token; a new one whenever it asks."""
        arrival = await self._gate.read_arrival(request)
        self._gate.check_rate("mobile", arrival.address)
        try:
            asked = Registration.model_validate_json(arrival.body)
        except ValidationError as error:
            raise invalid_submission(error) from None
        token, expires = await run_in_threadpool(self._devices.register, asked.device_id, asked.push_token, arrival.at)
        said = DeviceToken(token=token, expires_at=expires).model_dump(mode="json")
        return JSONResponse(said, headers={"Cache-Control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        """End every token of this device, this one too."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate("mobile", arrival)
        await run_in_threadpool(self._devices.revoke, device.id)
        return Response(status_code=204)

    async def report(self, request: Request) -> Response:
        """Take one report; the same again is answered the same for ever. With a token the device is proven."""
        arrival = await self._gate.read_arrival(request)
        device = await self._authentication.authenticate_if_token("mobile", arrival)
        letter = read_report(arrival, self._regions)
        if device and device.id != letter.device:
            raise Refused("other_device", (FieldError("device_id", "Pakai perangkat yang memiliki token ini."),))
        taken = await self._intake.take(letter, arrival.at, device)
        said = Accepted(tracking=taken.tracking, status_url=f"{self._reached_at}/status/{taken.tracking}")
        return JSONResponse(said.model_dump(mode="json"), 202)

    def _add_outbox(self, router: APIRouter) -> None:
        router.add_api_route(
            "/outbox",
            self._outbox.send,
            methods=["POST"],
            operation_id="send_outbox",
            response_model=BatchAnswer,
            responses=documented_refusals(400, 401, 413, 429, 503),
            openapi_extra=secured(requestBody=body(BatchReports)),
        )
        router.add_api_route(
            "/outbox",
            self._outbox.state,
            methods=["GET"],
            operation_id="read_outbox",
            response_model=SequenceState,
            responses=documented_refusals(401, 429, 503),
            openapi_extra=secured(),
        )

    def _add_uploads(self, router: APIRouter) -> None:
        length = header("Upload-Length", "Bytes of the whole file.", kind="integer")
        wanted = header("Upload-Id", "The app's own id of the upload: a UUID.")
        offset = header("Upload-Offset", "Where these bytes belong.", kind="integer")
        router.add_api_route(
            "/uploads",
            self._uploads.create,
            methods=["POST"],
            status_code=201,
            operation_id="create_upload",
            response_model=UploadState,
            responses=documented_refusals(400, 401, 409, 413, 429, 503),
            openapi_extra=secured(parameters=[wanted, length]),
        )
        router.add_api_route(
            "/uploads/{upload_id}",
            self._uploads.show,
            methods=["HEAD"],
            operation_id="find_upload",
            response_class=Response,
            responses=documented_refusals(400, 401, 404, 413, 415, 429, 503),
            openapi_extra=secured(parameters=[upload_id()]),
        )
        router.add_api_route(
            "/uploads/{upload_id}",
            self._uploads.append,
            methods=["PATCH"],
            status_code=204,
            operation_id="send_part",
            responses=documented_refusals(400, 401, 404, 409, 413, 415, 429, 503),
            openapi_extra=secured(parameters=[upload_id(), offset], requestBody=part()),
        )
