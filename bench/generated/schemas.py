"""Writes a JSON Schema for each shape, and an AsyncAPI 3 document of all topics.

`python -m bench.generated.schemas` writes the files; with `--check` it compares the committed files with the code.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from app.assembly.channels import DIRECTORY
from app.operations.ombudsman.case_file import OmbudsmanCase
from bench.generated.files import ROOT, write_or_check
from messages import topics
from messages.codec import event_type
from messages.forgotten import Forgotten
from messages.recommendation import Recommendation
from messages.shapes import (
    AgencyAnswer,
    AnswerOutcome,
    AuditHead,
    Complaint,
    Correction,
    CorrectionOutcome,
    Dispatch,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reply,
    WireModel,
)
from messages.topics import Topic

FOLDER = ROOT / "messages" / "schemas"
SHAPES: tuple[type[WireModel], ...] = (
    RawMessage,
    Complaint,
    Dispatch,
    AgencyAnswer,
    AnswerOutcome,
    Correction,
    CorrectionOutcome,
    Recommendation,
    Reply,
    OversightEvent,
    Quarantined,
    AuditHead,
    Forgotten,
)
_DAY_MS = 86_400_000
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Files for the Ombudsman are on no topic.
_OMBUDSMAN_CASE = "ombudsman-case.v1"
# Name of an agency's queue in the document, where it is one channel with a parameter.
_QUEUE = "agency-{code}"


def documents() -> Mapping[str, str]:
    """Return the content of each file by its name."""
    schemas = {f"{shape.name}.v{shape.version}.json": _text(_schema(shape)) for shape in SHAPES}
    ombudsman_case = {
        "$schema": _DIALECT,
        "$id": _OMBUDSMAN_CASE,
        **OmbudsmanCase.model_json_schema(mode="serialization"),
    }
    return {**schemas, f"{_OMBUDSMAN_CASE}.json": _text(ombudsman_case), "asyncapi.json": _text(_asyncapi())}


def _schema(shape: type[WireModel]) -> dict[str, Any]:
    schema = shape.model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, "$id": event_type(shape), **schema}


def _asyncapi() -> dict[str, Any]:
    shaped_topics = [topic for topic in topics.all_topics(["{code}"], DIRECTORY.names) if topic.shape]
    operations: dict[str, Any] = {}
    for topic in shaped_topics:
        for action, packages in (("send", topic.writer.split(", ")), ("receive", topic.readers)):
            for package in packages:
                channel = {"$ref": f"#/channels/{_key(topic)}"}
                operations[f"{package}-{action}-{_key(topic)}"] = {"action": action, "channel": channel}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Satu Pintu",
            "version": "1",
            "description": "Every topic of the service: its content, key, writers and readers. "
            "Words: docs/glossary.md. "
            "Dead-letter topics hold another topic's bytes unchanged, with the headers dead_stage, dead_reason, "
            "dead_field and dead_position added, and have no schema of their own.",
        },
        "defaultContentType": "application/json",
        "channels": {_key(topic): _channel(topic) for topic in shaped_topics},
        "operations": operations,
        "components": {
            "messages": {shape.name: _message(shape) for shape in SHAPES},
            "schemas": {shape.name: _document_schema(shape) for shape in SHAPES},
        },
    }


def _key(topic: Topic) -> str:
    return "agency" if topic.name == _QUEUE else topic.name


def _channel(topic: Topic) -> dict[str, Any]:
    assert topic.shape  # noqa: S101 - topics without a shape are left out above
    configuration: dict[str, Any] = {"retention.ms": topic.retention * _DAY_MS}
    if topic.compacted:
        configuration["cleanup.policy"] = ["compact"]
    if topic.retention_bytes is not None:
        configuration["retention.bytes"] = topic.retention_bytes
    kafka = {"partitions": topic.partitions, "topicConfiguration": configuration}
    channel = {
        "address": topic.name,
        "description": f"Keyed by {topic.key}.",
        "messages": {topic.shape.name: {"$ref": f"#/components/messages/{topic.shape.name}"}},
        "bindings": {"kafka": {**kafka, "bindingVersion": "0.5.0"}},
    }
    if topic.name == _QUEUE:
        channel["parameters"] = {"code": {"description": "The agency's code, or `triage`."}}
    return channel


def _message(shape: type[WireModel]) -> dict[str, Any]:
    headers = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type", "traceparent")
    properties: dict[str, Any] = {name: {"type": "string"} for name in headers}
    properties["ce_type"]["const"] = event_type(shape)
    return {
        "name": event_type(shape),
        "contentType": "application/json",
        "headers": {"type": "object", "properties": properties, "required": list(headers)},
        "payload": {"$ref": f"#/components/schemas/{shape.name}"},
    }


def _document_schema(shape: type[WireModel]) -> dict[str, Any]:
    """Return the schema with references to its definitions inside the document."""
    template = f"#/components/schemas/{shape.name}/$defs/{{model}}"
    return shape.model_json_schema(mode="serialization", ref_template=template)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the documents, or compare with `--check`; return the exit code."""
    files = {FOLDER / name: text for name, text in documents().items()}
    return write_or_check(files, "schemas", set(FOLDER.glob("*.json")) - files.keys())


if __name__ == "__main__":
    sys.exit(main())
