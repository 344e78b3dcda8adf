"""The OpenAPI document of a house, completed with what types do not say: who may call, how a door refuses, files that come and go.

All of it follows from what a door is, so that a new one is described right by itself. What is peculiar to one stands in its
`opt`: see `door`. `tests/fuzzing` calls every operation and fails for an answer that is not in the document.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from litestar import Litestar, Request, Router
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from backhaul.kit.http import asks_for_nothing

Speaker = Literal["bearer", "nobody", "signed"]
Examples = Mapping[str, Any]

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457): a stable code, a sentence in the caller's language, the field and the facts.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
        "pointer": {"type": "string", "description": "The field as a JSON pointer."},
    },
}
SECURITY: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A session's token or an API key."},
    "signed": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: with `webhook-id` and `webhook-timestamp`, over the bytes of the body.",
    },
}
USUAL: dict[str, Any] = {"speaker": "bearer", "takes": {}, "gives": (), "refuses": ()}
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
INTEGER_MAX = 2**63 - 1


def door(*, speaker: Speaker | None = None, takes: Mapping[str, Any] | None = None, gives: Sequence[str] = (),
         refuses: Sequence[int] = ()) -> dict[str, Any]:  # fmt: skip
    """What is peculiar to a door, for its `opt`.

    `takes`: a body that the door reads itself, its type by media type (`bytes` for a file). `gives`: media types of a file.
    `refuses`: statuses beside those that every such door can answer.
    """
    said = {"speaker": speaker, "takes": takes, "gives": gives, "refuses": refuses}
    return {name: value for name, value in said.items() if value}


class DocumentRouter(Router):
    """Where the OpenAPI document stands, without the framework's page for everything else: what is no door is a problem."""

    def register(self, value: Any) -> Any:
        """As the framework does, but for pages."""
        return [] if getattr(value, "media_type", None) == MediaType.HTML else super().register(value)


class Done(msgspec.Struct, frozen=True):
    """Nothing but that it is done."""


class Description(JsonRenderPlugin):
    """Serves the completed document. `examples`: bodies by operation, as `POST /api/v1/photos`."""

    def __init__(self, examples: Examples) -> None:
        super().__init__()
        self.examples = examples
        self._made: dict[str, Any] | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document, made once for a web."""
        if self._made is None:
            self._made = completed(request.app, openapi_schema, self.examples)
        return self.render_json(request, self._made)


def of(app: Litestar) -> dict[str, Any]:
    """The document that a web serves."""
    config = app.openapi_config
    plugin = next(one for one in config.render_plugins if isinstance(one, Description)) if config else None
    return completed(app, app.openapi_schema.to_schema(), plugin.examples if plugin else {})


def completed(app: Litestar, schema: dict[str, Any], examples: Examples) -> dict[str, Any]:
    """A copy of the document with everything in it."""
    schema = copy.deepcopy(schema)
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = SECURITY
    for verb, path, handler in described(app):
        operation = schema["paths"][path][verb.lower()]
        _complete(operation, verb, path, handler, components["schemas"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            _without_tag(content["schema"], components["schemas"])
            if f"{verb} {path}" in examples:
                content["examples"] = {"fits": {"value": examples[f"{verb} {path}"]}}
    return schema


def described(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Verb, path and handler of every operation of the document."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for verb, (handler, _) in route.route_handler_map.items():
                if verb != "OPTIONS" and handler.resolve_include_in_schema():
                    yield verb, route.path_format, handler


def _complete(
    operation: dict[str, Any], verb: str, path: str, handler: HTTPRouteHandler, schemas: dict[str, Any]
) -> None:
    is_open = handler.opt.get("open_to_all") or "request" not in handler.parsed_fn_signature.parameters
    said = {**USUAL, **({"speaker": "nobody"} if is_open else {}), **handler.opt}
    for parameter in operation.get("parameters", ()):
        _bound(parameter.get("schema", {}))
    data = handler.parsed_fn_signature.parameters.get("data")
    if data is not None and asks_for_nothing(verb, data.annotation):
        operation["requestBody"]["required"] = False
    if said["takes"]:
        content = {media: {"schema": _shape(kind, schemas)} for media, kind in said["takes"].items()}
        operation["requestBody"] = {"required": True, "content": content}
    responses = {status: answer for status, answer in operation["responses"].items() if status[0] == "2"}
    for answer in responses.values():
        if "last-modified" in answer.get("headers", {}):  # the framework calls it an instant as JSON writes one
            answer["headers"]["last-modified"] = {
                "schema": {"type": "string"},
                "description": "A date as HTTP writes it",
            }
    if said["gives"]:
        for answer in responses.values():
            answer["content"] = {media: {"schema": _file(media)} for media in said["gives"]}
    for status in sorted(_refusals(operation, verb, path, said)):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    operation["responses"] = responses
    operation["security"] = [] if said["speaker"] == "nobody" else [{said["speaker"]: []}]


def _refusals(operation: dict[str, Any], verb: str, path: str, said: Mapping[str, Any]) -> set[int]:
    """The statuses that such a door can refuse with: 503 while the house closes or who must be asked is away."""
    found = set(said["refuses"])
    if said["speaker"] != "nobody":
        found |= {401, 403}
    if "{" in path or operation.get("parameters"):
        found.add(404)
    if "{blob_id}" in path:
        found.add(410)
    if operation.get("parameters") or "requestBody" in operation or verb in WRITING:
        found.add(422)
    if verb in WRITING:
        found |= {400, 404, 409, 413, 503}
    return found


def _without_tag(schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body may leave out `type`: the address names the act."""
    for one in (schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        shape = schemas.get(one.get("$ref", "").rpartition("/")[2], {})
        if "const" in shape.get("properties", {}).get("type", {}):
            shape["required"] = [name for name in shape.get("required", ()) if name != "type"]


def _bound(schema: dict[str, Any]) -> None:
    """No number of a path or query is more than a database holds."""
    for one in (schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if one.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & set(one):
            one["maximum"] = INTEGER_MAX
        if one.get("type") == "integer" and not {"minimum", "exclusiveMinimum"} & set(one):
            one["minimum"] = -INTEGER_MAX - 1


def _file(media: str) -> dict[str, Any]:
    """A file is bytes; one that is JSON is read as JSON by whoever asks."""
    return {"type": "object"} if media == "application/json" else {"type": "string", "format": "binary"}


def _shape(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    if kind is bytes:
        return {"type": "string", "format": "binary"}
    [shape], parts = msgspec.json.schema_components([kind], ref_template="#/components/schemas/Read{name}")
    schemas.update({f"Read{name}": part for name, part in parts.items()})
    return shape
