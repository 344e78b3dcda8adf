"""What a carrier's file of statuses does, line by line: unknown numbers are told, a file or line that comes again does nothing."""

import hashlib
import logging
from datetime import datetime
from pathlib import PurePath

import msgspec
from msgspec.structs import replace

from backhaul.kit import forms
from backhaul.kit.database import DatabaseError, Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.partner import consignment_errands, consignment_store
from backhaul.partner import consignment_queries as look
from backhaul.partner.carriers import StatusLine, legible, line_of, rows_of
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.packing import instant
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Terms
from backhaul.partner.rules.words import ConsignmentStatus, Role, TrackingStatus
from backhaul.partner.shapes import CarrierLine, CarrierResult, Signed

NAME_CHARACTERS_MAX = 120
PROBLEMS_KEPT = 200

LOG = logging.getLogger("backhaul.carriers")


def take_file(tx: Tx, desk: Desk[Parcel], name: str, data: bytes, terms: Terms, signed: Signed) -> CarrierResult:
    """Read a file of statuses and do what it says, but for the lines that are set aside with their reason.

    `signed`: who brought it; its words are the carrier's.
    """
    name = legible(PurePath(name).name)[:NAME_CHARACTERS_MAX] or "statuses"
    digest = hashlib.sha256(data).hexdigest()
    known = look.carrier_file(tx, digest)
    if known is not None:
        return replace(known.result, again=True)
    rows = rows_of(name, data)
    problems: list[CarrierLine] = []
    applied = 0
    carrier = Signed(By(Role.CARRIER, signed.by.id), signed.at, signed.request_id or name)
    for number, row in enumerate(rows, start=1):
        try:
            with tx.savepoint():
                applied += _take(tx, desk, line_of(row), terms, carrier)
        except Refused as refused:
            problems.append(aside(number, row, refused))
        except DatabaseError:
            raise
        except Exception:  # a fault of ours: the other lines must not wait for its repair
            LOG.exception("line %d of the carrier's file %s failed", number, name)
            problems.append(aside(number, row, Refused("failed", "away")))
    result = CarrierResult(name, len(rows), applied, tuple(problems[:PROBLEMS_KEPT]))
    consignment_store.keep_file(tx, digest, name, result, signed)
    return result


def aside(number: int, row: dict[str, str], refused: Refused) -> CarrierLine:
    """What is told of a line that was not taken. 0: of the whole file."""
    named, status = (legible(row.get(name, "")) for name in ("number", "status"))
    return CarrierLine(
        number, named, status, refused.code, refused.field or "", msgspec.to_builtins(dict(refused.facts))
    )


def _take(tx: Tx, desk: Desk[Parcel], line: StatusLine, terms: Terms, signed: Signed) -> bool:
    """Whether a line said something new."""
    found = look.by_code(tx, line.number)
    it = None if found is None else look.one(tx, found)
    if it is None:
        raise Refused("consignment_unknown", "missing", "number", number=line.number)
    before = it.version
    for command in commands_of(it, line, signed.at):
        it = consignment_errands.move(tx, desk, it.id, command, terms, signed)
    return it.version != before


def commands_of(it: Consignment, line: StatusLine, at: datetime) -> list[do.Any]:
    """What a line asks for. A consignment that is said to be on its way has been taken over before."""
    if line.status.strip().lower() not in list(TrackingStatus):
        raise Refused("tracking_status_unknown", "invalid", "status", known=list(TrackingStatus))
    status = TrackingStatus(line.status.strip().lower())
    when = instant(line.at, at)
    wanted: list[do.Any] = []
    if it.status is ConsignmentStatus.CLOSED and (line.tracking or it.tracking):
        wanted.append(do.DispatchConsignment(line.tracking or it.tracking))
    elif it.status is ConsignmentStatus.CLOSED:
        raise Refused("tracking_needed", "invalid", "tracking")
    if status is TrackingStatus.DELIVERED:
        if it.status is ConsignmentStatus.DELIVERED:
            return []
        to = line.received_by or it.company
        wanted.append(do.DeliverConsignment(to, when.astimezone(MOSCOW).date().isoformat()))
    elif status is TrackingStatus.LOST:
        if it.status is ConsignmentStatus.LOST:
            return []
        wanted.append(do.NoteConsignmentLost(line.note or line.place or status.value))
    elif not (wanted and status is TrackingStatus.ACCEPTED):
        wanted.append(do.NoteTracking(status, when.isoformat(), line.place, line.note))
    return [forms.convert(type(one), _fields(one)) for one in wanted]


def _fields(command: do.Any) -> dict[str, object]:
    """For the limits of each field, which making a command does not check."""
    return {name: getattr(command, name) for name in command.__struct_fields__}
