"""What is published of the draw, to everybody: epochs, and once an epoch is over its key and its log, as JSON and CSV (D21)."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

import msgspec
from litestar import Response, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.kept import OPEN
from backhaul.kit.machine import Refused
from backhaul.partner import draw_queries
from backhaul.partner.draw_check import METHOD
from backhaul.partner.draw_queries import Drawn, Epoch
from backhaul.partner.office import Office
from backhaul.partner.rules import sampling
from backhaul.partner.speakers import invalid

COLUMNS = (
    "return_number", "stratum", "basis", "policy_version", "share_pct", "number", "digest", "drawn", "rules", "at",
)  # fmt: skip
_encode = msgspec.json.Encoder().encode


class EpochView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An epoch as it is published. `key` in hexadecimal digits, `units` and `drawn` once it is over."""

    number: int
    begins: datetime
    ends: datetime
    published_at: datetime
    key_sha256: str
    over: bool
    key: str = ""
    units: int = 0
    drawn: int = 0


class DrawRecord(msgspec.Struct, frozen=True):
    """A line of the log as it is published."""

    return_number: str
    stratum: str
    basis: str
    policy_version: str
    share_pct: int
    number: str
    digest: str
    drawn: bool
    rules: tuple[str, ...]
    at: datetime


class WholeEpoch(EpochView, frozen=True, omit_defaults=True):
    """An epoch, how it draws and, once it is over, its whole log."""

    method: str = ""
    draws: tuple[DrawRecord, ...] = ()


def views(office: Office, tx: Tx, epochs: list[Epoch]) -> list[EpochView]:
    """What may be known of these epochs now."""
    at = office.clock.now()
    counted = draw_queries.counts(tx, [one.number for one in epochs if one.is_over(at)])
    return [
        EpochView(
            one.number, one.begins, one.ends, one.published, one.key_sha256, one.is_over(at),
            office.seal.open(one.sealed_key) if one.is_over(at) else "", *counted.get(one.number, (0, 0)),
        )
        for one in epochs
    ]  # fmt: skip


def found(office: Office, number: int) -> EpochView:
    """A published epoch, or `Refused` as missing."""
    with office.database.read() as tx:
        epoch = draw_queries.epoch(tx, number)
        if epoch is None:
            raise Refused("not_found", "missing")
        return views(office, tx, [epoch])[0]


def newest(office: Office, before: int = 2**31 - 1) -> list[EpochView]:
    """The newest epochs first."""
    with office.database.read() as tx:
        return views(office, tx, draw_queries.epochs(tx, before))


def record(line: Drawn) -> dict[str, Any]:
    """A line of the log as it is published."""
    return {
        "return_number": line.return_number, "stratum": line.stratum, "basis": line.basis,
        "policy_version": line.policy_version, "share_pct": line.share_pct, "number": sampling.decimal(line.digest),
        "digest": line.digest, "drawn": line.drawn, "rules": line.rules, "at": line.at.isoformat(),
    }  # fmt: skip


def routes(office: Office) -> list[Any]:
    """The files, for pages and API alike."""

    @get(
        "/api/v1/draws",
        summary="The epochs of the draw, newest first, 50 a page; open to all",
        tags=["draw"],
        opt=OPEN,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
    )
    @http.in_thread
    def draws(before: FromQuery[int] = 2**31 - 1) -> list[EpochView]:
        return newest(office, before)

    @get(
        "/api/v1/draws/{number:int}",
        summary="One epoch; when it is over with its key and its whole log; open to all",
        media_type="application/json",
        tags=["draw"],
        opt=OPEN,
    )
    @http.in_thread
    def draw(number: FromPath[int]) -> Response[WholeEpoch]:
        pages = Stream(document(office, found(office, number)), media_type="application/json")
        return cast("Response[WholeEpoch]", pages)

    @get("/draw/{number:int}/log.csv", include_in_schema=False, opt=OPEN)
    @http.in_thread
    def log(number: FromPath[int]) -> Response[Any]:
        epoch = found(office, number)
        if not epoch.over:
            raise Refused("draw_not_over", "conflict", ends=epoch.ends)
        headers = {"content-disposition": f'attachment; filename="draw-{number}.csv"'}
        return Stream(table(office, epoch), media_type="text/csv", headers=headers)

    return [draws, draw, log]


def document(office: Office, epoch: EpochView) -> Callable[[], Iterator[bytes]]:
    """The whole of an epoch as one JSON document, page by page of its log."""

    def pages() -> Iterator[bytes]:
        head = {**msgspec.structs.asdict(epoch), "method": METHOD}
        yield _encode(head)[:-1] + b',"draws":['
        between = b""
        for lines in draw_queries.whole_log(office.database, epoch.number) if epoch.over else ():
            for line in lines:
                yield between + _encode(record(line))
                between = b",\n"
        yield b"]}\n"

    return pages


def table(office: Office, epoch: EpochView) -> Callable[[], Iterator[str]]:
    """The log of an epoch as CSV."""

    def pages() -> Iterator[str]:
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        for lines in draw_queries.whole_log(office.database, epoch.number):
            for line in lines:
                said = record(line) | {"drawn": "yes" if line.drawn else "no", "rules": " ".join(line.rules)}
                rows.writerow([said[name] for name in COLUMNS])
            yield out.getvalue()
            out.seek(0)
            out.truncate()
        yield out.getvalue()

    return pages
