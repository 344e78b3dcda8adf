"""Our own label of a unit, 58 x 40 mm: as a PDF for any printer, as ZPL for a label printer. In the warehouse's language."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

from backhaul.kit import i18n, paper
from backhaul.kit.i18n import N_
from backhaul.partner import zpl
from backhaul.partner.links import Links
from backhaul.partner.rules.orphans import Orphan
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy

WIDTH_MM, HEIGHT_MM = 58, 40
LABELS_MAX = 50

HAZARD = N_("DANGER")
SHELF = N_("Shelf {shelf}")
RECEIVED = N_("Received {day}")
ORPHAN = N_("No known code")


class Label(msgspec.Struct, frozen=True):
    """What stands on one label. Its bar code says `number`, its square code `link`; `return_number` is nothing for an orphan."""

    number: str
    link: str
    return_number: str
    place: str
    hazard: str
    received: str
    product: str


def of_parcel(it: Parcel, policy: Policy, links: Links) -> Label:
    """The label of a unit that has arrived."""
    language = policy.label_language
    received = "" if it.arrived_at is None else _received(i18n.day(it.arrived_at, language), it.warehouse, language)
    return Label(it.number, links.unit(it), it.unit.return_number, _place(it.shelf, language), _hazard(language, hazard=it.hazard),
                 received, it.unit.name)  # fmt: skip


def of_orphan(it: Orphan, policy: Policy, links: Links) -> Label:
    """The label of a parcel in the orphan bay."""
    language = policy.label_language
    received = _received(i18n.day(it.registered_at, language), it.warehouse, language)
    return Label(it.number, links.orphan(it), i18n.gettext(language, ORPHAN), _place(it.shelf, language),
                 _hazard(language, hazard=it.hazard), received, it.note)  # fmt: skip


def as_pdf(labels: Sequence[Label]) -> bytes:
    """One page a label."""
    drawn, pictures = [], {}
    for n, label in enumerate(labels):
        bars, square = f"bars{n}.svg", f"square{n}.svg"
        pictures[bars] = paper.code128_svg(label.number).encode()
        pictures[square] = paper.qr_svg(label.link).encode()
        drawn.append({**msgspec.structs.asdict(label), "bars": bars, "square": square})
    return paper.pdf(_template(), {"labels": drawn}, pictures)


def as_zpl(labels: Sequence[Label], policy: Policy) -> bytes:
    """One `^XA` to `^XZ` a label."""
    return "".join(_zpl(label, policy.label_font) for label in labels).encode()


def _zpl(label: Label, font: str) -> str:
    it = zpl.Label(WIDTH_MM, HEIGHT_MM, font)
    it.text(16, 14, 44, label.number)
    it.code128(16, 68, 76, label.number)
    it.qr(340, 56, 3, label.link)
    if label.hazard:
        it.text(300, 14, 32, label.hazard, inverse=True)
    it.text(16, 160, 28, label.return_number)
    it.text(16, 196, 40, label.place)
    it.text(16, 246, 24, label.received)
    it.text(16, 280, 24, label.product)
    return it.zpl()


def _place(shelf: str, language: str) -> str:
    return i18n.sentence(language, SHELF, {"shelf": shelf}) if shelf else ""


def _hazard(language: str, *, hazard: bool) -> str:
    return i18n.gettext(language, HAZARD) if hazard else ""


def _received(day: str, warehouse: str, language: str) -> str:
    return f"{i18n.sentence(language, RECEIVED, {'day': day})} · {warehouse}"


@cache
def _template() -> str:
    return (files("backhaul.partner") / "templates" / "label.typ").read_text(encoding="utf-8")
