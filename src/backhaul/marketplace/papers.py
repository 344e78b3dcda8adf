"""What people print and keep: the drop-off pass, the hand-over act, the disposal certificate. Each in its reader's language."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from backhaul.kit import i18n, paper
from backhaul.kit.database import Tx
from backhaul.kit.days import last_moment
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries, texts
from backhaul.marketplace.office import Office
from backhaul.marketplace.passes import DropOffPass
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

POINTS_ON_PAPER = 12
PHOTOS_ON_PAPER = 4

BRING = (
    N_("The product with everything that came with it."),
    N_("Its packaging, if you still have it."),
    N_("This pass, on the phone or on paper."),
)


class Certificate(msgspec.Struct, frozen=True, omit_defaults=True):
    """That a product was destroyed: when, where, how, before whom (R109). It names no person."""

    number: str
    return_id: int
    return_number: str
    seller_id: int
    product: str
    offer_id: str
    method: str
    disposed_at: datetime
    photos: tuple[str, ...]
    witness_role: str = ""
    weight_gram: int | None = None
    serial: str = ""
    marking_code: str = ""
    point_id: str = ""
    address: str = ""
    received_at: datetime | None = None
    seal: str = ""
    seal_intact: bool | None = None
    seal_matches: bool | None = None


def certificate_of(tx: Tx, return_id: int, by: By) -> Certificate:
    """The certificate, for everybody of this return but its customer."""
    it = queries.one(tx, return_id)
    if it is None or not concerns(it, by) or by.role in {Role.CUSTOMER, Role.PARTNER} or it.disposal is None:
        raise Refused("not_found", "missing")
    at = {happening.kind: happening.at for happening in queries.history(tx, return_id)}
    done, received = it.disposal, it.received
    point = next((point for point in queries.points(tx) if point.id == done.point_id), None)
    return Certificate(
        number=done.certificate,
        return_id=it.id,
        return_number=it.number,
        seller_id=it.seller_id,
        product=it.line.name,
        offer_id=it.line.offer_id,
        method=done.method,
        disposed_at=done.at or at["DisposalCertified"],
        photos=done.photos,
        witness_role=done.witness_role or "",
        weight_gram=done.weight_gram,
        serial=it.line.serial or "",
        marking_code=it.line.marking_code or "",
        point_id=done.point_id,
        address=point.address if point else "",
        received_at=at.get("ReceivedForDisposal"),
        seal=received.seal if received else "",
        seal_intact=received.seal_intact if received and received.point_id else None,
        seal_matches=received.seal_matches if received else None,
    )


def certificate_rows(it: Certificate, language: str) -> list[tuple[str, str]]:
    """What stands on the certificate, label and words, for the page and the paper alike."""

    def t(text: str) -> str:
        return i18n.gettext(language, text)

    seal = "" if it.seal_intact is None else t(N_("Intact")) if it.seal_intact else t(N_("Broken"))
    if it.seal_matches is False:
        seal = f"{seal} · {t(N_('another number than at the pick-up point'))}"
    rows = [
        (t(N_("Return")), it.return_number),
        (t(N_("Seller")), str(it.seller_id)),
        (t(N_("Product")), it.product),
        (t(N_("Article")), it.offer_id),
        (t(N_("Serial number")), it.serial),
        (t(N_("Marking code")), it.marking_code),
        (t(N_("Received at the sorting point")), i18n.moment(it.received_at, language) if it.received_at else ""),
        (t(N_("Seal number")), it.seal),
        (t(N_("Seal")), seal),
        (t(N_("Destroyed")), i18n.moment(it.disposed_at, language)),
        (t(N_("Place")), " · ".join(part for part in (it.point_id, it.address) if part)),
        (t(N_("Method")), t(texts.METHOD_LABELS.get(it.method, it.method))),
        (t(N_("Weight")), i18n.kilograms(it.weight_gram, language) if it.weight_gram else ""),
        (t(N_("Witness")), t(texts.WITNESS_LABELS[it.witness_role]) if it.witness_role else ""),
    ]
    return [row for row in rows if row[1]]


def certificate_pdf(office: Office, it: Certificate, language: str) -> bytes:
    """The certificate on paper, with its photos."""
    photos = {f"photo{n}.jpg": office.blobs.read(photo) for n, photo in enumerate(it.photos[:PHOTOS_ON_PAPER])}
    data = {
        "title": i18n.gettext(language, N_("Disposal certificate")),
        "number": it.number,
        "lead": i18n.gettext(language, N_("The product below was destroyed and cannot be sold again.")),
        "rows": certificate_rows(it, language),
        "photos": list(photos),
        "foot": i18n.sentence(language, N_("Photos kept with the return: {count}"), {"count": len(it.photos)}),
    }
    return paper.pdf(_template("certificate.typ"), data, photos)


def facts_pdf(data: dict[str, Any]) -> bytes:
    """Facts on paper, label and words, under a title and a sentence."""
    return paper.pdf(_template("certificate.typ"), data)


def pass_pdf(it: DropOffPass, link: str, language: str) -> bytes:
    """The pass on paper: the code for the scanner and in letters, where, until when, what to bring."""
    last = i18n.moment(last_moment(it.valid_until), language)
    data = {
        "title": i18n.gettext(language, N_("Drop-off pass")),
        "number": it.return_number,
        "code": it.code,
        "product": it.product,
        "until": i18n.sentence(language, N_("Valid until {until}"), {"until": last}),
        "where": i18n.gettext(language, N_("Where")),
        "points": [(point.id, point.address) for point in it.points[:POINTS_ON_PAPER]],
        "bring_title": i18n.gettext(language, N_("What to bring")),
        "bring": [i18n.gettext(language, text) for text in BRING],
        "secret": i18n.gettext(language, N_("Show this code at the counter only, and give it to nobody else.")),
    }
    return paper.pdf(_template("pass.typ"), data, {"code.svg": paper.qr_svg(link).encode()})


def handover_pdf(goods: Sequence[Return], point: queries.Point, carrier: str, waybill: str, at: datetime,
                 language: str) -> bytes:  # fmt: skip
    """The hand-over act: what a carrier took from a point with one waybill, to be signed by both."""

    def t(text: str) -> str:
        return i18n.gettext(language, text)

    head = [t(N_("Return")), t(N_("Product")), t(N_("Seal number")), t(N_("Weight"))]
    data: dict[str, Any] = {
        "title": t(N_("Hand-over act")),
        "facts": [
            (t(N_("Pick-up point")), f"{point.id} · {point.address}"),
            (t(N_("Carrier")), carrier),
            (t(N_("Waybill")), waybill or "—"),
            (t(N_("Handed over")), i18n.moment(at, language)),
            (t(N_("Pieces")), str(len(goods))),
        ],
        "head": head,
        "rows": [_handed_over(it, language) for it in goods],
        "gives": t(N_("Handed over by")),
        "takes": t(N_("Taken over by")),
    }
    return paper.pdf(_template("handover.typ"), data)


def _handed_over(it: Return, language: str) -> tuple[str, str, str, str]:
    seal = it.check.seal if it.check else ""
    weight = it.check.weight_gram if it.check else None
    return it.number, it.line.name, seal or "—", i18n.kilograms(weight, language) if weight else "—"


@cache
def _template(name: str) -> str:
    return (files("backhaul.marketplace") / "templates" / name).read_text(encoding="utf-8")
