"""What is certified of one unit: the disposal certificate, and the act of its hand-over to a collector. Each as a PDF."""

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from backhaul.kit import i18n, paper
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner.office import Office
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import DisposalStatus, Status

PHOTOS_ON_PAPER = 4
LEGAL_NOTE = N_(
    "The unit named above was destroyed before the witness named above and cannot be sold again. This certificate is issued from the warehouse's records, which are chained and cannot be changed."
)
ACT_NOTE = N_(
    "The collector named above showed the code that was given to the seller, and received the unit named above."
)


def has_certificate(it: Parcel) -> bool:
    """Whether the unit was destroyed, with a certificate."""
    return it.disposal.status is DisposalStatus.DESTROYED


def has_act(it: Parcel) -> bool:
    """Whether the unit was handed over to a collector."""
    return it.status is Status.PICKED_UP


def act_number(it: Parcel) -> str:
    """The number of the hand-over act."""
    return f"HA-{it.number}"


def certificate_pdf(office: Office, it: Parcel, language: str) -> bytes:
    """The disposal certificate: what, when, how, how heavy, before whom, with photos. `Refused` when there is none."""
    if not has_certificate(it):
        raise Refused("not_found", "missing")

    def t(text: str) -> str:
        return i18n.gettext(language, text)

    done = it.disposal
    photos = {f"photo{n}.jpg": office.blobs.read(photo) for n, photo in enumerate(done.photos[:PHOTOS_ON_PAPER])}
    data = _sheet(t(N_("Disposal certificate")), done.certificate, certificate_rows(it, language), t(LEGAL_NOTE))
    data["photos"] = list(photos)
    data["foot"] = i18n.sentence(language, N_("Photos kept with the unit: {count}"), {"count": len(done.photos)})
    data["signatures"] = [t(N_("For the warehouse")), t(N_("Witness"))]
    return paper.pdf(_template(), data, photos, at=done.destroyed_at)


def certificate_rows(it: Parcel, language: str) -> list[tuple[str, str]]:
    """What stands on the disposal certificate, label and words."""

    def t(text: str) -> str:
        return i18n.gettext(language, text)

    done = it.disposal
    weight = done.weight_gram or it.weight_gram
    because = N_("Nobody decided in time") if it.undecided else N_("The seller decided so")
    rows = [
        *_unit_rows(it, language),
        (t(N_("Destroyed")), i18n.moment(done.destroyed_at, language) if done.destroyed_at else ""),
        (t(N_("Place")), it.warehouse),
        (t(N_("Method")), done.method),
        (t(N_("Weight")), i18n.kilograms(weight, language) if weight else ""),
        (t(N_("Witness")), done.witness),
        (t(N_("Why it was destroyed")), t(because)),
    ]
    return [row for row in rows if row[1]]


def act_pdf(it: Parcel, language: str) -> bytes:
    """The hand-over act: who collected, that the code was confirmed, lines to sign on. `Refused` when there is none."""
    if not has_act(it):
        raise Refused("not_found", "missing")

    def t(text: str) -> str:
        return i18n.gettext(language, text)

    data = _sheet(t(N_("Hand-over act")), act_number(it), act_rows(it, language), t(ACT_NOTE))
    data["signatures"] = [t(N_("Handed over by")), t(N_("Taken over by"))]
    return paper.pdf(_template(), data, at=it.finished_at)


def act_rows(it: Parcel, language: str) -> list[tuple[str, str]]:
    """What stands on the hand-over act, label and words."""

    def t(text: str) -> str:
        return i18n.gettext(language, text)

    rows = [
        *_unit_rows(it, language),
        (t(N_("Handed over")), i18n.moment(it.finished_at, language) if it.finished_at else ""),
        (t(N_("Place")), it.warehouse),
        (t(N_("Weight")), i18n.kilograms(it.weight_gram, language) if it.weight_gram else ""),
        (t(N_("Collector")), it.collector),
        (t(N_("One-time code")), t(N_("confirmed"))),
    ]
    return [row for row in rows if row[1]]


def _unit_rows(it: Parcel, language: str) -> list[tuple[str, str]]:
    def t(text: str) -> str:
        return i18n.gettext(language, text)

    unit = it.unit
    return [
        (t(N_("Parcel")), it.number),
        (t(N_("Return")), unit.return_number),
        (t(N_("Shipment of the order")), unit.posting_number),
        (t(N_("Seller")), str(it.seller_id)),
        (t(N_("Product")), unit.name),
        (t(N_("Article")), unit.offer_id),
        (t(N_("Serial number")), unit.serial or ""),
        (t(N_("Marking code")), unit.marking_code or ""),
        (t(N_("Arrived")), _moment(it.arrived_at, language)),
    ]


def _moment(at: datetime | None, language: str) -> str:
    return "" if at is None else i18n.moment(at, language)


def _sheet(title: str, number: str, rows: list[tuple[str, str]], note: str) -> dict[str, Any]:
    return {"title": title, "number": number, "rows": rows, "note": note, "photos": [], "foot": "", "signatures": []}


@cache
def _template() -> str:
    return (files("backhaul.partner") / "templates" / "certificate.typ").read_text(encoding="utf-8")
