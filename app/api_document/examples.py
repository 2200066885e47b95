"""Examples of the operations in an OpenAPI document: parameters, bodies and answers, and a command that sends them.

`examples.json` has the values: those of parameters by name, those of requests and answers by operation and media type.
"""

import json
import shlex
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_FILE = Path(__file__).parent / "examples.json"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def add_examples(method: str, path: str, operation: dict[str, Any]) -> None:
    """Add the examples to an operation, and the command with curl to its description.

    An operation without examples in the file keeps its own.
    """
    values = _values()
    by_media_type = values["operations"].get(operation["operationId"], {})
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in values["parameters"]:
            parameter.setdefault("example", values["parameters"][parameter["name"]])
    _add(operation.get("requestBody", {}).get("content", {}), by_media_type.get("request", {}))
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            _add(response.get("content", {}), by_media_type.get("answer", {}))
    command = f"```sh\n{_curl_command(method, path, operation)}\n```"
    operation["description"] = "\n\n".join(text for text in (operation.get("description"), command) if text)


@cache
def _values() -> Mapping[str, Any]:
    values: Mapping[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return values


def _add(content: Mapping[str, dict[str, Any]], values: Mapping[str, Any]) -> None:
    for media_type, value in values.items():
        if media_type in content:
            content[media_type].setdefault("example", value)


def _curl_command(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Return a command that sends the examples. `$SITE` stands for the address of the service."""
    # Query arguments follow in the address; a parameter without an example is optional.
    query: dict[str, Any] = {}
    arguments: list[str] = []
    if operation.get("security"):
        arguments += ["-H", "Authorization: Bearer TOKEN"]
    for parameter in operation.get("parameters", ()):
        name, example = parameter["name"], parameter.get("example")
        if example is None:
            continue
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", str(example))
        elif parameter["in"] == "query":
            query[name] = example
        else:
            arguments += ["-H", f"{name}: {example}"]
    arguments += _body_arguments(operation.get("requestBody", {}).get("content", {}))
    address = f"{path}?{urlencode(query)}" if query else path
    return " ".join(["curl", *_method_arguments(method), f'"$SITE{address}"', *_quoted(arguments)])


def _method_arguments(method: str) -> list[str]:
    if method == "get":
        return []
    return ["--head"] if method == "head" else ["-X", method.upper()]


def _body_arguments(content: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the arguments for the first media type that has an example."""
    for media_type, body in content.items():
        if "example" not in body:
            continue
        if media_type in _FORMS:
            return [
                argument
                for name, value in body["example"].items()
                for argument in ("--data-urlencode", f"{name}={value}")
            ]
        if media_type == "application/json":
            written = json.dumps(body["example"], ensure_ascii=False)
            return ["-H", f"Content-Type: {media_type}", "-d", written]
        return ["-H", f"Content-Type: {media_type}", "--data-binary", "@FILE"]
    return []


def _quoted(arguments: Iterable[str]) -> list[str]:
    return [shlex.quote(argument) for argument in arguments]
