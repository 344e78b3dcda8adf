"""What stands in each event, as types and for the OpenAPI document: made from the events of the law and what is told of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, PathItem, Reference, RequestBody

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class EventSchemas:
    """The types of a house's messages. `told`: the facts of an event that go along; `base_of`: what stands around them."""

    def __init__(self, types: Mapping[str, type], told: Mapping[type, tuple[str, ...]],
                 base_of: Callable[[str], type[msgspec.Struct]]) -> None:  # fmt: skip
        self._types = types
        self._told = told
        self._base_of = base_of
        self._shapes: dict[str, type[msgspec.Struct]] = {}

    def shape_of(self, kind: str) -> type[msgspec.Struct]:
        """The whole message of this type. What an event need not have is left out when it has none."""
        if kind not in self._shapes:
            self._shapes[kind] = self._made(kind)
        return self._shapes[kind]

    def webhooks(self) -> dict[str, PathItem | Reference]:
        """The messages that we send, as OpenAPI 3.1 says it."""
        return {kind: PathItem(post=self._operation(kind)) for kind in self._types}

    def _made(self, kind: str) -> type[msgspec.Struct]:
        event = self._types[kind]
        hints = get_type_hints(event)
        facts = [_fact(name, hints[name]) for name in self._told[event]]
        of_event = msgspec.defstruct(f"{event.__name__}Facts", sorted(facts, key=len), omit_defaults=True)
        data = msgspec.defstruct(f"{event.__name__}Data", [("facts", of_event, msgspec.field(default_factory=of_event))]
                                 if all(len(one) > 2 for one in facts) else [("facts", of_event)],
                                 bases=(self._base_of(kind),), kw_only=True, omit_defaults=True)  # fmt: skip
        return msgspec.defstruct(
            event.__name__, [("id", str), ("type", Literal[kind]), ("timestamp", Instant), ("data", data)]
        )

    def _operation(self, kind: str) -> Operation:
        said = (self._types[kind].__doc__ or "").partition("\n")[0].replace("`", "")
        schema: Any = _whole(msgspec.json.schema(self.shape_of(kind)))
        return Operation(
            operation_id=kind,
            summary=said,
            request_body=RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=True),
            responses={"2XX": OpenAPIResponse(description="taken; anything else is sent again")},
        )


def _fact(name: str, hint: Any) -> tuple[Any, ...]:
    parts = [Instant if one is datetime else one for one in get_args(hint) or (hint,) if one is not NoneType]
    shape = reduce(or_, parts)
    return (name, shape | None, None) if NoneType in get_args(hint) else (name, shape)


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
