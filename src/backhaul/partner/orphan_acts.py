"""One act in the orphan bay through the desk, for pages and API alike."""

from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.partner import access, orphan_errands
from backhaul.partner.office import Office
from backhaul.partner.rules import orphans as o
from backhaul.partner.rules.around import By


class OrphanSummary(msgspec.Struct, frozen=True):
    """What an act answers: where the orphan stands now."""

    orphan_id: int
    number: str
    status: str
    parcel_id: int | None
    version: int


def _summary(it: o.Orphan) -> bytes:
    return msgspec.json.encode(OrphanSummary(it.id, it.number, it.status, it.parcel_id, it.version))


async def register(office: Office, form: o.Register, caller: access.Caller, by: By, *, key: str = "",
                   request_id: str = "") -> bytes:  # fmt: skip
    """A new orphan; a form that comes twice makes one."""

    def run(tx: Tx, at: datetime) -> bytes:
        return _summary(orphan_errands.register(tx, form, by, office.house.terms, at, request_id))

    _check_role(by, "Register")
    body_hash = fingerprint(("register", form)) if key else b""
    answer = await office.desk.perform(Errand(run, caller, key, body_hash, "Register"))
    return answer.body


async def orphan_act(office: Office, orphan_id: int, command: o.Command, caller: access.Caller, by: By, *, key: str = "",
                     seen: int | None = None, request_id: str = "") -> bytes:  # fmt: skip
    """One command to one orphan."""

    def run(tx: Tx, at: datetime) -> bytes:
        terms = office.house.terms
        return _summary(orphan_errands.act(tx, office.desk, orphan_id, command, by, terms, at, seen, request_id))

    what = type(command).__name__
    _check_role(by, what)
    body_hash = fingerprint((orphan_id, what, command)) if key else b""
    answer = await office.desk.perform(Errand(run, caller, key, body_hash, f"{what} orphan {orphan_id}"))
    return answer.body


def _check_role(by: By, what: str) -> None:
    """Whoever has no business in the bay is not told what lies there."""
    if by.role not in o.HANDS:
        raise Refused("not_your_role", "forbidden", act=what, role=by.role)
