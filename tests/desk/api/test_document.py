"""The OpenAPI document is true: requests derived from it, and a client generated from it, work."""

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from desk.api.case_document import PREFIX
from desk.units.tree import Unit
from messages.shapes import FIELD_VERDICTS, Attachment
from tests.desk.api.harness import HEALTH, PLN, ApiHarness, number_of
from tests.ingest.files.test_attachments import picture

PICTURE = Attachment(id=UUID(int=77), media_type="image/jpeg", size=4, sha256="0" * 64)
_FEW_REQUESTS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[*HealthCheck],
)
_CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
schemathesis.serializer.alias("application/pdf", "application/octet-stream")
# The generator knows these media types under other names.
_GENERATOR_CONFIG = """
post_hooks: []
content_type_overrides:
  image/jpeg: application/octet-stream
  image/png: application/octet-stream
  image/webp: application/octet-stream
  application/pdf: application/octet-stream
  application/problem+json: application/json
  text/xml: text/html
"""


@pytest.fixture
def case(api: ApiHarness) -> ApiHarness:
    """An interface with a case that has a picture."""
    api.rates |= {"agency-read": "100000/minute", "agency-answer": "100000/minute"}
    api.serve()
    api.send(1, "Kemenkes, puskesmas tutup", attachments=(PICTURE,))
    api.files[PICTURE.id] = b"\xff\xd8ok"
    return api


def document_of(api: ApiHarness) -> dict[str, Any]:
    """Return the document, which needs no key."""
    document: dict[str, Any] = requests.get(f"{api.address}{PREFIX}/openapi.json", timeout=60).json()
    return document


def test_document_is_complete(api: ApiHarness) -> None:
    """It is OpenAPI 3.1 with full addresses, every reference exists, and each operation has a name."""
    document = document_of(api)
    assert document["openapi"].startswith("3.1")
    assert f"{PREFIX}/cases" in document["paths"]
    references = set(_references(document))
    assert references
    for reference in references:
        node: Any = document
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names)) >= 6
    assert "$defs" not in json.dumps(document)


def _references(node: object) -> list[str]:
    if isinstance(node, list):
        return [reference for child in node for reference in _references(child)]
    if not isinstance(node, dict):
        return []
    own_references = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own_references + [reference for child in node.values() for reference in _references(child)]


@pytest.mark.slow
def test_no_operation_leaves_the_document(case: ApiHarness, subtests: pytest.Subtests) -> None:
    """Valid and invalid requests get what the document declares, and never 5xx. The largest part succeeds once."""
    document = schemathesis.openapi.from_dict(document_of(case))
    successes = set()
    with requests.Session() as session:
        for parsed in document.get_all_operations():
            if isinstance(parsed, Err):
                pytest.fail(str(parsed.err()))
            operation = parsed.ok()
            valid, invalid = (
                operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            )

            @_FEW_REQUESTS
            @given(
                request=valid | valid.map(_with_known_values(case)) | invalid.map(_with_known_values(case)),
                label=st.just(operation.label),
            )
            def ask(request: Case[Any], label: str) -> None:
                response = request.call(base_url=case.address, session=session, headers=case.headers)
                if response.status_code < 400:
                    successes.add(label)
                request.validate_response(response, checks=_CHECKS)

            with subtests.test(operation.label):
                ask()
    assert successes >= {
        f"GET {PREFIX}/cases",
        f"GET {PREFIX}/cases/{{number}}",
        f"POST {PREFIX}/cases/{{number}}/answers",
        f"GET {PREFIX}/cases/{{number}}/pictures/{{picture_id}}",
    }


def _with_known_values(api: ApiHarness) -> Callable[[Case[Any]], Case[Any]]:
    """Return the strategy with a case and a picture that exist."""
    known_values = {"number": number_of(1), "picture_id": str(PICTURE.id)}

    def changed(case: Case[Any]) -> Case[Any]:
        case.path_parameters |= {name: value for name, value in known_values.items() if name in case.path_parameters}
        case.query.pop("after", None)
        if isinstance(case.body, dict) and not FIELD_VERDICTS.keys().isdisjoint(case.body):
            # Such a field goes with some verdicts only, and a file must be stored before.
            case.body = {"verdict": "accepted"}
        case.headers["Authorization"] = api.headers["Authorization"]
        return case

    return changed


@pytest.fixture
def client(case: ApiHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the package name of a client that openapi-python-client generated from the document."""
    # A package is imported once per process, so each test needs its own package name.
    package = f"agency_client_of_{tmp_path.name}"
    document_path, config_path = tmp_path / "openapi.json", tmp_path / "config.yml"
    document_path.write_text(json.dumps(document_of(case)))
    config_path.write_text(_GENERATOR_CONFIG)
    program = Path(sys.executable).parent / "openapi-python-client"
    command: list[str | Path] = [program, "generate", "--path", document_path, "--output-path", tmp_path / package]
    command += ["--meta", "none", "--config", config_path, "--fail-on-warning"]
    generation = subprocess.run(command, capture_output=True, text=True, check=False)
    assert generation.returncode == 0, generation.stdout + generation.stderr
    monkeypatch.syspath_prepend(tmp_path)
    return package


@pytest.mark.slow
def test_a_generated_client_drives_a_case(case: ApiHarness, client: str) -> None:
    """It lists, reads, accepts, asks, responds, closes, fetches a picture, and reads problems."""
    models, clients = (importlib.import_module(f"{client}.{name}") for name in ("models", "client"))

    def operation(name: str) -> Any:
        return importlib.import_module(f"{client}.api.cases.{name}")

    token = case.headers["Authorization"].removeprefix("Bearer ")
    with clients.AuthenticatedClient(case.address, token) as agency:
        page = operation("list_cases").sync(client=agency)
        (listed,) = page.cases
        assert (listed.number, listed.state, listed.joined) == (number_of(1), "terdisposisi", 0)
        picture = operation("read_picture").sync_detailed(listed.number, listed.pictures[0].id, client=agency)
        assert (picture.status_code, picture.content) == (200, b"\xff\xd8ok")
        for verdict, text, state in (
            ("accepted", "", "proses"),
            ("asked", "Di desa mana?", "tunda"),
            ("responded", "Buka lagi hari Senin.", "proses"),
            ("closed", "Sudah buka.", "selesai"),
        ):
            body = models.NewAnswer(verdict=models.NewAnswerVerdict(verdict), text=text, actor="Sri Petugas")
            answer = operation("answer_case").sync(
                listed.number, client=agency, body=body, idempotency_key=f"kunci-{verdict}"
            )
            assert (answer.verdict, answer.state, answer.published) == (verdict, state, True)
            case.desk.deliver()
            detail = operation("read_case").sync(listed.number, client=agency)
            assert (detail.state, detail.history[-1].text) == (state, text)
        (changed,) = operation("list_cases").sync(client=agency, after=page.next_).cases
        assert (changed.number, changed.state) == (listed.number, "selesai")
        refused = models.NewAnswer(verdict=models.NewAnswerVerdict("refused"), text="Bukan kami.", suggested_agency=PLN)
        problem = operation("answer_case").sync(listed.number, client=agency, body=refused)
        assert (problem.status, problem.reason, problem.possible) == (409, "not_possible", ["responded"])
    with clients.AuthenticatedClient(case.address, "sp_wrong") as forged:
        assert operation("list_cases").sync(client=forged).reason == "key_invalid"


@pytest.mark.slow
def test_a_generated_client_works_with_units(case: ApiHarness, client: str) -> None:
    """It passes a case on, asks another unit, contributes with the key of that unit, and answers with a picture."""
    models, clients, types = (importlib.import_module(f"{client}.{name}") for name in ("models", "client", "types"))

    def operation(name: str) -> Any:
        return importlib.import_module(f"{client}.api.cases.{name}")

    for code in ("PKM", "RSUD"):
        case.units.add(HEALTH, Unit(code, f"Unit {code}"), "Budi", "test")
    number, (office, asked) = number_of(1), (case.key_of(HEALTH, unit=code) for code in ("PKM", "RSUD"))
    token = case.headers["Authorization"].removeprefix("Bearer ")
    with clients.AuthenticatedClient(case.address, token) as agency:
        held = operation("pass_on_case").sync(number, client=agency, body=models.NewUnitStep(unit="PKM"))
        assert (held.unit, held.name) == ("PKM", "Unit PKM")
    with clients.AuthenticatedClient(case.address, office) as agency:
        question = models.NewQuestion(unit="RSUD", question="Sejak kapan?")
        request = operation("ask_for_contribution").sync(number, client=agency, body=question)
        assert (request.unit, request.state) == ("RSUD", "open")
    with clients.AuthenticatedClient(case.address, asked) as agency:
        (waiting,) = operation("list_contributions").sync(client=agency, open_=True).contributions
        words = models.NewContribution(text="Sejak Senin.")
        given = operation("contribute").sync(waiting.number, waiting.id, client=agency, body=words)
        assert given.state == "given"
    with clients.AuthenticatedClient(case.address, office) as agency:
        (read,) = operation("list_contributions_of_case").sync(number, client=agency).contributions
        stored = operation("upload_picture").sync(
            number, client=agency, body=types.File(payload=io.BytesIO(picture()), mime_type="application/octet-stream")
        )
        body = models.NewAnswer(verdict=models.NewAnswerVerdict("responded"), text=read.text, pictures=[stored.id])
        answer = operation("answer_case").sync(number, client=agency, body=body)
        assert (answer.text, answer.pictures) == ("Sejak Senin.", [stored.id])
        case.desk.deliver()
        detail = operation("read_case").sync(number, client=agency)
        assert [shown.id for shown in detail.history[-1].pictures] == [stored.id]
