"""What stands in each event, as types and for the OpenAPI document: made from the events of the law and what is told of them."""

from datetime import datetime
from functools import cache, reduce
from operator import or_
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, PathItem, Reference, RequestBody

from backhaul.marketplace.rules.webhooks import TOLD, TYPES, ReturnFacts

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@cache
def shape_of(kind: str) -> type[msgspec.Struct]:
    """The whole message of this type. What an event need not have is left out when it has none."""
    event = TYPES[kind]
    hints = get_type_hints(event)
    facts = [_fact(name, hints[name]) for name in TOLD[event]]
    of_event = msgspec.defstruct(f"{event.__name__}Facts", sorted(facts, key=len), omit_defaults=True)
    data = msgspec.defstruct(f"{event.__name__}Data", [("facts", of_event, msgspec.field(default_factory=of_event))]
                             if all(len(one) > 2 for one in facts) else [("facts", of_event)],
                             bases=(ReturnFacts,), kw_only=True, omit_defaults=True)  # fmt: skip
    return msgspec.defstruct(
        event.__name__, [("id", str), ("type", Literal[kind]), ("timestamp", Instant), ("data", data)]
    )


def webhooks() -> dict[str, PathItem | Reference]:
    """The messages that we send, as OpenAPI 3.1 says it."""
    return {kind: PathItem(post=_operation(kind)) for kind in TYPES}


def _fact(name: str, hint: Any) -> tuple[Any, ...]:
    parts = [Instant if one is datetime else one for one in get_args(hint) or (hint,) if one is not NoneType]
    shape = reduce(or_, parts)
    return (name, shape | None, None) if NoneType in get_args(hint) else (name, shape)


def _operation(kind: str) -> Operation:
    said = (TYPES[kind].__doc__ or "").partition("\n")[0].replace("`", "")
    schema: Any = _whole(msgspec.json.schema(shape_of(kind)))
    return Operation(
        operation_id=kind,
        summary=said,
        request_body=RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=True),
        responses={"2XX": OpenAPIResponse(description="taken; anything else is sent again")},
    )


def _whole(schema: dict[str, Any]) -> Any:
    """The schema without references, so that it stands anywhere."""
    parts = schema.pop("$defs", {})

    def resolved(one: Any) -> Any:
        if isinstance(one, dict):
            if "$ref" in one:
                return resolved(parts[one["$ref"].rpartition("/")[2]])
            return {name: resolved(value) for name, value in one.items()}
        return [resolved(value) for value in one] if isinstance(one, list) else one

    return resolved(schema)
