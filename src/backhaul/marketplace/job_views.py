"""A job as API v1 tells it."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from backhaul.kit import http
from backhaul.marketplace import job_doors
from backhaul.marketplace.doors import Req
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.office import Office
from backhaul.marketplace.refusal_texts import explain
from backhaul.marketplace.rules.decisions import By


class JobFailure(msgspec.Struct, frozen=True):
    """Why it failed."""

    code: str
    detail: str


class JobView(msgspec.Struct, frozen=True):
    """Work in the background: `done` of `total` steps are made; `rows` stand in the file; `told` are its sums.

    `href` leads to the file, and is empty while there is none. Work that was cancelled or failed keeps what it had changed by
    then.
    """

    id: str
    kind: Literal[
        "breaks", "statement", "decisions", "back_test", "invoice", "bank_statement", "exchange_rates", "orders"
    ]
    state: Literal["queued", "running", "done", "failed", "cancelled", "expired"]
    asked_by: str
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    done: int
    total: int
    rows: int
    told: dict[str, int]
    failure: JobFailure | None
    size_bytes: int
    sha256: str
    href: str


def view(job: Job, language: str, at: datetime) -> JobView:
    """A job for a program."""
    why = job.failure
    state: Any = job.state_at(at)
    kind: Any = job.kind
    return JobView(
        job.id, kind, state, job.asked_by, job.created_at, job.ended_at, job.expires_at, job.done, job.total, job.rows,
        job.told, None if why is None else JobFailure(why.code, explain(why, language)), job.size_bytes, job.sha256,
        f"/api/v1/jobs/{job.id}/result" if job.has_file(at) else "",
    )  # fmt: skip


def seen(office: Office, request: Req, job_id: str, by: By) -> JobView:
    """A job as it stands."""
    return view(own(office, job_id, by), http.language_of(request), office.clock.now())


def own(office: Office, job_id: str, by: By) -> Job:
    """One's own job, read for itself."""
    with office.look(by) as tx:
        return job_doors.own(tx, job_id, by)
