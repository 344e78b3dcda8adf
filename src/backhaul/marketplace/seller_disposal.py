"""The Seller API's settings of disposal: ceilings of price, which are standing rules at the partner (P25). It is asked each time."""

from datetime import datetime
from itertools import groupby
from typing import Any

from litestar import Response, post
from litestar.params import RawBody
from msgspec import Struct

from backhaul import instructions as said
from backhaul.kit import http, i18n
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.i18n import N_
from backhaul.kit.money import Money
from backhaul.marketplace import instructing
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.seller_door import LookUp, Made, only_who_writes

INFO, HISTORY = "/v1/returns/settings/utilization/info", "/v1/returns/settings/utilization/history"
UPDATE = "/v1/returns/settings/utilization/update"
METHODS, ACTS = (INFO, HISTORY), (UPDATE,)
BELOW_RUB_MIN, BELOW_RUB_MAX = 1, 1_000_000

# By whether the rule began, and for which units.
SENTENCES = {
    (True, None): N_("Disposal of units cheaper than {amount} was switched on"),
    (True, False): N_("Disposal of units without a defect cheaper than {amount} was switched on"),
    (True, True): N_("Disposal of units with a defect cheaper than {amount} was switched on"),
    (False, None): N_("Disposal of units cheaper than {amount} was switched off"),
    (False, False): N_("Disposal of units without a defect cheaper than {amount} was switched off"),
    (False, True): N_("Disposal of units with a defect cheaper than {amount} was switched off"),
}


class Ceiling(Struct, frozen=True):
    """Whether units are disposed of by their price, and below which, in whole roubles."""

    enabled: bool
    value: wire.LastId | None = None


class ReturnsSettingsUtilizationUpdateRequest(Struct, frozen=True):
    """The settings from now on, for units without and with a defect."""

    utilization_price: Ceiling
    utilization_price_defects: Ceiling

    def ceilings(self) -> said.Ceilings:
        """As the partner is told."""
        return said.Ceilings(
            self._below("utilization_price", self.utilization_price),
            self._below("utilization_price_defects", self.utilization_price_defects),
        )

    def _below(self, name: str, ceiling: Ceiling) -> int | None:
        if not ceiling.enabled:
            return None
        if ceiling.value is None:
            raise wire.wrong(type(self), f"{name}.value", wire.REQUIRED)
        if not BELOW_RUB_MIN <= int(ceiling.value) <= BELOW_RUB_MAX:
            rule = f"value must be inside range [{BELOW_RUB_MIN}, {BELOW_RUB_MAX}]"
            raise wire.wrong(type(self), f"{name}.value", rule)
        return int(ceiling.value)


def handlers(office: Office, look_up: LookUp) -> list[Any]:
    """Two methods that look, for keys of any role, and the one that sets."""

    def asked(by: By) -> said.CeilingsInForce:
        return instructing.ask(office, said.CEILINGS, said.CeilingsAsked(int(by.subject)), said.CeilingsInForce)

    @post(INFO, status_code=200)
    @http.in_thread
    def info(request: Req) -> Response[bytes]:
        return look_up(request, lambda _tx, by, _key, _at: lambda: _info(asked(by).ceilings))

    @post(HISTORY, status_code=200)
    @http.in_thread
    def history(request: Req) -> Response[bytes]:
        return look_up(request, lambda _tx, by, _key, _at: lambda: {"history": _history(asked(by).changes)})

    @post(UPDATE, status_code=200)
    @http.in_thread
    def update(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            only_who_writes(by)
            ceilings = wire.read(ReturnsSettingsUtilizationUpdateRequest, body).ceilings()
            wanted = said.CeilingsWanted(int(by.subject), by.id, ceilings)

            def tell() -> dict[str, object]:
                instructing.ask(office, said.SET_CEILINGS, wanted, said.CeilingsInForce)
                return {}

            return tell

        return look_up(request, find)

    return [info, history, update]


def _info(ceilings: said.Ceilings) -> dict[str, object]:
    """0 where nothing is disposed of by its price."""
    return {
        "min_price": _money(BELOW_RUB_MIN),
        "utilization_settings": {
            "utilization_price": _money(ceilings.proper_below_rub or 0),
            "utilization_price_defects": _money(ceilings.defective_below_rub or 0),
        },
    }


def _money(roubles: int) -> dict[str, object]:
    return {"amount": str(roubles), "currency": "RUB"}


def _history(changes: tuple[said.CeilingChange, ...]) -> list[dict[str, object]]:
    """What one person or key changed at one instant is one line."""
    return [
        {"descriptions": [_sentence(one) for one in of_one], "updated_at": from_us(at_us), "user_name": who}
        for (at_us, who), of_one in groupby(changes, lambda one: (one.at_us, one.by))
    ]


def _sentence(change: said.CeilingChange) -> str:
    amount = Money(change.below_rub * 100)
    return i18n.sentence(wire.RUSSIAN, SENTENCES[change.began, change.is_defect], {"amount": amount})
