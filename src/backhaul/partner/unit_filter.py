"""The filter of the warehouse's units: the same in the address of the page and in API v1."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from backhaul.kit import forms
from backhaul.kit.days import end_of_day, to_us
from backhaul.partner.rules.words import Mark, Status


class UnitState(StrEnum):
    """A state of parcels, or all those in which a unit lies in the warehouse."""

    HERE = "here"
    EXPECTED = "expected"
    ARRIVED = "arrived"
    DISPOSAL_DUE = "disposal_due"
    IN_WORK = "in_work"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    DISPOSED = "disposed"


HERE = (Status.ARRIVED, Status.DISPOSAL_DUE, Status.IN_WORK)


class UnitFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is left open does not count, but for the state. `days_to`: so many days left to decide at most; only what waits has any."""

    state: UnitState = UnitState.ARRIVED
    seller: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    mark: Mark | None = None
    days_to: Annotated[int, Meta(ge=0, le=366)] | None = None

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The states that match. Days are left only to what waits for a decision."""
        if self.state is not UnitState.HERE:
            return (Status(self.state.value),)
        return HERE if self.days_to is None else (Status.ARRIVED,)

    @property
    def said(self) -> dict[str, str]:
        """The fields that count, as an address says them."""
        return {name: str(value) for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}

    def address(self, path: str, **more: str) -> str:
        """Where a page shows what matches."""
        return f"{path}?{urlencode({**self.said, **more})}"

    def decide_by_us(self, at: datetime) -> int:
        """The last bound that matches; 0: any, or none."""
        return 0 if self.days_to is None else to_us(end_of_day(at, self.days_to))


def read(values: Mapping[str, Any]) -> UnitFilter:
    """A filter from the texts of an address. `Refused` names the first field that does not fit."""
    known = {name: values[name] for name in UnitFilter.__struct_fields__ if values.get(name) not in (None, "")}
    return forms.parse(UnitFilter, known)
