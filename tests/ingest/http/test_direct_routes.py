"""The endpoints of reports are called without FastAPI, which still describes them."""

import requests
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from ingest.http.direct_routes import DirectAPIRoute, direct_routes
from tests.ingest.door_client import DoorServer


async def send(request: Request) -> Response:
    """Answer with the pattern of the route, and with where FastAPI keeps the exit stack of a request."""
    return PlainTextResponse(f"{request.scope['route'].path} {'fastapi_inner_astack' in request.scope}")


async def show(_request: Request, number: int) -> Response:
    """Answer with a value that FastAPI reads."""
    return PlainTextResponse(str(number))


def test_an_endpoint_that_takes_the_request_alone_is_called_without_fastapi() -> None:
    """Its route is in the scope and in the document; other endpoints get their values from FastAPI.

    A method that the document does not name is refused, HEAD too.
    """
    router = APIRouter(prefix="/x", route_class=DirectAPIRoute)
    router.add_api_route("/send", send, methods=["POST"])
    router.add_api_route("/state", send, methods=["GET"])
    router.add_api_route("/show", show, methods=["GET"])
    app = FastAPI()
    app.router.routes.extend(direct_routes(router))
    app.include_router(router)
    server = DoorServer()
    server.app = app

    with server.serving():
        address = f"http://127.0.0.1:{server.port}/x"
        assert requests.post(f"{address}/send", timeout=30).text == "/x/send False"
        assert requests.get(f"{address}/send", timeout=30).status_code == 405
        assert requests.get(f"{address}/state", timeout=30).text == "/x/state False"
        assert requests.head(f"{address}/state", timeout=30).headers["Allow"] == "GET"
        assert requests.get(f"{address}/show?number=7", timeout=30).text == "7"
        assert requests.get(f"{address}/show?number=a", timeout=30).status_code == 422
    assert set(app.openapi()["paths"]) == {"/x/send", "/x/show", "/x/state"}
