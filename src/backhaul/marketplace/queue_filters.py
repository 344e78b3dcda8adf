"""The filters of what staff work through: the same in the address of a page and in API v1."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from backhaul.kit import forms
from backhaul.marketplace.filters import Roubles
from backhaul.marketplace.rules.blocks import BlockStatus
from backhaul.marketplace.rules.words import ClaimKind, ClaimStatus, ReasonGroup

F = TypeVar("F", bound="Said")
Hours = Annotated[int, Meta(ge=1, le=720)]
Days = Annotated[int, Meta(ge=0, le=366)]
SellerId = Annotated[int, Meta(ge=1, le=2**53)]


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A filter as an address says it. What is left open does not count."""

    @property
    def said(self) -> dict[str, str]:
        """The fields that count."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: str(value) for name, value in values.items() if value not in (None, "")}

    def without(self, name: str) -> Self:
        """The same with this field left open."""
        return msgspec.structs.replace(self, **{name: None})

    def address(self, path: str, **more: str) -> str:
        """Where a page shows what matches."""
        said = {**more, **self.said}
        return f"{path}?{urlencode(said)}" if said else path


class RequestFilter(Said, frozen=True, omit_defaults=True):
    """Of a moderator's queue. `within_hours`: whose time ends so soon; `repeated`: those with earlier requests of the order."""

    seller: SellerId | None = None
    reason_group: ReasonGroup | None = None
    within_hours: Hours | None = None
    price_from: Roubles | None = None
    repeated: Literal["yes"] | None = None


class ClaimFilter(Said, frozen=True, omit_defaults=True):
    """Of open claims. `within_days`: whose bound ends so soon, today is 0."""

    kind: ClaimKind | None = None
    state: ClaimStatus | None = None
    carrier: Annotated[str, Meta(max_length=80)] | None = None
    seller: SellerId | None = None
    within_days: Days | None = None


class AppealFilter(Said, frozen=True, omit_defaults=True):
    """Of open appeals. `level`: how the block stands; `within_hours`: whose time ends so soon."""

    level: BlockStatus | None = None
    within_hours: Hours | None = None


def read(shape: type[F], values: Mapping[str, Any]) -> F:
    """A filter from the texts of an address. `Refused` names the first field that does not fit."""
    known = {name: values[name] for name in shape.__struct_fields__ if values.get(name) not in (None, "")}
    return forms.parse(shape, known)
