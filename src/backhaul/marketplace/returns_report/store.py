"""SQL that writes reports and their links. Everything here runs inside the desk's transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t
from backhaul.marketplace.returns_report.queries import (
    EXPIRED,
    FAILED,
    OPEN,
    READY,
    REPORT_COLUMNS,
    RUNNING,
    WAITING,
    Report,
    report_of,
)
from backhaul.marketplace.returns_report.wanted import Wanted
from backhaul.marketplace.rules.policy import Policy

NOTED = timedelta(days=90)  # how long a list still tells of a report whose file is gone

_report, _link = t.reports.c, t.report_links.c
_encode = msgspec.json.Encoder().encode

INSERT = Statement(t.reports.insert())
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
    sa.select(*REPORT_COLUMNS)
    .where(_report.due_us <= bindparam("now_us"))
    .order_by(_report.due_us, _report.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
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


def claim(tx: Tx, maker: str, lease: timedelta, attempts_max: int, at: datetime) -> Report | None:
    """The report that is due longest: mine to make when it waits or was left behind, else it expires or fails here."""
    row = tx.one(DUE, now_us=to_us(at))
    if row is None:
        return None
    found = report_of(row)
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
