"""SQL that only looks: reports, and the returns that fill one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.marketplace import tables as t
from backhaul.marketplace.queries import decode_return
from backhaul.marketplace.returns_report.columns import Known, Moment
from backhaul.marketplace.returns_report.wanted import Wanted
from backhaul.marketplace.rules.returns import Return

WAITING, RUNNING, READY, FAILED, EXPIRED = "waiting", "running", "ready", "failed", "expired"
OPEN = (WAITING, RUNNING, READY)
LISTED_MAX = 100

_r, _report = t.returns.c, t.reports.c
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


REPORT_COLUMNS = [
    _report[name]
    for name in (
        "id", "seller_id", "asked_by", "wanted", "state", "rows_done", "rows_total", "rows_found", "file", "size_bytes",
        "sha256", "created_us", "expires_us", "attempts",
    )
]  # fmt: skip
ONE = Statement(
    sa.select(*REPORT_COLUMNS).where(_report.id == bindparam("report"), _report.seller_id == bindparam("seller"))
)
OF_SELLER = Statement(
    sa.select(*REPORT_COLUMNS)
    .where(_report.seller_id == bindparam("seller"))
    .order_by(_report.created_us.desc(), _report.id.desc())
    .limit(bindparam("most"))
)
ALIVE_OF_SELLER = Statement(OF_SELLER.core.where(_report.state != EXPIRED, _report.expires_us > bindparam("now_us")))
IS_DUE = Statement(sa.select(_report.id).where(_report.due_us <= bindparam("now_us")).limit(1))
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


def one(tx: Tx, report_id: str, seller_id: int) -> Report | None:
    """A seller's report."""
    row = tx.one(ONE, report=report_id, seller=seller_id)
    return None if row is None else report_of(row)


def of_seller(tx: Tx, seller_id: int, most: int = LISTED_MAX) -> list[Report]:
    """A seller's reports, newest first."""
    return [report_of(row) for row in tx.rows(OF_SELLER, seller=seller_id, most=most)]


def alive_of_seller(tx: Tx, seller_id: int, at: datetime) -> list[Report]:
    """Those that have not expired, newest first."""
    return [report_of(row) for row in tx.rows(ALIVE_OF_SELLER, seller=seller_id, most=LISTED_MAX, now_us=to_us(at))]


def is_anything_due(tx: Tx, at: datetime) -> bool:
    """Whether a report waits, was left behind, or expires."""
    return tx.one(IS_DUE, now_us=to_us(at)) is not None


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


def report_of(row: tuple[Any, ...]) -> Report:
    """A row of `REPORT_COLUMNS`."""
    report_id, seller_id, asked_by, wanted, *life, created_us, expires_us, attempts = row
    return Report(
        report_id, seller_id, asked_by, _decode_wanted(wanted), life[0], life[1], life[2], life[3], life[4], life[5],
        life[6], from_us(created_us), from_us(expires_us), attempts,
    )  # fmt: skip
