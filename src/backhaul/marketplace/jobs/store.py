"""SQL that writes long work. Everything here runs inside the desk's transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t
from backhaul.marketplace.jobs.kinds import KINDS
from backhaul.marketplace.jobs.queries import (
    CANCELLED,
    EXPIRED,
    FAILED,
    JOB_COLUMNS,
    ONE,
    OPEN,
    QUEUED,
    RUNNING,
    Failure,
    Job,
    job_of,
)
from backhaul.marketplace.jobs.wanted import Wanted, encode, kind_of
from backhaul.marketplace.rules.policy import Policy

NOTED = timedelta(days=90)  # how long a list still tells of a job whose file is gone
BROKE_OFF = Refused("job_broke_off", "away")

_job, _input = t.jobs.c, t.job_inputs.c
_encode = msgspec.json.Encoder().encode

INSERT = Statement(t.jobs.insert())
INSERT_INPUT = Statement(t.job_inputs.insert())
DELETE_INPUT = Statement(t.job_inputs.delete().where(_input.job_id == bindparam("job")))
DELETE_OLD = Statement(
    t.jobs.delete().where(
        _job.owner == bindparam("whose"), _job.id < bindparam("before"), _job.state == EXPIRED
    )
)  # fmt: skip
COUNT_OPEN = Statement(
    sa.select(sa.func.count()).where(_job.owner == bindparam("whose"), among(_job.state, "states"))
)  # fmt: skip
DUE = Statement(
    sa.select(*JOB_COLUMNS)
    .where(_job.due_us <= bindparam("now_us"))
    .order_by(_job.due_us, _job.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_mine = (_job.id == bindparam("job"), _job.state == RUNNING, _job.worker == bindparam("by_worker"))
CLAIM = Statement(
    t.jobs.update()
    .where(_job.id == bindparam("job"))
    .values(state=RUNNING, worker=bindparam("by_worker"), due_us=bindparam("until_us"), done=0, rows_found=0,
            attempts=_job.attempts + 1)
)  # fmt: skip
PROGRESS = Statement(
    t.jobs.update()
    .where(*_mine)
    .values(done=bindparam("so_far"), total=bindparam("of_all"), rows_found=bindparam("found"), due_us=bindparam("until_us"))
    .returning(_job.cancelling)
)  # fmt: skip
END = Statement(
    t.jobs.update()
    .where(*_mine)
    .values(state=bindparam("to_state"), file=bindparam("to_file"), size_bytes=bindparam("size"), sha256=bindparam("sum"),
            told=bindparam("sums"), failure=bindparam("why"), ended_us=bindparam("now_us"),
            expires_us=bindparam("last_us"), due_us=bindparam("last_us"))
)  # fmt: skip
GIVE_BACK = Statement(
    t.jobs.update().where(*_mine).values(state=QUEUED, due_us=_job.created_us, attempts=_job.attempts - 1)
)
EXPIRE = Statement(t.jobs.update().where(_job.id == bindparam("job")).values(state=EXPIRED, due_us=None, file=""))
CANCEL_QUEUED = Statement(
    t.jobs.update()
    .where(
        _job.id == bindparam("job"),
        _job.owner == bindparam("whose"),
        _job.state == QUEUED,
        _job.worker == bindparam("last_worker"),
    )
    .values(state=CANCELLED, ended_us=bindparam("now_us"), due_us=bindparam("last_us"), expires_us=bindparam("last_us"))
)
CANCEL_LATER = Statement(
    t.jobs.update()
    .where(_job.id == bindparam("job"), _job.owner == bindparam("whose"), among(_job.state, "states"))
    .values(cancelling=1)
)


class Order(msgspec.Struct, frozen=True):
    """Work as it is asked for: whose it is, who said so, what, with which input, and how large it looks."""

    id: str
    owner: str
    asked_by: str
    wanted: Wanted
    handed_in: bytes = b""
    total: int = 0


class Left(msgspec.Struct, frozen=True):
    """What a job leaves behind: its file, or why there is none."""

    state: str
    file: str = ""
    size_bytes: int = 0
    sha256: str = ""
    told: Mapping[str, int] = {}
    failure: Refused | None = None


def ask(tx: Tx, it: Order, policy: Policy, at: datetime) -> None:
    """Work that waits for its runner; at most so many of one owner are open."""
    tx.run(DELETE_OLD, whose=it.owner, before=f"{to_us(at - NOTED):016x}")
    row = tx.one(COUNT_OPEN, whose=it.owner, states=list(OPEN))
    if row is not None and row[0] >= policy.jobs_max:
        raise Refused("too_many_jobs", "conflict", jobs_max=policy.jobs_max)
    tx.run(INSERT, id=it.id, owner=it.owner, asked_by=it.asked_by, kind=kind_of(it.wanted), wanted=encode(it.wanted),
           state=QUEUED, done=0, total=it.total, rows_found=0, told=b"", failure=b"", file="", size_bytes=0, sha256="",
           created_us=to_us(at), ended_us=None, expires_us=to_us(at + timedelta(days=policy.job_days)), due_us=to_us(at),
           worker="", attempts=0, cancelling=0)  # fmt: skip
    if it.handed_in:
        tx.run(INSERT_INPUT, job_id=it.id, data=it.handed_in)


def cancel(tx: Tx, job_id: str, owner: str, policy: Policy, at: datetime) -> None:
    """What waits is over at once; what runs is over after its step, if its kind stops. Once over, it stays as it is.

    What waits again after some of it was done is over when a worker has written what that was.
    """
    row = tx.one(ONE, job=job_id, whose=owner)
    if row is None:
        raise Refused("not_found", "missing")
    found = job_of(row)
    if not can_stop(found):
        raise Refused("job_cannot_stop", "conflict")
    last_us = to_us(at + timedelta(days=policy.job_days))
    at_once = not found.has_begun or KINDS[found.kind].done_before is None
    if at_once and tx.run(
        CANCEL_QUEUED, job=job_id, whose=owner, last_worker=found.worker, now_us=to_us(at), last_us=last_us
    ):
        tx.run(DELETE_INPUT, job=job_id)
    elif not tx.run(CANCEL_LATER, job=job_id, whose=owner, states=list(OPEN)) and found.state != CANCELLED:
        raise Refused("job_is_over", "conflict")


def can_stop(job: Job) -> bool:
    """Whether it ends when somebody cancels it: of what moves money, only before it has begun."""
    return KINDS[job.kind].stops or not (job.is_open and job.has_begun)


def claim(tx: Tx, worker: str, lease: timedelta, attempts_max: int, policy: Policy, at: datetime) -> Job | None:
    """The job that is due longest: mine when it waits or was left behind, else it expires, is cancelled or fails here.

    Each attempt is a worker of its own: what a runner began and lost, it cannot end or touch after it has claimed it again.
    """
    row = tx.one(DUE, now_us=to_us(at))
    if row is None:
        return None
    found = job_of(row)
    if not found.is_open:
        tx.run(EXPIRE, job=found.id)
        return msgspec.structs.replace(found, state=EXPIRED)
    mine = msgspec.structs.replace(found, state=RUNNING, worker=f"{worker}-{found.attempts}")
    tx.run(CLAIM, job=mine.id, by_worker=mine.worker, until_us=to_us(at + lease))
    kind = KINDS[mine.kind]
    if mine.is_cancelling and kind.stops and kind.done_before is None:
        end(tx, mine, Left(CANCELLED), policy, at)
        return msgspec.structs.replace(mine, state=CANCELLED)
    if mine.attempts >= attempts_max:
        end(tx, mine, Left(FAILED, failure=BROKE_OFF), policy, at)
        return msgspec.structs.replace(mine, state=FAILED)
    return mine


def progress(tx: Tx, job: Job, done: int, total: int, rows: int, until: datetime) -> bool | None:
    """How far it is; whether it is to be cancelled, None when it is no longer this worker's."""
    row = tx.one(
        PROGRESS, job=job.id, by_worker=job.worker, so_far=done, of_all=total, found=rows, until_us=to_us(until)
    )
    return None if row is None else bool(row[0])


def end(tx: Tx, job: Job, left: Left, policy: Policy, at: datetime) -> bool:
    """It is over; False when it is no longer this worker's."""
    why = left.failure
    kept = b"" if why is None else _encode(Failure(why.code, why.kind, why.field, dict(why.facts)))
    ended = tx.run(
        END, job=job.id, by_worker=job.worker, to_state=left.state, to_file=left.file, size=left.size_bytes, sum=left.sha256,
        sums=_encode(left.told) if left.told else b"", why=kept, now_us=to_us(at),
        last_us=to_us(at + timedelta(days=policy.job_days)),
    )  # fmt: skip
    if ended:
        tx.run(DELETE_INPUT, job=job.id)
    return ended == 1


def give_back(tx: Tx, job: Job) -> bool:
    """To those that wait: a house that closes. That attempt does not count."""
    return tx.run(GIVE_BACK, job=job.id, by_worker=job.worker) == 1
