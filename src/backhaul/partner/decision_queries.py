"""What waits for a company's decision, and what it has decided: looked at by deadline and chosen by filter."""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.partner import tables as t
from backhaul.partner.loads import decode_parcel
from backhaul.partner.queries import PAGE_ROWS, links_of_company
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Decision, Status


class Chosen(msgspec.Struct, frozen=True):
    """A filter. What is empty does not count; `mark` may be `none`: not inspected."""

    mark: str = ""
    reason: str = ""
    sku: int = 0
    below_rub: int = 0


ALL = Chosen()

_p = t.parcels.c
_mark, _reason = bindparam("mark", type_=sa.Text), bindparam("reason", type_=sa.Text)
_sku, _below = bindparam("sku", type_=sa.BigInteger), bindparam("below_minor", type_=sa.BigInteger)
_chosen = (
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
    .where(*_of_sellers, _p.decision != Decision.NONE, _p.id < bindparam("before"))
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


def to_decide(tx: Tx, company_id: int, chosen: Chosen = ALL, bound_us: int = 0, after: int = 0,
              most: int = PAGE_ROWS) -> list[Parcel]:  # fmt: skip
    """What waits for a company's decision, the most urgent first, after the parcel with this bound and id."""
    values = {"sellers": _sellers(tx, company_id), "bound_us": bound_us, "after": after, "most": most}
    return _decoded(tx.rows(TO_DECIDE, **values, **_values(chosen)))


def decided(tx: Tx, company_id: int, chosen: Chosen = ALL, before: int = 2**62, most: int = PAGE_ROWS
            ) -> list[Parcel]:  # fmt: skip
    """What a company has decided and the warehouse has not begun, newest first."""
    values = {"sellers": _sellers(tx, company_id), "before": before, "most": most}
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
    return {"mark": chosen.mark, "reason": chosen.reason, "sku": chosen.sku, "below_minor": chosen.below_rub * 100}


def _decoded(rows: list[tuple[Any, ...]]) -> list[Parcel]:
    return [decode_parcel(row[0]) for row in rows]
