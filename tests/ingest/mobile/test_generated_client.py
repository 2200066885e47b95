"""The OpenAPI document as a client generator reads it: the client that comes of it is made here, and used."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from app.assembly.openapi import Documented
from tests.ingest.door_client import DoorClient
from tests.ingest.files.test_attachments import picture
from tests.ingest.people import TEXT


@pytest.fixture
def client(served: DoorClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a package that openapi-python-client made of the service's own document, ready to import."""
    # Imported once per process: each test has one of its own name.
    package = f"client_of_{tmp_path.name}"
    document = tmp_path / "openapi.json"
    # The app's part of it: the generator has no word for the XML that Twilio and Open311 speak.
    whole = served.get("/openapi.json").json()
    paths = {path: operations for path, operations in whole["paths"].items() if path.startswith("/mobile/v1")}
    document.write_text(json.dumps({**whole, "paths": paths}))
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    program = Path(sys.executable).parent / "openapi-python-client"
    command: list[str | Path] = [program, "generate", "--path", document, "--output-path", tmp_path / package]
    command += ["--meta", "none", "--config", tmp_path / "config.yml", "--fail-on-warning"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    return package


def module(client: str, name: str) -> Any:
    """An operation of the mobile door in the generated client."""
    return importlib.import_module(f"{client}.api.mobile.{name}")


def test_generated_client_reports(served: DoorClient, client: str) -> None:
    """A client that nobody wrote registers a device, uploads a picture, sends reports and reads what became of them."""
    models = importlib.import_module(f"{client}.models")
    clients = importlib.import_module(f"{client}.client")
    device, upload = uuid4(), uuid4()
    with clients.Client(served.address) as anybody:
        token = module(client, "register_device").sync(
            client=anybody, body=models.Registration(device_id=device, push_token="push-1")
        )
        alone = models.MobileSubmission(text=TEXT, device_id=device, client_id=uuid4(), kind=models.Kind.ASPIRASI)
        reported = module(client, "send_report").sync(client=anybody, body=alone)
    with clients.AuthenticatedClient(served.address, token.token) as proven:
        content = picture()
        begun = module(client, "create_upload").sync(client=proven, upload_id=str(upload), upload_length=len(content))
        file = importlib.import_module(f"{client}.types").File(payload=content)
        sent = module(client, "send_part").sync_detailed(upload, client=proven, upload_offset=begun.offset, body=file)
        items = [models.OutboxItem(text="Foto.", sequence=2, client_id=uuid4(), attachments=[upload])]
        answer = module(client, "send_outbox").sync(client=proven, body=models.Outbox(items=items))
        feed = module(client, "read_feed").sync(client=proven)
        state = module(client, "read_outbox").sync(client=proven)

    raw_messages = served.raw_messages("mobile")
    assert sent.status_code == 204
    assert [reported.tracking, answer.results[0].tracking] == [raw.tracking for raw in raw_messages]
    assert json.loads(served.opened(raw_messages[0]))["kind"] == "aspirasi"
    assert len(raw_messages[1].attachments) == 1
    assert {each.tracking for each in feed.reports} == {raw.tracking for raw in raw_messages}
    assert (state.highest, state.missing) == (2, [[1, 1]])


def test_generated_client_reads_problems(served: DoorClient, client: str) -> None:
    """What the door refuses comes to the client as a problem with its reason and its fields."""
    models = importlib.import_module(f"{client}.models")
    clients = importlib.import_module(f"{client}.client")
    with clients.AuthenticatedClient(served.address, "x" * 80) as forged:
        refused = module(client, "read_feed").sync(client=forged)
        bad = models.MobileSubmission(text="", device_id=uuid4(), client_id=uuid4())
    with clients.Client(served.address) as anybody:
        faulty = module(client, "send_report").sync(client=anybody, body=bad)

    assert (refused.status, refused.reason) == (401, "token_invalid")
    assert (faulty.reason, [fault.field for fault in faulty.errors]) == ("invalid_submission", ["text"])


def test_document_is_whole(served: DoorClient) -> None:
    """OpenAPI 3.1; every reference in it leads somewhere, and no two operations share a name."""
    document = requests.get(f"{served.address}/openapi.json", timeout=10).json()
    assert document["openapi"].startswith("3.1")
    text = json.dumps(document)
    for reference in set(_references(document)):
        place: Any = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    names = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))
    assert "$defs" not in text


def _references(node: object) -> list[str]:
    if isinstance(node, list):
        return [found for each in node for found in _references(each)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for each in node.values() for found in _references(each)]


def test_two_schemas_of_one_name() -> None:
    """Two shapes that would hide each other in the document are a fault of ours, said at once."""
    app = Documented(title="x", version="1")
    for number in (1, 2):
        schema = {"title": "Same", "type": "object", "properties": {f"field-{number}": {"type": "string"}}}
        extra = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
        app.add_api_route(f"/{number}", lambda: None, openapi_extra=extra)

    with pytest.raises(ValueError, match="two schemas named Same"):
        app.openapi()
