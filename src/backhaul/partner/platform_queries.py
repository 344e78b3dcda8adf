"""Looks at platforms, links to sellers there, what their keys show, and how far the asking has come. Every list has a limit."""

from datetime import datetime
from itertools import zip_longest
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.partner import tables as t
from backhaul.partner.rules.words import LinkState
from backhaul.partner.shapes import LinkRow, WatchedRow

PAGE_ROWS = 50
ROWS_MAX = 500
OURS, SELLER_API = "marketplace", "seller_api"


class PlatformRow(msgspec.Struct, frozen=True):
    """A registered platform. `kind` is marketplace (ours) or seller_api."""

    id: str
    name: str
    kind: str
    url: str

    @property
    def is_ours(self) -> bool:
        """Whether it is the marketplace that announces units to us."""
        return self.kind == OURS


class Poll(msgspec.Struct, frozen=True):
    """How far the asking by a seller's key has come. `after_id` above 0: a walk is under way since `started_us`."""

    platform: str
    seller_id: int
    next_us: int
    started_us: int | None
    after_id: int
    polled_us: int | None
    faults: int
    fault: str


class Health(msgspec.Struct, frozen=True):
    """A platform at a glance: links, lost ones, the oldest last success, how many are in trouble."""

    id: str
    name: str
    kind: str
    url: str
    links: int
    lost: int
    polled_at: datetime | None
    faults: int
    fault: str


_f, _w, _l, _k, _m = t.foreign_links.c, t.watched.c, t.links.c, t.polls.c, t.marketplaces.c
MARKETPLACES = Statement(sa.select(_m.id, _m.name, _m.url).order_by(_m.id).limit(PAGE_ROWS))
PLATFORMS = Statement(
    sa.select(t.platforms.c.id, t.platforms.c.name, t.platforms.c.kind, t.platforms.c.url)
    .order_by(t.platforms.c.id)
    .limit(PAGE_ROWS)
)
FOREIGN_LINKS = Statement(
    sa.select(*_f).where(_f.company_id == bindparam("company")).order_by(_f.platform, _f.seller_id).limit(200)
)
DUE_LINKS = Statement(
    sa.select(*_l).where(_l.checked_us <= bindparam("before_us")).order_by(_l.checked_us, _l.seller_id).limit(PAGE_ROWS)
)
DUE_FOREIGN = Statement(
    sa.select(*_f).where(_f.checked_us <= bindparam("before_us")).order_by(_f.checked_us, _f.seller_id).limit(PAGE_ROWS)
)
KEY = Statement(
    sa.select(_l.sealed_key)
    .where(_l.seller_id == bindparam("seller"), _l.state == LinkState.ACTIVE.value)
    .order_by(_l.mode, _l.company_id)
    .limit(1)
)
FOREIGN_KEY = Statement(
    sa.select(_f.sealed_key)
    .where(
        _f.platform == bindparam("platform"), _f.seller_id == bindparam("seller"), _f.state == LinkState.ACTIVE.value
    )
    .order_by(_f.mode, _f.company_id)
    .limit(1)
)
_is_parcel = sa.exists().where(t.parcels.c.id == _w.return_id, _w.platform == OURS)
_shown = [_w[name] for name in WatchedRow.__struct_fields__]
WATCHED = Statement(
    sa.select(*_shown)
    .where(among(_w.seller_id, "sellers"), _w.platform == bindparam("platform"), ~_is_parcel)
    .order_by(_w.return_id.desc())
    .limit(ROWS_MAX)
)
KNOWN = Statement(
    sa.select(_w.return_id, _w.group_state, _w.state).where(
        _w.platform == bindparam("platform"), _w.seller_id == bindparam("seller"), among(_w.return_id, "ids")
    )
)
TO_READ = Statement(
    sa.select(_w.return_id)
    .where(_w.platform == bindparam("platform"), _w.seller_id == bindparam("seller"), _w.read_us.is_(None))
    .order_by(sa.func.coalesce(_w.tried_us, 0), _w.return_id.desc())
    .limit(bindparam("most"))
)
OLDEST = Statement(
    sa.select(sa.func.count(), sa.func.count(_w.created_us), sa.func.min(_w.created_us)).where(
        _w.platform == bindparam("platform"), _w.seller_id == bindparam("seller")
    )
)
PARCELS_AMONG = Statement(sa.select(t.parcels.c.id).where(among(t.parcels.c.id, "ids")))
DUE_POLLS = Statement(
    sa.select(*_k)
    .where(_k.platform == bindparam("platform"), _k.next_us <= bindparam("now_us"))
    .order_by(_k.next_us)
    .limit(bindparam("most"))
)
NEXT_POLLED = Statement(sa.select(sa.func.min(_k.platform)).where(_k.platform > bindparam("behind")))
POLL = Statement(sa.select(*_k).where(_k.platform == bindparam("platform"), _k.seller_id == bindparam("seller")))
LINK_COUNTS = Statement(sa.select(_l.platform, _l.state, sa.func.count()).group_by(_l.platform, _l.state))
FOREIGN_COUNTS = Statement(sa.select(_f.platform, _f.state, sa.func.count()).group_by(_f.platform, _f.state))
POLL_HEALTH = Statement(
    sa.select(_k.platform, sa.case((sa.func.count() == sa.func.count(_k.polled_us), sa.func.min(_k.polled_us))), sa.func.sum(sa.case((_k.faults > 0, 1), else_=0)),
              sa.func.max(_k.fault)).group_by(_k.platform)
)  # fmt: skip
_a = t.accounts.c
UNLINKED = Statement(
    sa.select(_a.company_id, _a.confirmed_us)
    .where(
        _a.owner.is_(True), _a.confirmed_us > bindparam("from_us"), _a.confirmed_us <= bindparam("until_us"),
        ~sa.exists().where(_l.company_id == _a.company_id),
        ~sa.exists().where(_f.company_id == _a.company_id),
        ~sa.exists().where(
            t.board.notices.c.kind == "link_reminder",
            t.board.notices.c.reader == sa.literal("company:") + sa.cast(_a.company_id, sa.Text),
            t.board.notices.c.cause
            == sa.literal("link.") + sa.cast(_a.company_id, sa.Text) + bindparam("stage", type_=sa.Text),
        ),
    )
    .order_by(_a.confirmed_us, _a.id)
    .limit(ROWS_MAX)
)  # fmt: skip


def platforms(tx: Tx) -> list[PlatformRow]:
    """Our marketplace first, then the others by their ids."""
    ours = [PlatformRow(row[0], row[1] or row[0], OURS, row[2]) for row in tx.rows(MARKETPLACES)]
    return [*ours, *(PlatformRow(*row) for row in tx.rows(PLATFORMS))]


def platform(tx: Tx, name: str) -> PlatformRow | None:
    """One of them."""
    return next((one for one in platforms(tx) if one.id == name), None)


def foreign_links_of_company(tx: Tx, company_id: int) -> list[LinkRow]:
    """A company's links to sellers at other platforms."""
    return [_foreign(row) for row in tx.rows(FOREIGN_LINKS, company=company_id)]


def due_links(tx: Tx, before_us: int) -> list[LinkRow]:
    """The links that were not asked for since an instant, longest ago first, of every platform."""
    ours = [LinkRow(*row) for row in tx.rows(DUE_LINKS, before_us=before_us)]
    return ours + [_foreign(row) for row in tx.rows(DUE_FOREIGN, before_us=before_us)]


def sealed_key(tx: Tx, platform_id: str, seller_id: int) -> bytes | None:
    """A key that a platform still honours for this seller, whichever company brought it; the fuller one first."""
    if platform_id == OURS:
        row = tx.one(KEY, seller=seller_id)
    else:
        row = tx.one(FOREIGN_KEY, platform=platform_id, seller=seller_id)
    return None if row is None else bytes(row[0])


def watched(tx: Tx, platform_id: str, sellers: list[int]) -> list[WatchedRow]:
    """What these sellers' keys show there and is no parcel here."""
    return [WatchedRow(*row) for row in tx.rows(WATCHED, platform=platform_id, sellers=sellers)] if sellers else []


def states_known(tx: Tx, platform_id: str, seller_id: int, ids: list[int]) -> dict[int, tuple[str, str]]:
    """(group, state) of those of these returns that were seen before."""
    rows = tx.rows(KNOWN, platform=platform_id, seller=seller_id, ids=ids) if ids else []
    return {row[0]: (row[1], row[2]) for row in rows}


def to_read(tx: Tx, platform_id: str, seller_id: int, most: int) -> list[int]:
    """Returns whose single look is still to be taken: those first at which none was tried, the newest of them first."""
    return [row[0] for row in tx.rows(TO_READ, platform=platform_id, seller=seller_id, most=most)]


def all_seen_since(tx: Tx, platform_id: str, seller_id: int) -> tuple[bool, int | None]:
    """Whether it is known of each return seen here when it was created there, and when the oldest was."""
    row = tx.one(OLDEST, platform=platform_id, seller=seller_id)
    count, known, oldest_us = row if row is not None else (0, 0, None)
    return count == known, oldest_us


def parcels_among(tx: Tx, ids: list[int]) -> set[int]:
    """Which of these ids are parcels here."""
    return {row[0] for row in tx.rows(PARCELS_AMONG, ids=ids)} if ids else set()


def due_polls(tx: Tx, now_us: int, most: int) -> list[Poll]:
    """The sellers to be asked for now, so many of each platform; by turns, so that each platform's first is among the first."""
    of_each: list[list[Poll]] = []
    row = tx.one(NEXT_POLLED, behind="")
    while row is not None and row[0] is not None:
        found = tx.rows(DUE_POLLS, platform=row[0], now_us=now_us, most=most)
        of_each.append([Poll(*one) for one in found])
        row = tx.one(NEXT_POLLED, behind=row[0])
    return [poll for in_turn in zip_longest(*of_each) for poll in in_turn if poll is not None]


def poll_of(tx: Tx, platform_id: str, seller_id: int) -> Poll | None:
    """One seller's."""
    row = tx.one(POLL, platform=platform_id, seller=seller_id)
    return None if row is None else Poll(*row)


def health(tx: Tx) -> list[Health]:
    """Every platform at a glance."""
    counts: dict[str, dict[str, int]] = {}
    for name, state, count in [*tx.rows(LINK_COUNTS), *tx.rows(FOREIGN_COUNTS)]:
        counts.setdefault(name, {})[state] = int(count)
    asked = {row[0]: row[1:] for row in tx.rows(POLL_HEALTH)}
    found = []
    for one in platforms(tx):
        links, (polled_us, faults, fault) = counts.get(one.id, {}), asked.get(one.id, (None, 0, ""))
        lost = links.get(LinkState.AUTHORIZATION_LOST, 0)
        found.append(Health(one.id, one.name, one.kind, one.url, sum(links.values()), lost, _at(polled_us), int(faults),
                            fault or ""))  # fmt: skip
    return found


def unlinked(tx: Tx, from_us: int, until_us: int, stage: int) -> list[tuple[int, int]]:
    """(company, when its owner confirmed) for those who linked nothing and were not reminded at this stage."""
    rows = tx.rows(UNLINKED, from_us=from_us, until_us=until_us, stage=f".{stage}")
    return [(int(row[0]), int(row[1])) for row in rows]


def _foreign(row: tuple[Any, ...]) -> LinkRow:
    company_id, platform_id, seller_id, kind, sealed, mode, state, linked_us, checked_us, lost_us, expires_us = row
    return LinkRow(company_id, seller_id, platform_id, kind, "", sealed, mode, state, linked_us, checked_us, lost_us,
                   expires_us)  # fmt: skip


def _at(us: int | None) -> datetime | None:
    return None if us is None else from_us(int(us))
