"""The desk's application while the bus is away."""

from http import HTTPStatus

from app.assembly.desk.http import build
from app.assembly.desk.parts import DeskParts
from app.assembly.parts import Parts
from bus.errors import Retry
from tests.accounts.desk_client import DeskClient
from tests.ingest.door_client import DoorServer


def test_a_person_reads_that_nothing_was_stored(parts: Parts, server: DoorServer) -> None:
    """An act whose message the bus did not take is answered 503, with the time of the next attempt."""
    app = build(parts, DeskParts(parts))

    def publish() -> None:
        raise Retry("the bus is away")

    app.add_api_route("/desk/uji-coba", publish, methods=["GET"])
    server.app = app
    answer = DeskClient(f"http://127.0.0.1:{server.port}").get("/desk/uji-coba")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(answer.headers["Retry-After"]) > 0
    assert "belum ada yang tersimpan" in answer.text
