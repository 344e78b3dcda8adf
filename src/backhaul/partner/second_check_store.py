"""SQL that writes second checks. Only the desk calls it."""

import msgspec
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused
from backhaul.partner import second_check_queries
from backhaul.partner import tables as t
from backhaul.partner.rules.second_checks import SecondCheck, leave

encode = msgspec.json.Encoder().encode
INSERT_WEEK = Statement(t.inspector_weeks.insert())
INSERT = Statement(t.second_checks.insert())
UPDATE = Statement(
    t.second_checks.update()
    .where(t.second_checks.c.parcel_id == bindparam("parcel"), t.second_checks.c.status == bindparam("seen"))
    .values(status=bindparam("to_status"), second=bindparam("by_second"), doc=bindparam("to_doc"))
)


def keep(tx: Tx, before: SecondCheck, after: SecondCheck) -> None:
    """Write where a second check stands now, if nobody was quicker."""
    kept = tx.run(
        UPDATE, parcel=after.parcel_id, seen=before.status, to_status=after.status, by_second=after.second,
        to_doc=encode(after),
    )  # fmt: skip
    if kept != 1:
        raise Refused("version_conflict")


def end(tx: Tx, parcel_id: int) -> None:
    """A unit has left the house: a second check that waits for it is over."""
    second = second_check_queries.one(tx, parcel_id)
    after = None if second is None else leave(second)
    if second is not None and after is not None and after is not second:
        keep(tx, second, after)
