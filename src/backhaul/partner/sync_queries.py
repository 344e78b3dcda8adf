"""Looks at platforms, at what sellers' keys show there, and at how well both houses agree. Every list has a limit."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.partner import tables as t
from backhaul.partner.loads import decode_parcel
from backhaul.partner.rules.parcels import Parcel
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


class Contact(msgspec.Struct, frozen=True):
    """Our marketplace as the comparison knows it: when it last answered, and how far it said that it is behind."""

    tried_at: datetime | None
    heard_at: datetime | None
    letters_waiting: int
    waiting_since: datetime | None


class Run(msgspec.Struct, frozen=True):
    """A comparison of all units of both houses."""

    id: str
    started_at: datetime
    next_us: int
    after_id: int
    finished_at: datetime | None
    units: int
    differences: int


class DifferenceRow(msgspec.Struct, frozen=True):
    """One thing that the houses do not hold alike, from when to when."""

    return_id: int
    what: str
    first_at: datetime
    number: str
    ours: str
    theirs: str
    remedy: str
    last_at: datetime
    tried_at: datetime | None
    healed_at: datetime | None


_f, _w, _l, _k, _y = t.foreign_links.c, t.watched.c, t.links.c, t.polls.c, t.reconciliations.c
_d, _m = t.differences.c, t.marketplaces.c
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
WATCHED = Statement(
    sa.select(*_w)
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
    .order_by(_w.return_id.desc())
    .limit(bindparam("most"))
)
PARCELS_AMONG = Statement(sa.select(t.parcels.c.id).where(among(t.parcels.c.id, "ids")))
DUE_POLLS = Statement(
    sa.select(*_k).where(_k.next_us <= bindparam("now_us")).order_by(_k.next_us).limit(bindparam("most"))
)
POLL = Statement(sa.select(*_k).where(_k.platform == bindparam("platform"), _k.seller_id == bindparam("seller")))
LINK_COUNTS = Statement(sa.select(_l.platform, _l.state, sa.func.count()).group_by(_l.platform, _l.state))
FOREIGN_COUNTS = Statement(sa.select(_f.platform, _f.state, sa.func.count()).group_by(_f.platform, _f.state))
POLL_HEALTH = Statement(
    sa.select(_k.platform, sa.func.min(_k.polled_us), sa.func.sum(sa.case((_k.faults > 0, 1), else_=0)),
              sa.func.max(_k.fault)).group_by(_k.platform)
)  # fmt: skip
CONTACT = Statement(
    sa.select(_m.tried_us, _m.heard_us, _m.letters_waiting, _m.waiting_since_us).where(_m.id == bindparam("id"))
)
OPEN_RUN = Statement(sa.select(*_y).where(_y.finished_us.is_(None)).order_by(_y.started_us).limit(1))
RUN = Statement(sa.select(*_y).where(_y.id == bindparam("id")))
RUNS = Statement(sa.select(*_y).order_by(_y.started_us.desc()).limit(14))
PARCELS_BETWEEN = Statement(
    sa.select(t.parcels.c.doc)
    .where(t.parcels.c.id > bindparam("after"), t.parcels.c.id <= bindparam("until"))
    .order_by(t.parcels.c.id)
    .limit(bindparam("most"))
)
OPEN_DIFFERENCES = Statement(
    sa.select(*_d)
    .where(_d.healed_us.is_(None), _d.return_id > bindparam("after"), _d.return_id <= bindparam("until"))
    .order_by(_d.return_id, _d.what)
    .limit(ROWS_MAX * 4)
)
ALL_OPEN = Statement(sa.select(*_d).where(_d.healed_us.is_(None)).order_by(_d.last_us).limit(ROWS_MAX))
DIFFERENCES = Statement(
    sa.select(*_d)
    .where(_d.first_us < bindparam("before_us"))
    .order_by(_d.first_us.desc(), _d.return_id)
    .limit(PAGE_ROWS)
)
COUNT_OPEN = Statement(sa.select(sa.func.count()).where(_d.healed_us.is_(None)))


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
    """Returns whose single look is still to be taken."""
    return [row[0] for row in tx.rows(TO_READ, platform=platform_id, seller=seller_id, most=most)]


def parcels_among(tx: Tx, ids: list[int]) -> set[int]:
    """Which of these ids are parcels here."""
    return {row[0] for row in tx.rows(PARCELS_AMONG, ids=ids)} if ids else set()


def due_polls(tx: Tx, now_us: int, most: int) -> list[Poll]:
    """The sellers to be asked for now."""
    return [Poll(*row) for row in tx.rows(DUE_POLLS, now_us=now_us, most=most)]


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


def contact(tx: Tx, marketplace_id: str) -> Contact | None:
    """What is known of our marketplace; None: it is not registered."""
    row = tx.one(CONTACT, id=marketplace_id)
    return None if row is None else Contact(_at(row[0]), _at(row[1]), row[2], _at(row[3]))


def open_run(tx: Tx) -> Run | None:
    """The comparison that is under way."""
    row = tx.one(OPEN_RUN)
    return None if row is None else _run(row)


def run(tx: Tx, run_id: str) -> Run | None:
    """One of them."""
    row = tx.one(RUN, id=run_id)
    return None if row is None else _run(row)


def runs(tx: Tx) -> list[Run]:
    """The latest ones, newest first."""
    return [_run(row) for row in tx.rows(RUNS)]


def parcels_between(tx: Tx, after: int, until: int, most: int) -> list[Parcel]:
    """The parcels after an id, up to another one."""
    return [decode_parcel(row[0]) for row in tx.rows(PARCELS_BETWEEN, after=after, until=until, most=most)]


def open_differences(tx: Tx, after: int, until: int) -> list[DifferenceRow]:
    """What is not healed yet among these ids."""
    return [_difference(row) for row in tx.rows(OPEN_DIFFERENCES, after=after, until=until)]


def all_open(tx: Tx) -> list[DifferenceRow]:
    """What is not healed yet, longest unseen first."""
    return [_difference(row) for row in tx.rows(ALL_OPEN)]


def count_open(tx: Tx) -> int:
    """How many are not healed yet."""
    row = tx.one(COUNT_OPEN)
    return 0 if row is None else int(row[0])


def differences(tx: Tx, before_us: int) -> list[DifferenceRow]:
    """A page of all of them, newest first."""
    return [_difference(row) for row in tx.rows(DIFFERENCES, before_us=before_us)]


def _foreign(row: tuple[Any, ...]) -> LinkRow:
    company_id, platform_id, seller_id, kind, sealed, mode, state, linked_us, checked_us, lost_us, expires_us = row
    return LinkRow(company_id, seller_id, platform_id, kind, "", sealed, mode, state, linked_us, checked_us, lost_us,
                   expires_us, 0)  # fmt: skip


def _run(row: tuple[Any, ...]) -> Run:
    return Run(row[0], from_us(row[1]), row[2], row[3], _at(row[4]), row[5], row[6])


def _difference(row: tuple[Any, ...]) -> DifferenceRow:
    return DifferenceRow(row[0], row[1], from_us(row[2]), row[3], row[4], row[5], row[6], from_us(row[7]), _at(row[8]),
                         _at(row[9]))  # fmt: skip


def _at(us: int | None) -> datetime | None:
    return None if us is None else from_us(int(us))
