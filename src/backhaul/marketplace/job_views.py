"""A job as API v1 tells it."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.refusal_texts import explain


class JobFailure(msgspec.Struct, frozen=True):
    """Why it failed."""

    code: str
    detail: str


class JobView(msgspec.Struct, frozen=True):
    """Work in the background: `done` of `total` steps are made; `rows` stand in the file; `told` are its sums.

    `href` leads to the file, and is empty while there is none. Work that was cancelled keeps what it had changed by then.
    """

    id: str
    kind: Literal["breaks", "statement", "decisions", "back_test", "invoice", "bank_statement"]
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
