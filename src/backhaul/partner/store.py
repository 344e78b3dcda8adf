"""SQL that writes, and the loading that a write needs. Only the desk (`perform`) calls it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.desk import Change
from backhaul.kit.machine import Refused
from backhaul.kit.media_book import named_by, showing
from backhaul.partner import parcel_rows
from backhaul.partner import tables as t
from backhaul.partner.loads import HELD_BY, LOAD, decode_parcel
from backhaul.partner.rules import codes, keeping, receiving
from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import LinkState, Status


def _all_but_id(table: sa.Table) -> dict[str, sa.BindParameter[Any]]:
    """The columns that a new row must say: not its number, nor what the database presets."""
    return {c.name: bindparam(c.name) for c in table.columns if c.name != "id" and c.server_default is None}


LOAD_LOCKED = Statement(LOAD.core.with_for_update())
INSERT = Statement(t.parcels.insert())
INSERT_CODE = Statement(t.parcel_codes.insert())
HAS_CODE = Statement(
    sa.select(t.parcel_codes.c.code).where(
        t.parcel_codes.c.code == bindparam("code"), t.parcel_codes.c.parcel_id == bindparam("parcel_id")
    )
)
ON_SHELF = Statement(
    sa.select(sa.func.count()).where(
        t.parcels.c.warehouse == bindparam("warehouse"),
        t.parcels.c.shelf == bindparam("shelf"),
        t.one_of(t.parcels.c.status, Status.ARRIVED, Status.DISPOSAL_DUE, Status.IN_WORK),
    )
)
TAKE_NUMBERS = Statement(
    t.numbers.update()
    .where(t.numbers.c.name == bindparam("counter"))
    .values(next=t.numbers.c.next + bindparam("count"))
    .returning(t.numbers.c.next)
)
START_COUNTER = Statement(t.numbers.insert())
_DUE = (
    sa.select(t.parcels.c.id)
    .where(t.parcels.c.due_us <= bindparam("now_us"))
    .order_by(t.parcels.c.due_us, t.parcels.c.id)
    .limit(bindparam("most"))
)
DUE = Statement(_DUE.with_for_update(skip_locked=True))
OVERDUE = Statement(_DUE)
TERMS = Statement(
    sa.select(t.terms.c.kind, t.terms.c.version, t.terms.c.doc)
    .where(t.terms.c.valid_from_us <= bindparam("now_us"))
    .order_by(t.terms.c.kind, t.terms.c.valid_from_us, t.terms.c.published_us, t.terms.c.version)
)
NEXT_TERMS = Statement(
    sa.select(sa.func.min(t.terms.c.valid_from_us)).where(t.terms.c.valid_from_us > bindparam("now_us"))
)
PUT_TERMS = Statement(t.terms.insert().values({c.name: bindparam(c.name) for c in t.terms.columns}))
HAS_ACCOUNT = Statement(sa.select(t.accounts.c.id).where(t.accounts.c.login == bindparam("login")))
_account_values = _all_but_id(t.accounts)
INSERT_ACCOUNT = Statement(t.accounts.insert().values(_account_values).returning(t.accounts.c.id))
_company_values = _all_but_id(t.companies)
INSERT_COMPANY = Statement(t.companies.insert().values(_company_values).returning(t.companies.c.id))
CONFIRM_EMAIL = Statement(
    t.accounts.update()
    .where(t.accounts.c.confirmation == bindparam("token"), t.accounts.c.confirm_until_us > bindparam("now_us"))
    .values(email_confirmed=True, confirmation=None, confirm_until_us=None, confirmed_us=bindparam("now_us"))
    .returning(t.accounts.c.id)
)
SET_LANGUAGE = Statement(
    t.accounts.update().where(t.accounts.c.id == bindparam("account")).values(language=bindparam("to_language"))
)
SET_PASSWORD = Statement(
    t.accounts.update().where(t.accounts.c.id == bindparam("account")).values(password=bindparam("hashed"))
)
END_OTHER_SESSIONS = Statement(
    t.sessions.delete().where(t.sessions.c.account_id == bindparam("account"), t.sessions.c.digest != bindparam("kept"))
)
MARK_READ = Statement(
    t.accounts.update()
    .where(t.accounts.c.id == bindparam("account"), t.accounts.c.messages_read < bindparam("until"))
    .values(messages_read=bindparam("until"))
)
INSERT_SESSION = Statement(t.sessions.insert())
DELETE_SESSION = Statement(t.sessions.delete().where(t.sessions.c.digest == bindparam("session")))
DELETE_OLD_SESSIONS = Statement(t.sessions.delete().where(t.sessions.c.until_us <= bindparam("now_us")))
INSERT_KEY = Statement(t.api_keys.insert())
REVOKE_KEY = Statement(
    t.api_keys.update()
    .where(
        t.api_keys.c.public_id == bindparam("key"),
        t.api_keys.c.company_id == bindparam("company"),
        t.api_keys.c.revoked_us.is_(None),
    )
    .values(revoked_us=bindparam("at_us"))
)
ACTIVE_KEYS = Statement(
    sa.select(t.api_keys.c.name).where(
        t.api_keys.c.company_id == bindparam("company"),
        t.api_keys.c.revoked_us.is_(None),
        t.api_keys.c.expires_us > bindparam("now_us"),
    )
)
_destination_values = _all_but_id(t.destinations)
INSERT_DESTINATION = Statement(t.destinations.insert().values(_destination_values).returning(t.destinations.c.id))
DESTINATION = Statement(
    sa.select(t.destinations.c.company_id, t.destinations.c.created_by, t.destinations.c.confirmed_us).where(
        t.destinations.c.id == bindparam("id")
    )
)
CONFIRM_DESTINATION = Statement(
    t.destinations.update()
    .where(t.destinations.c.id == bindparam("destination"), t.destinations.c.confirmed_us.is_(None))
    .values(confirmed_us=bindparam("at_us"), confirmed_by=bindparam("by_login"))
)
COUNTRY = Statement(sa.select(t.companies.c.country).where(t.companies.c.id == bindparam("company")))
_one_link = (t.links.c.company_id == bindparam("company"), t.links.c.seller_id == bindparam("seller"))
DELETE_LINK = Statement(t.links.delete().where(*_one_link))
INSERT_LINK = Statement(t.links.insert())
MARK_LINK = Statement(
    t.links.update()
    .where(*_one_link, t.links.c.sealed_key == bindparam("asked_key"))
    .values(
        state=bindparam("to_state"),
        lost_us=sa.case(
            (bindparam("to_state", type_=sa.Text) == LinkState.ACTIVE.value, sa.null()),
            else_=sa.func.coalesce(t.links.c.lost_us, bindparam("at_us", type_=sa.BigInteger)),
        ),
        checked_us=bindparam("at_us", type_=sa.BigInteger),
    )
)
LOST_AT = Statement(sa.select(t.links.c.lost_us).where(*_one_link))
INSERT_RULE = Statement(
    t.standing_rules.insert()
    .values({**_all_but_id(t.standing_rules), "through_key": bindparam("through_key")})
    .returning(t.standing_rules.c.id)
)
END_RULE = Statement(
    t.standing_rules.update()
    .where(
        t.standing_rules.c.id == bindparam("rule"),
        t.standing_rules.c.company_id == bindparam("company"),
        t.standing_rules.c.ended_us.is_(None),
    )
    .values(ended_us=bindparam("at_us"), ended_by=bindparam("by_login"))
)
HAS_MARKETPLACE = Statement(sa.select(t.marketplaces.c.id).where(t.marketplaces.c.id == bindparam("id")))
INSERT_MARKETPLACE = Statement(
    t.marketplaces.insert().values({name: bindparam(name) for name in ("id", "name", "url", "secret_in", "secret_out")})
)
MOVE_MARKETPLACE = Statement(
    t.marketplaces.update().where(t.marketplaces.c.id == bindparam("marketplace")).values(url=bindparam("to"))
)

SHOWING = showing(e.Event.__subclasses__())


def load(tx: Tx, ids: list[int], *, lock: bool) -> dict[int, tuple[Parcel, bytes]]:
    """The parcels with their chain heads, locked in the order of their ids."""
    rows = tx.rows(LOAD_LOCKED if lock else LOAD, ids=ids)
    return {row[0]: (decode_parcel(row[1]), bytes(row[2])) for row in rows}


def save(tx: Tx, changes: list[Change[Parcel]], policy: Policy) -> None:
    """Insert the new ones, update the others where their version is still the one that was read."""
    born = [change for change in changes if change.before is None]
    moved = [
        {**parcel_rows.moved(change, change.before, policy), "parcel": change.case_id, "seen": change.before.version}
        for change in changes
        if change.before is not None
    ]
    tx.many(INSERT, [parcel_rows.row(change, policy) for change in born])
    tx.many(INSERT_CODE, [
        {"code": code, "parcel_id": change.case_id} for change in born for code in sorted(codes_of(change.after))
    ])  # fmt: skip
    parcel_rows.UPDATES.put(tx, moved, Refused("version_conflict"))
    for change in changes:
        if shown := keeping.media_of(change.after) - keeping.media_of(change.before):
            t.book.use(tx, change.case_id, shown)
        if told := [event for _, (event, *_), _ in change.events if type(event) in SHOWING]:
            t.book.stay(tx, named_by(event for event in told if isinstance(event, keeping.ACTS)))
            t.book.name(tx, named_by(told))
        if change.before is not None and change.before.waybill != change.after.waybill:
            _put_codes(tx, change.after)
        if any(isinstance(happened[0], e.Shelved) for _, happened, _ in change.events):
            _check_room(tx, change.after, policy)
    _check_alone(tx, changes)


def _check_alone(tx: Tx, changes: list[Change[Parcel]]) -> None:
    """A unit that was packed in the same batch gets no label of its own: neither of the two had seen the other."""
    alone = [
        change.case_id
        for change in changes
        for _, (event, *_), _ in change.events
        if isinstance(event, e.LabelPrinted) and not event.consignment
    ]
    if alone and tx.one(HELD_BY, ids=alone) is not None:
        raise Refused("version_conflict")


def _put_codes(tx: Tx, it: Parcel) -> None:
    """A waybill becomes known after the announcement; the ones before it stay findable."""
    for code in sorted(codes_of(it)):
        if tx.one(HAS_CODE, code=code, parcel_id=it.id) is None:
            tx.run(INSERT_CODE, code=code, parcel_id=it.id)


def codes_of(it: Parcel) -> set[str]:
    """Everything that a scanner may read off this unit or its papers."""
    return codes.of_unit(it.number, it.unit, it.waybill)


def _check_room(tx: Tx, it: Parcel, policy: Policy) -> None:
    """After a unit was put on a shelf that holds only so many."""
    if receiving.room(it.shelf, policy):
        row = tx.one(ON_SHELF, warehouse=it.warehouse, shelf=it.shelf)
        receiving.check_room(it.shelf, 0 if row is None else int(row[0]), policy)


def take_number(tx: Tx, name: str, start: int, count: int = 1) -> int:
    """The first of `count` new numbers."""
    row = tx.one(TAKE_NUMBERS, counter=name, count=count)
    if row is None:
        tx.run(START_COUNTER, name=name, next=start + count)
        return start
    return int(row[0]) - count
