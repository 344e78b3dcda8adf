"""What pages and API of consignments share: acts by their word in the URL, documents by name, files of carriers."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response

from backhaul.kit import http
from backhaul.kit.blobs import PDF_BEGINS
from backhaul.kit.database import Tx
from backhaul.kit.desk import Answer, Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.uploads import Read
from backhaul.partner import access, carrier_errands, consignment_errands, freight_papers, queries
from backhaul.partner import consignment_queries as look
from backhaul.partner.carriers import carton_code as code_of
from backhaul.partner.carriers import manifest_csv, manifest_json
from backhaul.partner.consignment_errands import NewConsignment
from backhaul.partner.doors import uploader
from backhaul.partner.links import Links
from backhaul.partner.office import Office
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules import packing
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.freight import Carton, chargeable_gram, ship_by
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Terms
from backhaul.partner.rules.words import ConsignmentStatus, Role
from backhaul.partner.shapes import CarrierResult, Signed

# Acts by their word in the URL: /consignments/7/pack-unit.
ACTS: dict[str, type[do.Command]] = {
    "".join(f"-{c.lower()}" if c.isupper() else c for c in act.__name__).lstrip("-"): act
    for act in (
        do.PackUnit, do.TakeOutUnit, do.AddCarton, do.MeasureCarton, do.RemoveCarton, do.DeclareGoods,
        do.CloseConsignment, do.CancelConsignment, do.DispatchConsignment, do.NoteTracking, do.DeliverConsignment,
        do.NoteConsignmentLost,
    )
}  # fmt: skip
ACT_WORDS: dict[type, str] = {act: word for word, act in ACTS.items()}
WAITS_HERE = (ConsignmentStatus.OPEN, ConsignmentStatus.CLOSED)


__all__ = [
    "ACTS",
    "ACT_WORDS",
    "Summary",
    "Waiting",
    "act",
    "begin",
    "chargeable",
    "code_of",
    "file_of",
    "is_late",
    "proof_answer",
    "store_document",
    "take_file",
    "waiting_units",
]


class Summary(msgspec.Struct, frozen=True):
    """What an act answers: where the consignment stands now."""

    consignment_id: int
    number: str
    status: ConsignmentStatus
    version: int
    units: int
    price: Money | None = None


class Waiting(msgspec.Struct, frozen=True):
    """A unit that waits to be packed: until when it should leave, and what holds it back (a refusal's code)."""

    it: Parcel
    ship_by: datetime | None
    held_back: str = ""


async def begin(office: Office, said: NewConsignment, caller: access.Caller, by: By, *, key: str = "",
                request_id: str = "") -> Answer:  # fmt: skip
    """A consignment to an address."""

    def run(tx: Tx, at: datetime) -> bytes:
        it = consignment_errands.begin(tx, said, office.house.terms, Signed(by, at, request_id))
        return _summary(it)

    return await office.desk.perform(Errand(run, caller, key, fingerprint(said) if key else b""))


async def act(office: Office, consignment_id: int, command: Any, caller: access.Caller, by: By, *, key: str = "",
              seen: int | None = None, request_id: str = "") -> Answer:  # fmt: skip
    """One command to one consignment through the desk."""
    body_hash = fingerprint((consignment_id, type(command).__name__, command)) if key else b""

    def run(tx: Tx, at: datetime) -> bytes:
        look.shown(tx, consignment_id, by)
        signed = Signed(by, at, request_id)
        terms = office.house.terms
        return _summary(consignment_errands.move(tx, office.desk, consignment_id, command, terms, signed, seen))

    return await office.desk.perform(
        Errand(run, caller, key, body_hash, what=f"{type(command).__name__} C-{consignment_id}")
    )


def _summary(it: Consignment) -> bytes:
    return msgspec.json.encode(Summary(it.id, it.number, it.status, it.version, len(it.units), it.price))


async def take_file(office: Office, name: str, data: bytes, caller: access.Caller, by: By, *, key: str = ""
                    ) -> CarrierResult:  # fmt: skip
    """A carrier's file of statuses, brought by a person of the warehouse."""
    if by.role not in (Role.RECEIVER, Role.SUPERVISOR):
        raise Refused("not_your_role", "forbidden", role=by.role)

    def run(tx: Tx, at: datetime) -> bytes:
        signed = Signed(by, at)
        return msgspec.json.encode(carrier_errands.take_file(tx, office.desk, name, data, office.house.terms, signed))

    answer = await office.desk.perform(
        Errand(run, caller, key, fingerprint(("carrier file", name, data)) if key else b"")
    )
    return msgspec.json.decode(answer.body, type=CarrierResult)


async def store_document(office: Office, read: Read, by: By) -> str:
    """Store and remember a photo or PDF; its id."""
    return await office.media.keep_document(read, uploader(by))


def waiting_units(tx: Tx, parcels: list[Parcel], at: datetime, office: Office) -> list[Waiting]:
    """What waits, longest first, each with its bound and what holds it back."""
    around = look.surroundings(tx, parcels)
    found = [_waiting(it, around[it.id], at, office) for it in parcels]
    return sorted(found, key=lambda one: (one.ship_by or at, one.it.id))


def _waiting(it: Parcel, around: Around, at: datetime, office: Office) -> Waiting:
    place = around.destinations.get(it.destination.id) if it.destination else None
    held = packing.held_back(it, at, office.house.terms, around)
    return Waiting(it, ship_by(it, place, office.house.terms.policy), held.code if held else "")


def price_of(office: Office, it: Consignment, by: By) -> Money | None:
    """What a consignment costs; while it is open, what closing it would cost now. None: it was cancelled."""
    if it.price is not None or it.status is ConsignmentStatus.CANCELLED:
        return it.price
    with office.look(by) as tx:
        units = {one.id: one for one in queries.by_ids(tx, [unit.parcel_id for unit in it.units])}
    return packing.quote(it, office.house.terms, units)


def is_late(it: Consignment, at: datetime) -> bool:
    """Whether it should have left the warehouse already."""
    return it.status in WAITS_HERE and it.ship_by is not None and at >= it.ship_by


def chargeable(it: Consignment, carton: Carton, terms: Terms) -> int:
    """The chargeable weight of a carton: as it was when the consignment was closed, else as it would be now."""
    if it.closed_at is not None:
        return it.chargeable_gram.get(carton.number, 0)
    return chargeable_gram(carton, terms.policy) if carton.is_measured else 0


def file_of(it: Consignment, name: str, links: Links) -> tuple[bytes, str]:
    """(content, media type) of a document of a consignment by its file's name."""
    stem, _, ending = name.rpartition(".")
    if it.closed_at is None:
        raise Refused("documents_after_closing", "conflict", number=it.number)
    if name == "manifest.json":
        return manifest_json(it), "application/json"
    if name == "manifest.csv":
        return manifest_csv(it).encode(), "text/csv"
    if ending == "pdf" and stem in freight_papers.NAMES:
        return freight_papers.pdf(it, stem, links), "application/pdf"
    raise Refused("not_found", "missing")


def proof_answer(office: Office, it: Consignment, blob_id: str) -> Response[bytes]:
    """A proof of delivery of this consignment, always as a download: strangers made it."""
    if blob_id not in {arrival.proof for arrival in it.arrivals if arrival.proof}:
        raise Refused("not_found", "missing")
    data = office.blobs.read(blob_id)
    kind, ending = ("application/pdf", "pdf") if data.startswith(PDF_BEGINS) else ("image/jpeg", "jpg")
    return http.file_answer(data, kind, f"proof-{it.number}.{ending}", inline=False)
