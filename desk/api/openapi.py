"""The OpenAPI document of the programming interface, from which a client can be generated."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from desk.api.case_document import PREFIX
from desk.api.problems import PROBLEMS
from desk.api.shapes import (
    AnswerDraftBody,
    ContributionBody,
    NewPartBody,
    Problem,
    QuestionBody,
    RecommendationAnswerBody,
    UnitBody,
    UnitReturnBody,
    UnitStepBody,
)
from pages.problems import PROBLEM_MEDIA_TYPE

_REFERENCE = "#/components/schemas/{model}"
_SCHEME = "key"
_DESCRIPTION = """Read and answer the complaints of your agency. Send `Authorization: Bearer KEY` with every request.
Store `next` of the list of cases and continue from it: you miss no change. Errors are problem details (RFC 9457)
with a constant `reason`. See docs/agency-api.md; words: docs/glossary.md."""
_RETRY_AFTER = {
    "description": "Seconds until the same request can succeed.",
    "schema": {"type": "integer", "minimum": 1},
}
# Responses that every operation may have.
_COMMON_STATUSES = (401, 403, 422, 429, 503)
NEW_ANSWER_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewAnswer")},
            "examples": {
                "accept": {"value": {"verdict": "accepted"}},
                "ask": {"value": {"verdict": "asked", "text": "Di tiang nomor berapa?"}},
                "refuse": {
                    "value": {
                        "verdict": "refused",
                        "text": "Jalan ini milik provinsi.",
                        "suggested_agency": "provinsi-33",
                    }
                },
                "with picture": {
                    "value": {
                        "verdict": "responded",
                        "text": "Lampu sudah diganti.",
                        "pictures": ["0b7c3a52-5f0e-5d1c-9a57-1d3a0d7f1708"],
                        "pictures_public": True,
                    }
                },
                "close": {"value": {"verdict": "closed", "text": "Lampu sudah menyala.", "actor": "Sri Petugas"}},
            },
        }
    },
}
RECOMMENDATION_ANSWER_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewRecommendationAnswer")},
            "examples": {
                "follow": {"value": {"outcome": "followed", "text": "Petugas datang besok pagi."}},
                "decline": {"value": {"outcome": "not-followed", "text": "Jalan ini sudah diperbaiki bulan lalu."}},
            },
        }
    },
}
UNIT_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewUnit")},
            "examples": {"below another one": {"value": {"name": "Puskesmas Halmahera", "parent": "DINKES"}}},
        }
    },
}
PART_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewPart")},
            "examples": {"divide": {"value": {"text": "Juga listrik sering padam.", "agency": "bumn-pln"}}},
        }
    },
}
UNIT_STEP_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewUnitStep")},
            "examples": {"pass on": {"value": {"unit": "DINKES"}}},
        }
    },
}
UNIT_RETURN_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewUnitReturn")},
            "examples": {"give back": {"value": {"why": "Jalan ini bukan di kecamatan kami."}}},
        }
    },
}
QUESTION_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewQuestion")},
            "examples": {"ask": {"value": {"unit": "DINKES", "question": "Sejak kapan alatnya rusak?"}}},
        }
    },
}
CONTRIBUTION_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="NewContribution")},
            "examples": {"contribute": {"value": {"text": "Alat rusak sejak Senin."}}},
        }
    },
}
ETAG_HEADER = {"ETag": {"description": "For If-None-Match and If-Match.", "schema": {"type": "string"}}}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "You have the present state."}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
# One type: clients that are generated for several do not compile. The bytes tell which picture it is.
PICTURE_BODY = {"required": True, "description": "JPEG, PNG or WebP.", "content": {"application/octet-stream": _BYTES}}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bytes. They contain no metadata of the camera.",
        "content": dict.fromkeys(("image/jpeg", "image/png", "image/webp"), _BYTES),
    }
}
DOCUMENT_BODY = {"required": True, "content": {"application/pdf": _BYTES}}
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes. They contain the pages alone.", "content": {"application/pdf": _BYTES}}
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of the problems of an operation: those of all, and these."""
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    return {status: _error(status, content) for status in sorted({*_COMMON_STATUSES, *statuses})}


def _error(status: int, content: dict[str, Any]) -> dict[str, Any]:
    reasons = ", ".join(f"`{reason}`" for reason, kind in PROBLEMS.items() if kind.status == status)
    described: dict[str, Any] = {"description": reasons or "The request is not valid.", "content": content}
    if status in {429, 503}:
        described["headers"] = {"Retry-After": _RETRY_AFTER}
    return described


def build_document(app: FastAPI) -> dict[str, Any]:
    """Return the document of the application, with the addresses as a client sends them."""
    document = get_openapi(
        title="Satu Pintu for agencies",
        version="1",
        description=_DESCRIPTION,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {_SCHEME: {"type": "http", "scheme": "bearer"}}
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for shape in (
        Problem,
        AnswerDraftBody,
        RecommendationAnswerBody,
        UnitBody,
        UnitStepBody,
        UnitReturnBody,
        QuestionBody,
        ContributionBody,
        NewPartBody,
    ):
        schemas |= _schemas(shape)
    document["paths"] = {f"{PREFIX}{path}": _described(item) for path, item in document["paths"].items()}
    document["security"] = [{_SCHEME: []}]
    return document


def _described(operations: dict[str, Any]) -> dict[str, Any]:
    """Return the operations of an address without the errors of FastAPI, which none of them answers."""
    for operation in operations.values():
        responses = operation["responses"]
        if "HTTPValidationError" in str(responses.get("422")):
            del responses["422"]
    return operations


def _schemas(shape: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a shape and those that it refers to, by name."""
    schema = shape.model_json_schema(ref_template=_REFERENCE)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    return {schema["title"]: schema, **definitions}
