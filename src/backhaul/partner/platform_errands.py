"""The changes around platforms: which ones there are, links to sellers there, and what their keys show."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Posted
from backhaul.kit.outside import base_address
from backhaul.partner import access, errands, notices, platform_queries, store, tables
from backhaul.partner.contract import Detail, Row
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import BusinessType, LinkMode, LinkState
from backhaul.partner.shapes import LinkRow

NAME_CHARACTERS_MAX = 60
ID_CHARACTERS_MAX = 40

_f, _w, _k = tables.foreign_links.c, tables.watched.c, tables.polls.c
INSERT_PLATFORM = Statement(tables.platforms.insert())
MOVE_PLATFORM = Statement(
    tables.platforms.update()
    .where(tables.platforms.c.id == bindparam("platform"))
    .values(name=bindparam("new_name"), url=bindparam("new_url"))
)
_one = (_f.company_id == bindparam("company"), _f.platform == bindparam("at"), _f.seller_id == bindparam("seller"))
DELETE_LINK = Statement(tables.foreign_links.delete().where(*_one))
INSERT_LINK = Statement(tables.foreign_links.insert())
MARK_LINK = Statement(
    tables.foreign_links.update()
    .where(*_one, _f.sealed_key == bindparam("asked_key"))
    .values(
        state=bindparam("to_state"),
        lost_us=sa.case(
            (bindparam("to_state", type_=sa.Text) == LinkState.ACTIVE.value, sa.null()),
            else_=sa.func.coalesce(_f.lost_us, bindparam("at_us", type_=sa.BigInteger)),
        ),
        checked_us=bindparam("at_us", type_=sa.BigInteger),
    )
)
LOST_AT = Statement(sa.select(_f.lost_us).where(*_one))
HAS_LINK = Statement(
    sa.select(_f.company_id).where(_f.platform == bindparam("at"), _f.seller_id == bindparam("seller")).limit(1)
)
HAS_LINK_HERE = Statement(
    sa.select(tables.links.c.company_id).where(tables.links.c.seller_id == bindparam("seller")).limit(1)
)
_row = (_w.platform == bindparam("at"), _w.seller_id == bindparam("seller"), _w.return_id == bindparam("of_return"))
INSERT_WATCHED = Statement(tables.watched.insert())
# One that does not say when it was created counts from its first sight: else it would have all returns asked for at every walk.
_created = sa.func.coalesce(
    bindparam("made_us", type_=sa.BigInteger), _w.created_us, bindparam("at_us", type_=sa.BigInteger)
)
SEE_AGAIN = Statement(tables.watched.update().where(*_row).values(seen_us=bindparam("at_us"), created_us=_created))
CHANGE_WATCHED = Statement(
    tables.watched.update()
    .where(*_row)
    .values(
        {name: bindparam(name) for name in ("number", "name", "price", "group_state", "state", "state_name")}
        | {
            "seen_us": bindparam("at_us"),
            "changed_us": bindparam("at_us"),
            "created_us": _created,
            "read_us": sa.null(),
            "tried_us": sa.null(),
        }
    )
)
READ_WATCHED = Statement(
    tables.watched.update()
    .where(*_row)
    .values(reason=bindparam("why"), tracking=bindparam("track"), read_us=bindparam("at_us"))
)
LOOKED_IN_VAIN = Statement(tables.watched.update().where(*_row).values(tried_us=bindparam("at_us")))
FORGET_UNSEEN = Statement(
    tables.watched.delete().where(
        _w.platform == bindparam("at"), _w.seller_id == bindparam("seller"), _w.seen_us < bindparam("since_us")
    )
)
FORGET_POLL = Statement(
    tables.polls.delete().where(_k.platform == bindparam("at"), _k.seller_id == bindparam("seller"))
)
INSERT_POLL = Statement(tables.polls.insert())
UPDATE_POLL = Statement(
    tables.polls.update()
    .where(_k.platform == bindparam("at"), _k.seller_id == bindparam("seller"))
    .values({name: bindparam(name) for name in ("next_us", "started_us", "after_id", "polled_us", "faults", "fault")})
)


def register_platform(tx: Tx, name: str, title: str, url: str, at: datetime) -> None:
    """A server that speaks the Seller API; registered again, it moves. Only the operator does this."""
    title = title.strip()
    if (
        not name.isascii()
        or not name.replace("-", "").isalnum()
        or len(name) > ID_CHARACTERS_MAX
        or name != name.lower()
    ):
        raise Refused("platform_id_form", "invalid", "platform", characters_max=ID_CHARACTERS_MAX)
    if not title or len(title) > NAME_CHARACTERS_MAX:
        raise Refused("platform_name_length", "invalid", "name", characters_max=NAME_CHARACTERS_MAX)
    if name == platform_queries.OURS:
        raise Refused("platform_is_ours", "conflict", "platform")
    known = platform_queries.platform(tx, name)
    address = base_address(url)
    if known is not None:
        tx.run(MOVE_PLATFORM, platform=name, new_name=title, new_url=address)
        return
    kind = platform_queries.SELLER_API
    tx.run(INSERT_PLATFORM, id=name, name=title, kind=kind, url=address, registered_us=to_us(at))


def save_link(tx: Tx, account: access.Account, platform: str, link: errands.NewLink, at: datetime) -> None:
    """Link the company to a seller at another platform; a link that is there is replaced."""
    company_id = errands.company_of(account)
    tx.run(DELETE_LINK, company=company_id, at=platform, seller=link.seller_id)
    tx.run(INSERT_LINK, company_id=company_id, platform=platform, seller_id=link.seller_id,
           business_type=BusinessType(link.business_type), sealed_key=link.sealed_key, mode=LinkMode(link.mode),
           state=LinkState.ACTIVE, linked_us=to_us(at), checked_us=to_us(at), lost_us=None,
           expires_us=link.expires_us)  # fmt: skip


def mark_link(tx: Tx, link: LinkRow, state: LinkState, policy: Policy, at: datetime) -> None:
    """What a platform, ours too, last said of the key of a link. A lost one keeps the instant of its loss, of which the company is told once.

    A link that was removed or has another key since stays as it is.
    """
    ours = link.platform == platform_queries.OURS
    mark, lost_at = (store.MARK_LINK, store.LOST_AT) if ours else (MARK_LINK, LOST_AT)
    where = {"company": link.company_id, "seller": link.seller_id} | ({} if ours else {"at": link.platform})
    if tx.run(mark, to_state=state, at_us=to_us(at), asked_key=bytes(link.sealed_key), **where) != 1:
        return
    row = tx.one(lost_at, **where)
    if state is not LinkState.AUTHORIZATION_LOST or row is None:
        return
    notice = notices.authorization_lost(link.company_id, link.seller_id, row[0], policy)
    cause = ("link", link.company_id, *(() if ours else (link.platform,)), link.seller_id, row[0])
    posted = Posted(notice, ".".join(map(str, cause)), row[0], to_us(at))
    tables.board.hang_once(tx, [posted], access.mailboxes)


def unlink(tx: Tx, account: access.Account, platform: str, seller_id: int) -> None:
    """Forget the key; with the last one, what it showed."""
    if tx.run(DELETE_LINK, company=errands.company_of(account), at=platform, seller=seller_id) != 1:
        raise Refused("not_found", "missing")
    forget_if_unlinked(tx, platform, seller_id)


def forget_if_unlinked(tx: Tx, platform: str, seller_id: int) -> None:
    """Nobody is linked to this seller any more: nothing is asked for, and what was seen is forgotten."""
    if platform == platform_queries.OURS:
        linked = tx.one(HAS_LINK_HERE, seller=seller_id)
    else:
        linked = tx.one(HAS_LINK, at=platform, seller=seller_id)
    if linked is None:
        tx.run(FORGET_POLL, at=platform, seller=seller_id)
        tx.run(FORGET_UNSEEN, at=platform, seller=seller_id, since_us=2**62)


def see(tx: Tx, platform: str, seller_id: int, rows: Sequence[Row], at: datetime) -> None:
    """Keep a page of what the key shows."""
    known = platform_queries.states_known(tx, platform, seller_id, [row.return_id for row in rows])
    moved = [row for row in rows if known.get(row.return_id) != (row.group_state, row.state)]
    at_us = to_us(at)
    where = {"at": platform, "seller": seller_id}
    tx.many(SEE_AGAIN, [
        {**where, "of_return": row.return_id, "made_us": row.created_us, "at_us": at_us} for row in rows if row not in moved
    ])  # fmt: skip
    tx.many(CHANGE_WATCHED, [
        {**where, "of_return": row.return_id, "number": row.number, "name": row.name, "price": row.price,
         "group_state": row.group_state, "state": row.state, "state_name": row.state_name, "at_us": at_us,
         "made_us": row.created_us}
        for row in moved if row.return_id in known
    ])  # fmt: skip
    tx.many(INSERT_WATCHED, [
        {"platform": platform, "seller_id": seller_id, "return_id": row.return_id, "number": row.number,
         "posting_number": row.posting_number, "name": row.name, "offer_id": row.offer_id, "price": row.price,
         "group_state": row.group_state, "state": row.state, "state_name": row.state_name, "reason": "", "tracking": "",
         "seen_us": at_us, "changed_us": at_us, "read_us": None, "created_us": row.created_us or at_us,
         "tried_us": None}
        for row in moved if row.return_id not in known
    ])  # fmt: skip


def note_detail(tx: Tx, platform: str, seller_id: int, return_id: int, found: Detail, at: datetime) -> None:
    """What a single look showed."""
    tx.run(READ_WATCHED, at=platform, seller=seller_id, of_return=return_id, why=found.reason, track=found.tracking,
           at_us=to_us(at))  # fmt: skip


def note_try(tx: Tx, platform: str, seller_id: int, return_id: int, at: datetime) -> None:
    """A single look came to nothing: the others have their turn before it is taken again."""
    tx.run(LOOKED_IN_VAIN, at=platform, seller=seller_id, of_return=return_id, at_us=to_us(at))


def finish_walk(tx: Tx, poll: platform_queries.Poll, next_us: int, at: datetime) -> None:
    """All pages were seen: what was not among them is gone."""
    started_us = poll.started_us or to_us(at)
    tx.run(FORGET_UNSEEN, at=poll.platform, seller=poll.seller_id, since_us=started_us)
    note_poll(tx, poll, next_us=next_us, started_us=None, after_id=0, polled_us=to_us(at))


def note_poll(tx: Tx, poll: platform_queries.Poll, *, next_us: int, started_us: int | None, after_id: int,
              polled_us: int | None, faults: int = 0, fault: str = "") -> None:  # fmt: skip
    """Where the asking stands, and when it goes on; of a seller that nobody is linked to any more nothing is kept."""
    tx.run(UPDATE_POLL, at=poll.platform, seller=poll.seller_id, next_us=next_us, started_us=started_us,
           after_id=after_id, polled_us=polled_us, faults=faults, fault=fault[:200])  # fmt: skip


def start_poll(tx: Tx, platform: str, seller_id: int, at: datetime, after: timedelta, *, is_whole: bool = True) -> None:
    """A link has just been made, and everything was seen: ask again later. Not `is_whole`: a slow server has more to tell."""
    tx.run(FORGET_POLL, at=platform, seller=seller_id)
    tx.run(INSERT_POLL, platform=platform, seller_id=seller_id, next_us=to_us(at + after), started_us=None, after_id=0,
           polled_us=to_us(at) if is_whole else None, faults=0, fault="")  # fmt: skip
