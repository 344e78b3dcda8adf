"""SQL that only looks: what one field of search finds, each kind by an index of its own, exact or by its first letters.

First letters are a range and no pattern: `text` up to `text` with letters behind it that come last in every order of letters.
"""

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.marketplace import access
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.words import Role

FOUND_MAX = 20
LAST = "zzzz"
LETTERS_MIN = 3  # fewer say too little to look for what begins with them
DIGITS_MORE = 6

_r, _f, _a, _k = t.returns.c, t.return_facets.c, t.accounts.c, t.api_keys.c


def _first_letters(column: sa.Column[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return column >= bindparam("low"), column < bindparam("high")


_most: sa.BindParameter[int] = bindparam("most")
BY_ID = Statement(
    sa.select(_r.id).where(_r.id >= bindparam("low"), _r.id < bindparam("high")).order_by(_r.id).limit(_most)
)
BY_ID_OF_SELLER = Statement(
    sa.select(_r.id)
    .where(_r.seller_id == bindparam("seller"), _r.id >= bindparam("low"), _r.id < bindparam("high"))
    .order_by(_r.id)
    .limit(_most)
)
_by_posting = sa.select(_r.id).where(*_first_letters(_r.posting_number)).order_by(_r.posting_number).limit(_most)
BY_POSTING = Statement(_by_posting)
BY_POSTING_OF_SELLER = Statement(_by_posting.where(_r.seller_id == bindparam("seller")))
_by_sku = sa.select(_f.return_id).where(_f.sku == bindparam("sku")).order_by(_f.return_id.desc()).limit(_most)
BY_SKU = Statement(_by_sku)
BY_SKU_OF_SELLER = Statement(_by_sku.where(_f.seller_id == bindparam("seller")))
_has_waybill = _f.waybill != sa.literal_column("''")  # said as the index says it
_by_waybill = (
    sa.select(_f.return_id)
    .where(*_first_letters(_f.waybill), _has_waybill)
    .order_by(_f.waybill, _f.return_id.desc())
    .limit(_most)
)
BY_WAYBILL = Statement(_by_waybill)
BY_WAYBILL_OF_SELLER = Statement(_by_waybill.where(_f.seller_id == bindparam("seller")))
OF_CUSTOMER = Statement(
    sa.select(_r.id).where(_r.customer_ref == bindparam("customer")).order_by(_r.id.desc()).limit(_most)
)
CUSTOMERS_BY_EMAIL = Statement(
    sa.select(t.customers.c.ref).where(t.customers.c.email == bindparam("email")).limit(_most)
)
PEOPLE = Statement(
    sa.select(_a.login, _a.name, _a.role, _a.subject)
    .where(*_first_letters(_a.login), _a.ended_us.is_(None))
    .order_by(_a.login)
    .limit(_most)
)
KEYS_BY_ID = Statement(
    sa.select(*access.KEY_COLUMNS).where(*_first_letters(_k.public_id)).order_by(_k.public_id).limit(_most)
)
KEYS_BY_END = Statement(
    sa.select(*access.KEY_COLUMNS).where(_k.last4 == bindparam("last4")).order_by(_k.public_id).limit(_most)
)
POINT = Statement(sa.select(t.points.c.id, t.points.c.address).where(t.points.c.id == bindparam("id")))


def by_number(tx: Tx, digits: str, seller: int | None = None) -> list[int]:
    """Returns whose number is these digits, and those whose number begins with three and more."""
    found: list[int] = []
    for more in range(DIGITS_MORE + 1 if len(digits) >= LETTERS_MIN else 1):
        low, high = int(digits) * 10**more, (int(digits) + 1) * 10**more
        if low >= 2**62 or len(found) >= FOUND_MAX:
            break
        found += _of(tx, BY_ID, BY_ID_OF_SELLER, seller, low=low, high=high)
    return found[:FOUND_MAX]


def by_posting(tx: Tx, text: str, seller: int | None = None) -> list[int]:
    """Returns of the postings whose number begins so."""
    return _of(tx, BY_POSTING, BY_POSTING_OF_SELLER, seller, low=text, high=text + LAST)


def by_waybill(tx: Tx, text: str, seller: int | None = None) -> list[int]:
    """Returns that left their point with a waybill that begins so, as the shelf of facets writes it."""
    return _of(tx, BY_WAYBILL, BY_WAYBILL_OF_SELLER, seller, low=text.upper(), high=text.upper() + LAST)


def by_sku(tx: Tx, sku: int, seller: int | None = None) -> list[int]:
    """The newest returns of a product."""
    return _of(tx, BY_SKU, BY_SKU_OF_SELLER, seller, sku=sku)


def _of(tx: Tx, everybodys: Statement, sellers: Statement, seller: int | None, **asked: object) -> list[int]:
    if seller is not None:
        asked["seller"] = seller
    return [row[0] for row in tx.rows(everybodys if seller is None else sellers, most=FOUND_MAX, **asked)]


def of_customer(tx: Tx, customer_ref: str) -> list[int]:
    """A customer's newest returns."""
    return [row[0] for row in tx.rows(OF_CUSTOMER, customer=customer_ref, most=FOUND_MAX)]


def customers_by_email(tx: Tx, text: str) -> list[str]:
    """Customers with this address, as it is written or in small letters."""
    if "@" not in text:
        return []
    found = {row[0] for one in {text, text.lower()} for row in tx.rows(CUSTOMERS_BY_EMAIL, email=one, most=FOUND_MAX)}
    return sorted(found)[:FOUND_MAX]


def people(tx: Tx, text: str) -> list[tuple[str, str, Role, str]]:
    """Login, name, role and subject of whose login begins so; an exact one stands first."""
    rows = tx.rows(PEOPLE, low=text, high=text + LAST, most=FOUND_MAX)
    return [(row[0], row[1], Role(row[2]), row[3]) for row in rows]


def api_keys(tx: Tx, text: str) -> list[access.ApiKey]:
    """Keys whose public id begins so, or whose last four characters these are."""
    rows = tx.rows(KEYS_BY_ID, low=text, high=text + LAST, most=FOUND_MAX)
    if len(text) == 4:
        rows += tx.rows(KEYS_BY_END, last4=text, most=FOUND_MAX)
    return list({row[0]: access.ApiKey(*row) for row in rows}.values())


def point(tx: Tx, point_id: str) -> tuple[str, str] | None:
    """A point by its id: id and address."""
    row = tx.one(POINT, id=point_id)
    return None if row is None else (row[0], row[1])
