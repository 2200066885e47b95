"""A client that is generated from the OpenAPI document, and used."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from app.api_document.documented import Documented
from tests.ingest.door_client import DoorClient
from tests.ingest.files.test_attachments import picture
from tests.ingest.people import TEXT


@pytest.fixture
def client(served: DoorClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the package name of a client that openapi-python-client generated from the service's document."""
    # A package is imported once per process, so each test needs its own package name.
    package = f"client_of_{tmp_path.name}"
    document_path = tmp_path / "openapi.json"
    # Only the app's part: the generator does not support the XML of Twilio and Open311.
    document = served.get("/openapi.json").json()
    paths = {path: operations for path, operations in document["paths"].items() if path.startswith("/mobile/v1")}
    document_path.write_text(json.dumps({**document, "paths": paths}))
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    program = Path(sys.executable).parent / "openapi-python-client"
    command: list[str | Path] = [program, "generate", "--path", document_path, "--output-path", tmp_path / package]
    command += ["--meta", "none", "--config", tmp_path / "config.yml", "--fail-on-warning"]
    generation = subprocess.run(command, capture_output=True, text=True, check=False)
    assert generation.returncode == 0, generation.stdout + generation.stderr
    monkeypatch.syspath_prepend(tmp_path)
    return package


def module(client: str, name: str) -> Any:
    """Return the module of an operation in the generated client."""
    return importlib.import_module(f"{client}.api.mobile.{name}")


def test_generated_client_reports(served: DoorClient, client: str) -> None:
    """The generated client registers a device, uploads a picture, sends reports and reads their states."""
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
        answer = module(client, "send_outbox").sync(client=proven, body=models.BatchReports(items=items))
        feed = module(client, "read_feed").sync(client=proven)
        state = module(client, "read_outbox").sync(client=proven)

    raw_messages = served.raw_messages("mobile")
    assert sent.status_code == 204
    assert [reported.tracking, answer.results[0].tracking] == [raw.tracking for raw in raw_messages]
    assert json.loads(served.open_body(raw_messages[0]))["kind"] == "aspirasi"
    assert len(raw_messages[1].attachments) == 1
    assert {report.tracking for report in feed.reports} == {raw.tracking for raw in raw_messages}
    assert (state.highest, state.missing) == (2, [[1, 1]])


def test_generated_client_reads_problems(served: DoorClient, client: str) -> None:
    """A refusal reaches the client as a problem with its reason and its fields."""
    models = importlib.import_module(f"{client}.models")
    clients = importlib.import_module(f"{client}.client")
    with clients.AuthenticatedClient(served.address, "x" * 80) as forged:
        refused = module(client, "read_feed").sync(client=forged)
        bad = models.MobileSubmission(text="", device_id=uuid4(), client_id=uuid4())
    with clients.Client(served.address) as anybody:
        faulty = module(client, "send_report").sync(client=anybody, body=bad)

    assert (refused.status, refused.reason) == (401, "token_invalid")
    assert (faulty.reason, [fault.field for fault in faulty.errors]) == ("invalid_submission", ["text"])


def test_document_is_complete(served: DoorClient) -> None:
    """The document is OpenAPI 3.1, every reference exists, and no two operations share a name."""
    document = requests.get(f"{served.address}/openapi.json", timeout=60).json()
    assert document["openapi"].startswith("3.1")
    text = json.dumps(document)
    for reference in set(_references(document)):
        node: Any = document
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    assert "$defs" not in text


def _references(node: object) -> list[str]:
    if isinstance(node, list):
        return [reference for child in node for reference in _references(child)]
    if not isinstance(node, dict):
        return []
    own_references = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own_references + [reference for child in node.values() for reference in _references(child)]


def test_two_schemas_of_one_name() -> None:
    """Two shapes with one name would hide each other in the document, so they raise an error."""
    app = Documented("x")
    for number in (1, 2):
        schema = {"title": "Same", "type": "object", "properties": {f"field-{number}": {"type": "string"}}}
        extra = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
        app.add_api_route(f"/{number}", lambda: None, name=f"send_{number}", openapi_extra=extra)

    with pytest.raises(ValueError, match="two schemas named Same"):
        app.openapi()
