"""SQL that writes, and the loading that a write needs. Only the desk (`perform`) calls it."""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.changed_columns import ChangedColumns, changed
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.kit.machine import Refused
from backhaul.kit.media_book import named_by
from backhaul.marketplace import claim_store, facet_store, money_store, outcome_store
from backhaul.marketplace import tables as t
from backhaul.marketplace.queries import LOAD, USED, decode_return
from backhaul.marketplace.rules import keeping
from backhaul.marketplace.rules.calendar import next_due
from backhaul.marketplace.rules.decisions import SellerFacts
from backhaul.marketplace.rules.exchange import Payout
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return, holds_unit
from backhaul.marketplace.rules.wire_states import look
from backhaul.marketplace.rules.words import Route

encode_return = msgspec.json.Encoder().encode

LOAD_LOCKED = Statement(LOAD.core.with_for_update())
UPDATES = ChangedColumns(t.returns, {"id": "return_id", "version": "seen"})
INSERT = Statement(t.returns.insert())
HOLD_UNIT = Statement(
    t.units.update()
    .where(
        t.units.c.line_id == bindparam("line"),
        t.units.c.unit_no == bindparam("unit"),
        t.units.c.return_id.is_(None),
    )
    .values(return_id=bindparam("holder"))
)
FREE_UNIT = Statement(
    t.units.update()
    .where(
        t.units.c.line_id == bindparam("line"),
        t.units.c.unit_no == bindparam("unit"),
        t.units.c.return_id == bindparam("holder"),
    )
    .values(return_id=None)
)
FREE_UNITS_OF_LINE = Statement(
    sa.select(t.units.c.unit_no)
    .where(t.units.c.line_id == bindparam("line"), t.units.c.return_id.is_(None))
    .order_by(t.units.c.unit_no)
    .with_for_update()
)
EARLIER = Statement(
    sa.select(t.returns.c.id)
    .where(t.returns.c.customer_ref == bindparam("customer_ref"), t.returns.c.posting_number == bindparam("posting"))
    .order_by(t.returns.c.id)
)
LINE = Statement(
    sa.select(
        t.order_lines.c.id, t.order_lines.c.seller_id, t.order_lines.c.customer_ref, t.order_lines.c.doc,
        t.sellers.c.country, t.customers.c.language,
    )
    .join(t.sellers, t.sellers.c.id == t.order_lines.c.seller_id)
    .join(t.customers, t.customers.c.ref == t.order_lines.c.customer_ref)
    .where(t.order_lines.c.id == bindparam("line"))
)  # fmt: skip
TAKE_NUMBERS = Statement(
    t.numbers.update()
    .where(t.numbers.c.name == bindparam("counter"))
    .values(next=t.numbers.c.next + bindparam("count"))
    .returning(t.numbers.c.next)
)
START_COUNTER = Statement(t.numbers.insert())
SELLER_FACTS = Statement(
    sa.select(
        t.sellers.c.id, t.sellers.c.linked, t.sellers.c.default_route, t.sellers.c.moderation_ticket,
        t.sellers.c.moderation_price_version, t.sellers.c.payout_currency,
    ).where(among(t.sellers.c.id, "ids"))
)  # fmt: skip
_DUE = (
    sa.select(t.returns.c.id)
    .where(t.returns.c.due_us <= bindparam("now_us"))
    .order_by(t.returns.c.due_us, t.returns.c.id)
    .limit(bindparam("most"))
)
DUE = Statement(_DUE.with_for_update(skip_locked=True))
OVERDUE = Statement(_DUE)
TERMS = Statement(
    sa.select(t.terms.c.kind, t.terms.c.version, t.terms.c.doc, t.terms.c.valid_from_us)
    .where(t.terms.c.valid_from_us <= bindparam("now_us"))
    .order_by(t.terms.c.kind, t.terms.c.valid_from_us, t.terms.c.published_us, t.terms.c.version)
)
NEXT_TERMS = Statement(
    sa.select(sa.func.min(t.terms.c.valid_from_us)).where(t.terms.c.valid_from_us > bindparam("now_us"))
)
INSERT_SESSION = Statement(t.sessions.insert())
DELETE_SESSION = Statement(t.sessions.delete().where(t.sessions.c.digest == bindparam("session")))
DELETE_OLD_SESSIONS = Statement(t.sessions.delete().where(t.sessions.c.until_us <= bindparam("now_us")))
INSERT_KEY = Statement(t.api_keys.insert())
REVOKE_KEY = Statement(
    t.api_keys.update()
    .where(
        t.api_keys.c.public_id == bindparam("key"),
        t.api_keys.c.revoked_us.is_(None),
    )
    .values(
        revoked_us=bindparam("at_us"),
        revoked_by=bindparam("login"),
        revoked_role=bindparam("by_role"),
        revoked_because=bindparam("because"),
    )
)
ALLOW_NETWORKS = Statement(
    t.api_keys.update().where(t.api_keys.c.public_id == bindparam("key")).values(networks=bindparam("to"))
)
FORGET_USE = Statement(
    t.journal.access_log.delete().where(
        t.journal.access_log.c.caller == bindparam("key"), t.journal.access_log.c.code == USED
    )
)
ACTIVE_KEYS = Statement(
    sa.select(t.api_keys.c.name).where(
        t.api_keys.c.seller_id == bindparam("seller"),
        t.api_keys.c.revoked_us.is_(None),
        t.api_keys.c.expires_us > bindparam("now_us"),
    )
)
SET_LANGUAGE = Statement(
    t.accounts.update().where(t.accounts.c.id == bindparam("account")).values(language=bindparam("to_language"))
)
SET_CUSTOMER_REF = Statement(
    t.accounts.update().where(t.accounts.c.login == bindparam("account_login")).values(customer_ref=bindparam("to"))
)
SET_LINKED = Statement(t.sellers.update().where(t.sellers.c.id == bindparam("seller")).values(linked=bindparam("to")))
SET_ROUTE = Statement(
    t.sellers.update().where(t.sellers.c.id == bindparam("seller")).values(default_route=bindparam("to"))
)
SET_PAYOUT_CURRENCY = Statement(
    t.sellers.update().where(t.sellers.c.id == bindparam("seller")).values(payout_currency=bindparam("to"))
)
SET_MODERATION = Statement(
    t.sellers.update()
    .where(t.sellers.c.id == bindparam("seller"))
    .values({name: bindparam(name) for name in ("moderation_ticket", "moderation_price_version", "moderation_rules")})
)
PUT_TERMS = Statement(t.terms.insert().values({c.name: bindparam(c.name) for c in t.terms.columns}))
HAS_TERMS = Statement(
    sa.select(t.terms.c.version).where(t.terms.c.kind == bindparam("kind"), t.terms.c.version == bindparam("version"))
)
SET_EMAIL = Statement(
    t.accounts.update().where(t.accounts.c.id == bindparam("account")).values(email=bindparam("to_email"))
)
MARK_READ = Statement(
    t.accounts.update()
    .where(t.accounts.c.id == bindparam("account"), t.accounts.c.messages_read < bindparam("until"))
    .values(messages_read=bindparam("until"))
)


def load(tx: Tx, ids: list[int], *, lock: bool) -> dict[int, tuple[Return, bytes]]:
    """The returns with their chain heads, locked in the order of their ids."""
    rows = tx.rows(LOAD_LOCKED if lock else LOAD, ids=ids)
    return {row[0]: (decode_return(row[1]), bytes(row[2])) for row in rows}


def save(tx: Tx, changes: list[Change[Return]], policy: Policy) -> None:
    """Insert the new ones, update the others where their version is still the one that was read."""
    born = [_row(change, policy) for change in changes if change.before is None]
    moved = [
        {**_changed(change, change.before, policy), "return_id": change.case_id, "seen": change.before.version}
        for change in changes
        if change.before is not None
    ]
    tx.many(INSERT, born)
    UPDATES.put(tx, moved, Refused("version_conflict"))
    money_store.keep(tx, changes)
    facet_store.keep(tx, changes)
    outcome_store.keep(tx, changes)
    claim_store.keep(tx, changes)
    for change in changes:
        _hold_or_free(tx, change)
        t.book.use(tx, change.case_id, keeping.media_of(change.after) - keeping.media_of(change.before))
        told = [event for _, (event, *_), _ in change.events]
        t.book.stay(tx, named_by(event for event in told if isinstance(event, keeping.ACTS)))
        t.book.name(tx, named_by(told))


def _hold_or_free(tx: Tx, change: Change[Return]) -> None:
    """A unit is in one return at a time; a return that takes its unit again finds it taken, or takes it."""
    held = change.before is not None and holds_unit(change.before)
    holds = holds_unit(change.after)
    if held == holds:
        return
    line = change.after.line
    statement = HOLD_UNIT if holds else FREE_UNIT
    if tx.run(statement, line=line.line_id, unit=line.unit_no, holder=change.case_id) != 1 and holds:
        raise Refused("unit_in_another_return")


def _changed(change: Change[Return], before: Return, policy: Policy) -> dict[str, Any]:
    return {**changed(_facts(change.after), _facts(before)), **_moving(change, policy)}


def _row(change: Change[Return], policy: Policy) -> dict[str, Any]:
    it = change.after
    return {
        **_facts(it),
        **_moving(change, policy),
        "id": it.id,
        "number": it.number,
        "seller_id": it.seller_id,
        "customer_ref": it.customer_ref,
        "posting_number": it.line.posting_number,
        "offer_id": it.line.offer_id,
        "requested_us": to_us(it.requested_at),
    }


def _facts(it: Return) -> dict[str, Any]:
    """What some acts move, and lists look for."""
    return {
        "status": it.status,
        "route": it.route or "",
        "point_id": it.point_id,
        "group_state": "" if it.submitted_at is None else look(it).group,  # a draft is its customer's alone
        "act_by_us": None if it.act_by is None else to_us(it.act_by),
        "accepted_us": None if it.accepted_at is None else to_us(it.accepted_at),
        "dispatched_us": None if it.dispatched_at is None else to_us(it.dispatched_at),
    }


def _moving(change: Change[Return], policy: Policy) -> dict[str, Any]:
    """What moves with every act."""
    it = change.after
    due = next_due(it, policy)
    over_us = change.events[-1][2].at_us if keeping.is_over(it) else None
    return {
        "version": it.version,
        "due_us": None if due is None else to_us(due),
        "doc": encode_return(it),
        "head": change.head,
        "over_us": over_us,
        "copies_over_us": over_us if keeping.copies_of(it) else None,
    }


def seller_facts(tx: Tx, seller_ids: list[int]) -> dict[int, SellerFacts]:
    """What the law must know about these sellers."""
    return {
        row[0]: SellerFacts(bool(row[1]), Route(row[2]) if row[2] else None, row[3], row[4], payout=Payout(row[5]))
        for row in tx.rows(SELLER_FACTS, ids=seller_ids)
    }


def take_number(tx: Tx, name: str, start: int, count: int = 1) -> int:
    """The first of `count` new numbers."""
    row = tx.one(TAKE_NUMBERS, counter=name, count=count)
    if row is None:
        tx.run(START_COUNTER, name=name, next=start + count)
        return start
    return int(row[0]) - count
