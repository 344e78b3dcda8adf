"""What waits for a company's decision, and what it has decided: looked at by deadline and chosen by filter."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import end_of_day, to_us
from backhaul.partner import tables as t
from backhaul.partner.loads import decode_parcel
from backhaul.partner.queries import PAGE_ROWS, links_of_company
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import COUNTRY_OF, Decision, Status

DECISION_TO: dict[str, str] = {country: decision.value for decision, country in COUNTRY_OF.items()}


class Chosen(msgspec.Struct, frozen=True):
    """A filter. What is empty does not count; `mark` may be `none`: not inspected.

    `days_to`: so many days left to decide at most. `country`: where it is shipped to, of what is decided.
    """

    mark: str = ""
    reason: str = ""
    sku: int = 0
    below_rub: int = 0
    seller: int = 0
    days_to: int | None = None
    country: str = ""

    @property
    def said(self) -> dict[str, str]:
        """The fields that count, as an address says them."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: str(value) for name, value in values if value != getattr(ALL, name)}

    def decide_by_us(self, at: datetime) -> int:
        """The last bound that matches; 0: any."""
        return 0 if self.days_to is None else to_us(end_of_day(at, self.days_to))


ALL = Chosen()

_p = t.parcels.c
_mark, _reason = bindparam("mark", type_=sa.Text), bindparam("reason", type_=sa.Text)
_sku, _below = bindparam("sku", type_=sa.BigInteger), bindparam("below_minor", type_=sa.BigInteger)
_seller, _due = bindparam("seller", type_=sa.BigInteger), bindparam("decide_by_us", type_=sa.BigInteger)
_decision = bindparam("decision", type_=sa.Text)
_chosen = (
    sa.or_(_seller == 0, _p.seller_id == _seller),
    sa.or_(_mark == "", _p.mark == _mark),
    sa.or_(_reason == "", _p.reason == _reason),
    sa.or_(_sku == 0, _p.sku == _sku),
    sa.or_(_below == 0, _p.price_minor < _below),
)
_of_sellers = (among(_p.seller_id, "sellers"), _p.status == Status.ARRIVED, *_chosen)
TO_DECIDE = Statement(
    sa.select(_p.doc)
    .where(
        *_of_sellers,
        _p.decision == Decision.NONE,
        sa.or_(_due == 0, _p.decide_by_us <= _due),
        sa.or_(
            _p.decide_by_us > bindparam("bound_us"),
            sa.and_(_p.decide_by_us == bindparam("bound_us"), _p.id > bindparam("after")),
        ),
    )
    .order_by(_p.decide_by_us, _p.id)
    .limit(bindparam("most"))
)
DECIDED = Statement(
    sa.select(_p.doc)
    .where(
        *_of_sellers,
        _p.decision != Decision.NONE,
        sa.or_(_decision == "", _p.decision == _decision),
        _p.id < bindparam("before"),
    )
    .order_by(_p.id.desc())
    .limit(bindparam("most"))
)
COUNTS = Statement(
    sa.select(_p.status, _p.decision, sa.func.count())
    .where(among(_p.seller_id, "sellers"))
    .group_by(_p.status, _p.decision)
)
BY_NUMBER = Statement(
    sa.select(_p.doc)
    .where(
        among(_p.seller_id, "sellers"),
        sa.or_(_p.number == bindparam("number"), _p.return_number == bindparam("number")),
    )
    .order_by(_p.id.desc())
    .limit(1)
)


def to_decide(tx: Tx, company_id: int, at: datetime, chosen: Chosen = ALL, bound_us: int = 0, after: int = 0,
              most: int = PAGE_ROWS) -> list[Parcel]:  # fmt: skip
    """What waits for a company's decision, the most urgent first, after the parcel with this bound and id."""
    values = {"sellers": _sellers(tx, company_id), "bound_us": bound_us, "after": after, "most": most,
              "decide_by_us": chosen.decide_by_us(at)}  # fmt: skip
    return _decoded(tx.rows(TO_DECIDE, **values, **_values(chosen)))


def decided(tx: Tx, company_id: int, chosen: Chosen = ALL, before: int = 2**62, most: int = PAGE_ROWS
            ) -> list[Parcel]:  # fmt: skip
    """What a company has decided and the warehouse has not begun, newest first."""
    decision = DECISION_TO.get(chosen.country, chosen.country)
    values = {"sellers": _sellers(tx, company_id), "before": before, "most": most, "decision": decision}
    return _decoded(tx.rows(DECIDED, **values, **_values(chosen)))


def counts_of_company(tx: Tx, company_id: int) -> dict[tuple[str, bool], int]:
    """How many of a company's parcels stand in each (status, decided or not)."""
    found: dict[tuple[str, bool], int] = {}
    for status, decision, count in tx.rows(COUNTS, sellers=_sellers(tx, company_id)):
        place = (status, decision != Decision.NONE)
        found[place] = found.get(place, 0) + count
    return found


def by_number(tx: Tx, company_id: int, number: str) -> Parcel | None:
    """A company's parcel by its own number or that of its return."""
    found = _decoded(tx.rows(BY_NUMBER, sellers=_sellers(tx, company_id), number=number))
    return found[0] if found else None


def _sellers(tx: Tx, company_id: int) -> list[int]:
    return [link.seller_id for link in links_of_company(tx, company_id)]


def _values(chosen: Chosen) -> dict[str, Any]:
    return {"mark": chosen.mark, "reason": chosen.reason, "sku": chosen.sku, "below_minor": chosen.below_rub * 100,
            "seller": chosen.seller}  # fmt: skip


def _decoded(rows: list[tuple[Any, ...]]) -> list[Parcel]:
    return [decode_parcel(row[0]) for row in rows]
