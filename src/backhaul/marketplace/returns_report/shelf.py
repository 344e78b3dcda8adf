"""The table `reports`, and the reads that fill a report. Writing functions run inside the desk's transaction only."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t
from backhaul.marketplace.queries import decode_return
from backhaul.marketplace.returns_report.columns import Known, Moment
from backhaul.marketplace.returns_report.wanted import Wanted
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return

WAITING, RUNNING, READY, FAILED, EXPIRED = "waiting", "running", "ready", "failed", "expired"
OPEN = (WAITING, RUNNING, READY)
LISTED_MAX = 100
NOTED = timedelta(days=90)  # how long a list still tells of a report whose file is gone

_r, _report, _link = t.returns.c, t.reports.c, t.report_links.c
_encode = msgspec.json.Encoder().encode
_decode_wanted = msgspec.json.Decoder(Wanted).decode


class Report(msgspec.Struct, frozen=True):
    """A report that somebody asked for. `rows_total` are the returns to look through, `rows_found` those in the file."""

    id: str
    seller_id: int
    asked_by: str
    wanted: Wanted
    state: str
    rows_done: int
    rows_total: int
    rows_found: int
    file: str
    size_bytes: int
    sha256: str
    created_at: datetime
    expires_at: datetime
    attempts: int = 0

    @property
    def name(self) -> str:
        """What the file is called on the reader's disk."""
        return f"returns-{self.wanted.first_day}-{self.wanted.last_day}.{self.wanted.kind}"

    def state_at(self, at: datetime) -> Any:
        """Its state as people see it: past its end it is expired, also before the worker cleared away."""
        return EXPIRED if at >= self.expires_at else self.state

    def is_ready(self, at: datetime) -> bool:
        """Whether its file can be had now."""
        return self.state == READY and at < self.expires_at


_columns = [
    _report[name]
    for name in (
        "id", "seller_id", "asked_by", "wanted", "state", "rows_done", "rows_total", "rows_found", "file", "size_bytes",
        "sha256", "created_us", "expires_us", "attempts",
    )
]  # fmt: skip
INSERT = Statement(t.reports.insert())
ONE = Statement(sa.select(*_columns).where(_report.id == bindparam("report"), _report.seller_id == bindparam("seller")))
OF_SELLER = Statement(
    sa.select(*_columns)
    .where(_report.seller_id == bindparam("seller"))
    .order_by(_report.created_us.desc(), _report.id.desc())
    .limit(bindparam("most"))
)
ALIVE_OF_SELLER = Statement(OF_SELLER.core.where(_report.state != EXPIRED, _report.expires_us > bindparam("now_us")))
DELETE_OLD = Statement(
    t.reports.delete().where(_report.seller_id == bindparam("seller"), _report.state == EXPIRED,
                             _report.expires_us <= bindparam("before_us"))
)  # fmt: skip
COUNT_OPEN = Statement(
    sa.select(sa.func.count()).where(
        _report.seller_id == bindparam("seller"),
        among(_report.state, "states"),
        _report.expires_us > bindparam("now_us"),
    )
)
LOCK_SELLER = Statement(sa.select(t.sellers.c.id).where(t.sellers.c.id == bindparam("seller")).with_for_update())
DUE = Statement(
    sa.select(*_columns)
    .where(_report.due_us <= bindparam("now_us"))
    .order_by(_report.due_us, _report.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
IS_DUE = Statement(sa.select(_report.id).where(_report.due_us <= bindparam("now_us")).limit(1))
_mine = (_report.id == bindparam("report"), _report.state == RUNNING, _report.maker == bindparam("by_maker"))
CLAIM = Statement(
    t.reports.update()
    .where(_report.id == bindparam("report"))
    .values(state=RUNNING, maker=bindparam("by_maker"), due_us=bindparam("until_us"), rows_done=0, rows_found=0,
            attempts=_report.attempts + 1)
)  # fmt: skip
PROGRESS = Statement(
    t.reports.update()
    .where(*_mine)
    .values(rows_done=bindparam("done"), rows_found=bindparam("found"), rows_total=bindparam("total"),
            due_us=bindparam("until_us"))
)  # fmt: skip
FINISH = Statement(
    t.reports.update()
    .where(*_mine)
    .values(state=READY, file=bindparam("to_file"), size_bytes=bindparam("size"), sha256=bindparam("sum"),
            due_us=_report.expires_us)
)  # fmt: skip
END_AS = Statement(
    t.reports.update()
    .where(*_mine)
    .values(
        state=bindparam("to_state"), due_us=bindparam("next_us"), attempts=_report.attempts - bindparam("uncounted")
    )
)
EXPIRE = Statement(
    t.reports.update().where(_report.id == bindparam("report")).values(state=EXPIRED, due_us=None, file="")
)
END_NOW = Statement(
    t.reports.update()
    .where(
        _report.id == bindparam("report"),
        _report.seller_id == bindparam("seller"),
        _report.expires_us > bindparam("now_us"),
    )
    .values(expires_us=bindparam("end_us"), due_us=bindparam("next_us"))
)
INSERT_LINK = Statement(t.report_links.insert())
USE_LINK = Statement(
    t.report_links.delete()
    .where(_link.digest == bindparam("token"), _link.until_us > bindparam("now_us"))
    .returning(_link.report_id, _link.seller_id)
)
DELETE_OLD_LINKS = Statement(t.report_links.delete().where(_link.until_us <= bindparam("now_us")))

_of_period = (
    _r.seller_id == bindparam("seller"),
    _r.requested_us < bindparam("until_us"),
    _r.group_state != "",
    among(_r.status, "statuses"),
)
_after = sa.or_(
    _r.requested_us > bindparam("after_us"),
    sa.and_(_r.requested_us == bindparam("after_us"), _r.id > bindparam("after_id")),
)
_page = (
    sa.select(_r.requested_us, _r.id, _r.doc)
    .where(*_of_period, _r.requested_us >= bindparam("after_us"), _after)
    .order_by(_r.requested_us, _r.id)
    .limit(bindparam("most"))
)
_count = sa.select(sa.func.count()).where(*_of_period, _r.requested_us >= bindparam("from_us"))
_on_route = _r.route == bindparam("route")
PAGE, PAGE_ON_ROUTE = Statement(_page), Statement(_page.where(_on_route))
COUNT, COUNT_ON_ROUTE = Statement(_count), Statement(_count.where(_on_route))
_event = t.journal.events.c
MOMENTS = Statement(
    sa.select(_event.case_id, _event.seq, _event.kind, _event.at_us, _event.recorded_us, _event.role)
    .where(among(_event.case_id, "ids"))
    .order_by(_event.case_id, _event.seq)
)
LINES = Statement(sa.select(t.order_lines.c.id, t.order_lines.c.doc).where(among(t.order_lines.c.id, "ids")))
PARTNER_NAME = Statement(sa.select(t.partners.c.name).where(t.partners.c.id == bindparam("id")))


class _Ordered(msgspec.Struct, frozen=True):
    """The one fact of an order line that a return does not carry."""

    ordered_on: str


_decode_ordered = msgspec.json.Decoder(_Ordered).decode


# -- Asked for by people and programs


def ask(tx: Tx, report_id: str, seller_id: int, asked_by: str, wanted: Wanted, policy: Policy, at: datetime) -> None:
    """A new report that waits for its maker."""
    tx.one(LOCK_SELLER, seller=seller_id)  # two at once must not both be the last one
    tx.run(DELETE_OLD, seller=seller_id, before_us=to_us(at - NOTED))
    row = tx.one(COUNT_OPEN, seller=seller_id, states=list(OPEN), now_us=to_us(at))
    if row is not None and row[0] >= policy.reports_max:
        raise Refused("too_many_reports", "conflict", reports_max=policy.reports_max)
    expires = at + timedelta(days=policy.report_days)
    tx.run(INSERT, id=report_id, seller_id=seller_id, asked_by=asked_by, wanted=_encode(wanted), state=WAITING,
           rows_done=0, rows_total=0, rows_found=0, file="", size_bytes=0, sha256="", created_us=to_us(at),
           expires_us=to_us(expires), due_us=to_us(at), maker="", attempts=0)  # fmt: skip


def end_now(tx: Tx, report_id: str, seller_id: int, at: datetime) -> None:
    """Its life ends here: no file from now on, and the worker clears away."""
    now_us = to_us(at)
    if tx.run(END_NOW, report=report_id, seller=seller_id, now_us=now_us, end_us=now_us, next_us=now_us) != 1:
        raise Refused("not_found", "missing")


def link(tx: Tx, tokens: Mapping[str, str], seller_id: int, policy: Policy, at: datetime) -> datetime:
    """Links (report id -> token) that open each file once, without a session; until when. Only hashes are stored."""
    until = at + timedelta(minutes=policy.report_link_minutes)
    tx.run(DELETE_OLD_LINKS, now_us=to_us(at))
    tx.many(INSERT_LINK, [
        {"digest": keys.digest(token), "report_id": report_id, "seller_id": seller_id, "until_us": to_us(until)}
        for report_id, token in tokens.items()
    ])  # fmt: skip
    return until


def use_link(tx: Tx, token: str, at: datetime) -> tuple[str, int] | None:
    """The report and the seller of a link; it works no more."""
    row = tx.one(USE_LINK, token=keys.digest(token), now_us=to_us(at))
    return None if row is None else (row[0], row[1])


def one(tx: Tx, report_id: str, seller_id: int) -> Report | None:
    """A seller's report."""
    row = tx.one(ONE, report=report_id, seller=seller_id)
    return None if row is None else _report_of(row)


def of_seller(tx: Tx, seller_id: int, most: int = LISTED_MAX) -> list[Report]:
    """A seller's reports, newest first."""
    return [_report_of(row) for row in tx.rows(OF_SELLER, seller=seller_id, most=most)]


def alive_of_seller(tx: Tx, seller_id: int, at: datetime) -> list[Report]:
    """Those that have not expired, newest first."""
    return [_report_of(row) for row in tx.rows(ALIVE_OF_SELLER, seller=seller_id, most=LISTED_MAX, now_us=to_us(at))]


# -- The maker's


def is_anything_due(tx: Tx, at: datetime) -> bool:
    """Whether a report waits, was left behind, or expires."""
    return tx.one(IS_DUE, now_us=to_us(at)) is not None


def claim(tx: Tx, maker: str, lease: timedelta, attempts_max: int, at: datetime) -> Report | None:
    """The report that is due longest: mine to make when it waits or was left behind, else it expires or fails here."""
    row = tx.one(DUE, now_us=to_us(at))
    if row is None:
        return None
    found = _report_of(row)
    if at >= found.expires_at or found.state not in (WAITING, RUNNING):
        tx.run(EXPIRE, report=found.id)
        return msgspec.structs.replace(found, state=EXPIRED)
    tx.run(CLAIM, report=found.id, by_maker=maker, until_us=to_us(at + lease))
    if found.attempts >= attempts_max:
        end_as(tx, found, maker, FAILED)
        return msgspec.structs.replace(found, state=FAILED)
    return msgspec.structs.replace(found, state=RUNNING)


def progress(tx: Tx, report: Report, maker: str, done: int, found: int, total: int, until: datetime) -> bool:
    """How far the maker is; False when the report is no longer this maker's."""
    changed = tx.run(PROGRESS, report=report.id, by_maker=maker, done=done, found=found, total=total,
                     until_us=to_us(until))  # fmt: skip
    return changed == 1


def finish(tx: Tx, report: Report, maker: str, file: str, size_bytes: int, sha256: str) -> bool:
    """The file is there; False when the report is no longer this maker's."""
    return tx.run(FINISH, report=report.id, by_maker=maker, to_file=file, size=size_bytes, sum=sha256) == 1


def end_as(tx: Tx, report: Report, maker: str, state: str) -> None:
    """It failed, or goes back to those that wait (a house that closes; that attempt does not count)."""
    back = state == WAITING
    next_us = to_us(report.created_at if back else report.expires_at)
    tx.run(END_AS, report=report.id, by_maker=maker, to_state=state, next_us=next_us, uncounted=int(back))


def count(tx: Tx, report: Report) -> int:
    """How many returns the maker has to look through."""
    statement = COUNT_ON_ROUTE if report.wanted.route else COUNT
    row = tx.one(statement, **_filters(report), from_us=to_us(report.wanted.from_at))
    return 0 if row is None else int(row[0])


def page(tx: Tx, report: Report, after: tuple[int, int], most: int) -> list[tuple[int, int, Return]]:
    """The next returns by the time of their request and their id."""
    statement = PAGE_ON_ROUTE if report.wanted.route else PAGE
    rows = tx.rows(statement, **_filters(report), after_us=after[0], after_id=after[1], most=most)
    return [(row[0], row[1], decode_return(row[2])) for row in rows]


def around(tx: Tx, returns: Sequence[Return], partner: str, now: datetime) -> list[Known]:
    """The same returns with what their rows tell beside them: when things happened, when it was ordered."""
    moments: dict[int, dict[str, Moment]] = {it.id: {} for it in returns}
    changed_us: dict[int, int] = {}
    for case_id, seq, kind, at_us, recorded_us, role in tx.rows(MOMENTS, ids=[it.id for it in returns]):
        moments[case_id][kind] = Moment(seq, from_us(at_us), role)
        changed_us[case_id] = recorded_us
    line_ids = sorted({it.line.line_id for it in returns})
    ordered = {row[0]: _decode_ordered(row[1]).ordered_on for row in tx.rows(LINES, ids=line_ids)}
    return [
        Known(
            it,
            moments[it.id],
            from_us(changed_us[it.id]) if it.id in changed_us else None,
            ordered.get(it.line.line_id, ""),
            partner,
            now,
        )
        for it in returns
    ]


def partner_name(tx: Tx, partner_id: str) -> str:
    """What the logistics partner is called here."""
    row = tx.one(PARTNER_NAME, id=partner_id)
    return "" if row is None else str(row[0])


def _filters(report: Report) -> dict[str, Any]:
    wanted = report.wanted
    filters: dict[str, Any] = {
        "seller": report.seller_id, "until_us": to_us(wanted.until), "statuses": list(wanted.statuses),
    }  # fmt: skip
    return {**filters, "route": wanted.route} if wanted.route else filters


def _report_of(row: tuple[Any, ...]) -> Report:
    report_id, seller_id, asked_by, wanted, *life, created_us, expires_us, attempts = row
    return Report(
        report_id, seller_id, asked_by, _decode_wanted(wanted), life[0], life[1], life[2], life[3], life[4], life[5],
        life[6], from_us(created_us), from_us(expires_us), attempts,
    )  # fmt: skip
