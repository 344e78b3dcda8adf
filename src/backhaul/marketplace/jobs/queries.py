"""SQL that only looks at long work."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import MOSCOW, from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t
from backhaul.marketplace.jobs.wanted import Wanted, decode

QUEUED, RUNNING, DONE, FAILED, CANCELLED, EXPIRED = "queued", "running", "done", "failed", "cancelled", "expired"
OPEN = (QUEUED, RUNNING)
PAGE_ROWS = 50
LAST = "~"  # behind every id

_job = t.jobs.c


class Job(msgspec.Struct, frozen=True):
    """Work that somebody asked for. `done` of `total` steps are made, `rows` stand in the file, `told` are its sums."""

    id: str
    owner: str
    asked_by: str
    kind: str
    wanted: Wanted
    state: str
    done: int
    total: int
    rows: int
    told: dict[str, int]
    failure: Refused | None
    file: str
    size_bytes: int
    sha256: str
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    attempts: int = 0
    is_cancelling: bool = False
    worker: str = ""

    @property
    def name(self) -> str:
        """What the file is called on the reader's disk."""
        day = self.created_at.astimezone(MOSCOW).date()
        return f"{self.kind.replace('_', '-')}-{day}.{self.wanted.file}"

    @property
    def is_open(self) -> bool:
        """Whether it waits or is being done."""
        return self.state in OPEN

    @property
    def has_begun(self) -> bool:
        """Whether a worker ever had it: given back, it waits again, and some of it may have been done."""
        return self.worker != ""

    def state_at(self, at: datetime) -> str:
        """Its state as people see it: past its end it is expired, also before the worker cleared away."""
        return EXPIRED if not self.is_open and at >= self.expires_at else self.state

    def has_file(self, at: datetime) -> bool:
        """Whether there is something to fetch now: of work that was cancelled or failed, what had been done."""
        return self.state in (DONE, CANCELLED, FAILED) and bool(self.file) and at < self.expires_at


JOB_COLUMNS = [
    _job[name]
    for name in (
        "id", "owner", "asked_by", "kind", "wanted", "state", "done", "total", "rows_found", "told", "failure", "file",
        "size_bytes", "sha256", "created_us", "ended_us", "expires_us", "attempts", "cancelling",
        "worker",
    )
]  # fmt: skip
ONE = Statement(sa.select(*JOB_COLUMNS).where(_job.id == bindparam("job"), _job.owner == bindparam("whose")).limit(1))
BY_ID = Statement(sa.select(*JOB_COLUMNS).where(_job.id == bindparam("job")))
OF_OWNER = Statement(
    sa.select(*JOB_COLUMNS)
    .where(_job.owner == bindparam("whose"), _job.id < bindparam("before"))
    .order_by(_job.id.desc())
    .limit(bindparam("most"))
)
IS_DUE = Statement(sa.select(_job.id).where(_job.due_us <= bindparam("now_us")).limit(1))
INPUT = Statement(sa.select(t.job_inputs.c.data).where(t.job_inputs.c.job_id == bindparam("job")))
NEWEST = Statement(sa.select(*JOB_COLUMNS).order_by(_job.id.desc()).limit(bindparam("most")))

_decode_told = msgspec.json.Decoder(dict[str, int]).decode


class Failure(msgspec.Struct, frozen=True):
    """A refusal as it is kept."""

    code: str
    kind: str
    field: str | None
    facts: dict[str, Any]


_decode_failure = msgspec.json.Decoder(Failure).decode


def one(tx: Tx, job_id: str, owner: str) -> Job | None:
    """Somebody's job."""
    row = tx.one(ONE, job=job_id, whose=owner)
    return None if row is None else job_of(row)


def by_id(tx: Tx, job_id: str) -> Job | None:
    """A job, whosever it is: for whoever runs the house."""
    row = tx.one(BY_ID, job=job_id)
    return None if row is None else job_of(row)


def of_owner(tx: Tx, owner: str, before: str = "", most: int = PAGE_ROWS) -> list[Job]:
    """Somebody's jobs, newest first."""
    return [job_of(row) for row in tx.rows(OF_OWNER, whose=owner, before=before or LAST, most=most)]


def newest(tx: Tx, most: int = PAGE_ROWS) -> list[Job]:
    """The newest jobs of all, for whoever runs the house."""
    return [job_of(row) for row in tx.rows(NEWEST, most=most)]


def is_anything_due(tx: Tx, at: datetime) -> bool:
    """Whether a job waits, was left behind, or expires."""
    return tx.one(IS_DUE, now_us=to_us(at)) is not None


def input_of(tx: Tx, job_id: str) -> bytes:
    """What was handed in with it."""
    row = tx.one(INPUT, job=job_id)
    return b"" if row is None else bytes(row[0])


def job_of(row: tuple[Any, ...]) -> Job:
    """A row of `JOB_COLUMNS`."""
    (job_id, owner, asked_by, kind, wanted, state, done, total, rows, told, failure, file, size, sha256, created_us, ended_us,
     expires_us, attempts, cancelling, worker) = row  # fmt: skip
    why = _decode_failure(failure) if failure else None
    return Job(
        job_id, owner, asked_by, kind, decode(wanted), state, done, total, rows, _decode_told(told) if told else {},
        None if why is None else Refused(why.code, why.kind, why.field, **why.facts), file, size, sha256,
        from_us(created_us), None if ended_us is None else from_us(ended_us), from_us(expires_us), attempts,
        bool(cancelling), worker,
    )  # fmt: skip
