"""One print of labels: written down for every unit, then made into one file. Pages and API alike."""

from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response
from msgspec import Meta

from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.partner import access, labels, orphan_queries, queries
from backhaul.partner.doors import act
from backhaul.partner.links import Links
from backhaul.partner.office import Office
from backhaul.partner.orphan_acts import orphan_act
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.orphans import OrphanStatus, PrintOrphanLabel
from backhaul.partner.rules.receiving import LABEL_FORMS
from backhaul.partner.rules.words import Role, Status
from backhaul.partner.speakers import remembered

Ids = Annotated[tuple[int, ...], Meta(max_length=labels.LABELS_MAX)]
MEDIA_TYPES = {"pdf": "application/pdf", "zpl": "application/zpl"}


_decode = msgspec.json.Decoder(list[labels.Label]).decode


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose labels, and as what: `pdf` or `zpl`. Printing again is a print of its own."""

    parcel_ids: Ids = ()
    orphan_ids: Ids = ()
    form: Annotated[str, Meta(max_length=10)] = "pdf"


class Made(msgspec.Struct, frozen=True):
    """A file of labels."""

    data: bytes
    form: str
    name: str

    def answer(self) -> Response[bytes]:
        """As a browser and a program get it: the PDF to look at, the ZPL to send to the printer."""
        place = "inline" if self.form == "pdf" else "attachment"
        headers = {
            "content-disposition": f'{place}; filename="{self.name}.{self.form}"',
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        return Response(self.data, media_type=MEDIA_TYPES[self.form], headers=headers, status_code=200)


def number_of(text: str) -> int:
    """An id of a form; 0, which nobody has, for anything else."""
    return whole_number(text) or 0


async def printed(office: Office, wanted: Wanted, caller: access.Caller, by: By, links: Links, request_id: str = "", *,
                  key: str = "") -> Made:  # fmt: skip
    """Nothing is printed when one of them cannot be.

    With a key, a print that is asked for again is the same print: its labels say what they said, whatever became of the units.
    """
    if by.role not in (Role.RECEIVER, Role.SUPERVISOR):
        raise Refused("not_your_role", "forbidden", act="PrintParcelLabel", role=by.role)
    count = len(wanted.parcel_ids) + len(wanted.orphan_ids)
    if not count:
        raise Refused("nothing_chosen", "invalid", "parcel_ids")
    if count > labels.LABELS_MAX:
        raise Refused("too_many_labels", "invalid", "parcel_ids", count_max=labels.LABELS_MAX)
    if wanted.form not in LABEL_FORMS:
        raise Refused("unknown_label_form", "invalid", "form", known=list(LABEL_FORMS))
    whole = fingerprint(("labels", wanted))
    if key:
        known = await to_thread.run_sync(remembered, office, caller, key, whole)
        if known:
            return await to_thread.run_sync(_made, office, wanted, _decode(known))
        # Another print with this key is refused before anything is written down.
        await office.desk.perform(Errand(lambda _tx, _at: b"", caller, f"{key}:labels", whole))
    await to_thread.run_sync(_check, office, wanted)

    def named(kind: str, number: int) -> str:
        return f"{key}:{kind}{number}" if key else ""

    for parcel_id in dict.fromkeys(wanted.parcel_ids):
        name = named("p", parcel_id)
        await act(office, parcel_id, do.PrintParcelLabel(wanted.form), caller, by, key=name, request_id=request_id)
    for orphan_id in dict.fromkeys(wanted.orphan_ids):
        name = named("o", orphan_id)
        await orphan_act(office, orphan_id, PrintOrphanLabel(wanted.form), caller, by, key=name, request_id=request_id)
    drawn = await to_thread.run_sync(_drawn, office, wanted, links)
    if key:
        await office.desk.perform(Errand(lambda _tx, _at: msgspec.json.encode(drawn), caller, key, whole))
    return await to_thread.run_sync(_made, office, wanted, drawn)


def _check(office: Office, wanted: Wanted) -> None:
    with office.database.read() as tx:
        units = [queries.one(tx, parcel_id) for parcel_id in wanted.parcel_ids]
        orphans = [orphan_queries.one(tx, orphan_id) for orphan_id in wanted.orphan_ids]
    if None in units or None in orphans:
        raise Refused("not_found", "missing")
    for orphan in orphans:
        if orphan is not None and orphan.status is not OrphanStatus.OPEN:
            raise Refused("orphan_is_closed", orphan_status=orphan.status, parcel=orphan.parcel_number)
    for it in units:
        if it is not None and it.status not in (Status.ARRIVED, Status.DISPOSAL_DUE, Status.IN_WORK):
            raise Refused("no_label_now", "conflict", "parcel_ids", parcel=it.number, status=it.status)


def _drawn(office: Office, wanted: Wanted, links: Links) -> list[labels.Label]:
    policy = office.house.terms.policy
    with office.database.read() as tx:
        units: list[Any] = [queries.one(tx, parcel_id) for parcel_id in dict.fromkeys(wanted.parcel_ids)]
        orphans: list[Any] = [orphan_queries.one(tx, orphan_id) for orphan_id in dict.fromkeys(wanted.orphan_ids)]
    return [
        *(labels.of_parcel(it, policy, links) for it in units),
        *(labels.of_orphan(it, policy, links) for it in orphans),
    ]


def _made(office: Office, wanted: Wanted, drawn: list[labels.Label]) -> Made:
    policy = office.house.terms.policy
    data = labels.as_pdf(drawn) if wanted.form == "pdf" else labels.as_zpl(drawn, policy)
    return Made(data, wanted.form, drawn[0].number if len(drawn) == 1 else "labels")
