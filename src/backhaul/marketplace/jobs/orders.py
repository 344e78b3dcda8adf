"""A file of delivered orders, some lines at a time: what is not there yet is loaded, and every fault gets a row of the result."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import Cell
from backhaul.marketplace import access, errands
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step, answers, check_right
from backhaul.marketplace.order_faults import SENTENCES, BadHeader, BadRow, Imported
from backhaul.marketplace.order_pieces import Piece, pieces
from backhaul.marketplace.orders import OrderLine, read_numbered

LINES_A_STEP = 200
COLUMNS = ("line", "column", "code", "detail", "value")
NOTHING = {"new": 0, "known": 0, "bad": 0}


def check_header(raw: bytes, at: datetime) -> int:
    """About how many lines the file has; `Refused` when its columns are not those of orders."""
    try:
        read_numbered(_lines(raw), at)
    except BadHeader as error:
        raise Refused("order_columns_differ", "invalid", "file", **error.facts()) from error
    return raw.count(b"\n") + (not raw.endswith(b"\n"))


def take_in(bench: Bench, job: Job) -> Iterator[Step]:
    """Each piece has a key of its own: done again, it counts as it did."""
    asked: Any = job.wanted
    with bench.database.read() as tx:
        objection = access.objection(tx, asked.by, bench.now())
    if objection is not None:
        yield from done_before(bench, job, Step(0, job.total))
        raise objection
    told = NOTHING
    for piece in _pieces(bench, job):
        lines = [line for _, line in piece.good]

        def run(tx: Tx, at: datetime, lines: list[OrderLine] = lines) -> bytes:
            check_right(tx, asked.by, at)
            return msgspec.json.encode(errands.import_lines(tx, lines, bench.reconciling.house.terms.policy))

        said = fingerprint((job.id, piece.number))
        errand = Errand(run, access.Known(asked.by), _key(job, piece), said)
        told, rows = _came_of(piece, bench.desk.perform_now(errand).body, told, asked.language)
        yield Step(piece.last, max(job.total, piece.last), rows, told)


def done_before(bench: Bench, job: Job, last: Step) -> Iterator[Step]:
    """Of the pieces that come after this step, those that an earlier attempt had handed in."""
    asked: Any = job.wanted
    told = last.told or NOTHING
    for piece in _pieces(bench, job):
        if piece.last > last.done:
            for body in answers(bench, asked.by, [_key(job, piece)]).values():
                told, rows = _came_of(piece, body, told, asked.language)
                yield Step(piece.last, max(job.total, piece.last), rows, told)


def _pieces(bench: Bench, job: Job) -> Iterator[Piece]:
    """The file as it was handed in, read as at that instant, so that every attempt finds the same pieces."""
    with bench.database.read() as tx:
        raw = queries.input_of(tx, job.id)
    yield from pieces(read_numbered(_lines(raw), job.created_at), LINES_A_STEP)


def _lines(raw: bytes) -> Iterator[str]:
    return iter(io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", errors="surrogateescape", newline=""))


def _key(job: Job, piece: Piece) -> str:
    return f"job-{job.id}:{piece.number}"


def _came_of(
    piece: Piece, body: bytes, told: dict[str, int], language: str
) -> tuple[dict[str, int], list[Sequence[Cell]]]:
    """The sums with this piece, and its faults in the order of the file."""
    done = msgspec.json.decode(body, type=Imported)
    bad = list(piece.bad)
    for it in done.conflicts:
        line, row = piece.good[it.place]
        bad.append(BadRow(line, it.column, it.code, str(getattr(row, it.column))))
    conflicts = len({it.place for it in done.conflicts})
    sums = {
        "new": told["new"] + done.new,
        "known": told["known"] + len(piece.good) - done.new - conflicts,
        "bad": told["bad"] + len({row.line for row in bad}),
    }
    rows: list[Sequence[Cell]] = [
        (it.line, it.column, it.code, i18n.gettext(language, SENTENCES[it.code]), it.value)
        for it in sorted(bad, key=lambda row: row.line)
    ]
    return sums, rows


KINDS = {"orders": Kind(COLUMNS, N_("Orders"), take_in, changes=True, done_before=done_before)}
