"""Holds an answer of the API against the schema that clients are generated from."""

import json
import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator


@cache
def document() -> dict[str, Any]:
    """Return the schema by the rules of JSON Schema, where what is not named may not be given."""
    text = json.dumps(SchemaGenerator().get_schema(public=True), default=str)
    found: dict[str, Any] = json.loads(text, object_hook=_strict)
    return found


def _strict(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") == "object" and "properties" in part:
        part.setdefault("additionalProperties", False)
    return {"anyOf": [part, {"type": "null"}]} if part.pop("nullable", False) else part


def hold(response: Any, sent: Any = None) -> None:
    """Fail where the status, the answer, or what was sent and taken, is not as the schema says."""
    request, status = response.wsgi_request, response.status_code
    operation = next(
        operations[request.method.lower()]
        for path, operations in sorted(
            document()["paths"].items(), key=lambda item: item[0].count("{")
        )
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.path)
    )
    answers = operation["responses"]
    code = str(status) if str(status) in answers else f"{status // 100}XX"
    assert code in answers, f"answered {status}, said: {[*answers]}"
    told, kind = answers[code].get("content", {}), response.headers.get("Content-Type")
    if told or response.streaming or response.content:
        assert kind in told, f"answered as {kind}, said: {[*told]}"
    if kind == "application/json" and told:
        _fits(response.json(), told[kind]["schema"])
    if sent and status < 400:
        _fits(sent, operation["requestBody"]["content"]["application/json"]["schema"])


def _fits(data: Any, schema: dict[str, Any]) -> None:
    rules = Draft202012Validator({**schema, "components": document()["components"]})
    faults = [f"{one.json_path}: {one.message}" for one in rules.iter_errors(data)]
    assert not faults, faults
