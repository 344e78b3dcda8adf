"""Whether what the Seller API answers is what its public contract says: types, named values, no field beside its own.

`marketplace/seller_api_schemas.json` holds the contract's own words; nothing in it was made from the code.
"""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

PAPER: dict[str, Any] = json.loads(
    (Path(__file__).parent / "marketplace" / "seller_api_schemas.json").read_text("utf-8")
)

# Where we differ on purpose, and why.
ARRAYS = {
    "/v2/returns/rfbs/list": "returns"
}  # the schema says object; its example, the service and the clients: an array
BESIDE = {  # the documented three keys, and the one that a known client reads (D27)
    "/v1/return/giveout/get-pdf": {"pdf"},
    "/v1/return/giveout/get-png": {"png"},
    "/v1/return/giveout/barcode-reset": {"png"},
}
# No push type of the contract concerns returns, so ours are beside its list; sellers from Turkey have prices in lira.
OWN_VALUES = ("TYPE_RETURN_", "TRY")


def breaches(path: str, status: int, body: bytes) -> list[str]:
    """What is wrong with an answer; nothing when it keeps the contract."""
    names = PAPER["operations"].get(path)
    try:
        said = json.loads(body)
    except ValueError:
        return [f"{path}: {status} is no JSON: {body[:80]!r}"]
    if status != 200 or names is None:
        return (
            []
            if status == 404 and names is None and said["code"] == 5
            else list(_wrong(said, _schema("rpcStatus"), path))
        )
    if names["200"] is None:  # no body is documented; clients read an object
        return [] if said == {} else [f"{path}: not an empty object"]
    beside = {key: said.pop(key, None) for key in BESIDE.get(path, ())}
    found = [
        f"{path}.{key}: differs from file_content" for key, value in beside.items() if value != said["file_content"]
    ]
    if path in ARRAYS:
        rows = said[ARRAYS[path]]
        return found + [one for row in rows for one in _wrong({ARRAYS[path]: row}, _schema(names["200"]), path)]
    return found + list(_wrong(said, _schema(names["200"]), path))


def _schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = PAPER["schemas"][name]
    return found


def _wrong(said: Any, schema: dict[str, Any], where: str) -> Any:
    if "$ref" in schema:
        yield from _wrong(said, _schema(schema["$ref"].rsplit("/", 1)[1]), where)
        return
    kind = schema.get("type")
    if kind == "object":
        yield from _wrong_object(said, schema, where)
    elif kind == "array":
        if not isinstance(said, list):
            yield f"{where}: no array but {said!r}"
            return
        for n, one in enumerate(said):
            yield from _wrong(one, schema["items"], f"{where}[{n}]")
    elif not _fits(said, kind, schema.get("format")):
        yield f"{where}: not of type {kind} {schema.get('format', '')}: {said!r}"
    else:
        values = schema.get("enum") or schema.get("values_named_in_description")
        if values and kind == "string" and said not in values and not said.startswith(OWN_VALUES):
            yield f"{where}: {said!r} is not in {values}"


def _wrong_object(said: Any, schema: dict[str, Any], where: str) -> Any:
    if not isinstance(said, dict):
        yield f"{where}: no object but {said!r}"
        return
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    for key in schema.get("required", ()):
        if key not in said:
            yield f"{where}.{key}: is missing"
    for key, value in said.items():
        if key in known:
            yield from _wrong(value, known[key], f"{where}.{key}")
        elif more is not None:
            yield from _wrong(value, more, f"{where}.{key}")
        else:
            yield f"{where}.{key}: the contract has no such field"


def _fits(said: Any, kind: str | None, form: str | None) -> bool:
    if kind == "integer":
        bits = 31 if form == "int32" else 63
        return isinstance(said, int) and not isinstance(said, bool) and -(2**bits) <= said < 2**bits
    if kind == "number":
        return isinstance(said, int | float) and not isinstance(said, bool)
    if kind == "boolean":
        return isinstance(said, bool)
    if kind == "string":
        return isinstance(said, str) and _has_form(said, form)
    return False


def _has_form(said: str, form: str | None) -> bool:
    try:
        if form == "date-time":
            return datetime.fromisoformat(said).tzinfo is not None
        if form == "byte":
            base64.b64decode(said, validate=True)
    except ValueError:
        return False
    return True


class Watched:
    """A web whose answers under the contract's paths are compared with it."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.found: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(("/v1/", "/v2/")):
            await self.app(scope, receive, send)
            return
        status, body = 0, b""

        async def sending(message: Any) -> None:
            nonlocal status, body
            status = message.get("status", status)
            body += message.get("body", b"")
            await send(message)

        await self.app(scope, receive, sending)
        self.found += breaches(path, status, body)
