"""What travels with a consignment on paper: packing list, return invoice, customs note, carton labels.

In English and the language of the destination, from what was written when it was closed: made again they are the same.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from backhaul.kit import i18n, paper
from backhaul.kit.money import Money
from backhaul.partner import consignment_texts as texts
from backhaul.partner.carriers import carton_code
from backhaul.partner.doors import country
from backhaul.partner.links import Links
from backhaul.partner.rules.consignment_events import Packed
from backhaul.partner.rules.consignments import Consignment

LANGUAGE_OF = {"RU": "ru", "CN": "zh", "HK": "zh"}
PREFIXES = {"packing-list": "PL", "return-invoice": "RI", "customs-note": "CN"}

Pair = tuple[str, str]


class Sheet(msgspec.Struct, frozen=True):
    """A document before it is set: its template, what stands on it, its pictures."""

    template: str
    data: dict[str, Any]
    pictures: dict[str, bytes] = {}


def pdf(it: Consignment, name: str, links: Links) -> bytes:
    """A document of a closed consignment by its name."""
    sheet = carton_labels(it, links) if name == CARTON_LABELS else MAKERS[name](it)
    return paper.pdf(_template(sheet.template), sheet.data, sheet.pictures, at=it.closed_at)


def packing_list(it: Consignment) -> Sheet:
    """Carton by carton, what lies in it."""
    rows = [
        [carton_code(it, unit.carton), _unit(unit), unit.name, unit.offer_id, "1", _kg(unit.weight_gram)]
        for unit in sorted(it.units, key=lambda unit: (unit.carton, unit.parcel_id))
    ]
    columns = ("carton", "unit", "goods", "article", "quantity", "gross")
    total = [_total(it), "", "", "", str(len(it.units)), _kg(sum(unit.weight_gram for unit in it.units))]
    return _sheet(it, "packing-list", columns, (2.2, 3, 6, 3, 2, 2.4), [*rows, total], cartons=True)


def return_invoice(it: Consignment) -> Sheet:
    """The values for customs: returned goods, not for sale."""
    rows = [
        [_unit(unit), unit.name, unit.hs_code or _unknown(it), _origin(it, unit), "1", _amount(unit.value)]
        for unit in it.units
    ]
    columns = ("unit", "goods", "hs_code", "origin", "quantity", "value")
    total = [_total(it), "", "", "", str(len(it.units)), _value(it)]
    return _sheet(it, "return-invoice", columns, (3, 5.5, 2.5, 2.5, 2, 3), [*rows, total], notes=[texts.INVOICE_REASON])


def customs_note(it: Consignment) -> Sheet:
    """Why these goods leave the country, with the numbers of the orders that they came by."""
    rows = [
        [
            unit.return_number,
            unit.posting_number,
            unit.name,
            _origin(it, unit),
            unit.hs_code or _unknown(it),
            _amount(unit.value),
        ]
        for unit in it.units
    ]
    columns = ("return", "order", "goods", "origin", "hs_code", "value")
    total = [_total(it), "", "", "", "", _value(it)]
    return _sheet(it, "customs-note", columns, (2, 3, 5, 2.5, 2.5, 3), [*rows, total], notes=[texts.CUSTOMS_REASON])


def carton_labels(it: Consignment, links: Links) -> Sheet:
    """A label for each carton, with its code for scanners."""
    language = LANGUAGE_OF.get(it.destination.country, "")
    pictures: dict[str, bytes] = {}
    labels = []
    for carton in it.cartons:
        code = carton_code(it, carton.number)
        pictures[f"bar{carton.number}.svg"] = paper.code128_svg(code).encode()
        pictures[f"qr{carton.number}.svg"] = paper.qr_svg(links.carton(it, carton.number, code)).encode()
        counted = {"carton": carton.number, "count": len(it.cartons)}
        labels.append({
            "code": code, "bar": f"bar{carton.number}.svg", "qr": f"qr{carton.number}.svg",
            "title": [i18n.sentence("en", texts.LABEL_OF, counted),
                      i18n.sentence(language, texts.LABEL_OF, counted) if language else ""],
            "weight": f"{_kg(carton.weight_gram)} kg · {carton.length_cm} × {carton.width_cm} × {carton.height_cm} cm",
            "carrier": it.carrier,
        })  # fmt: skip
    to = it.destination
    data = {
        "title": it.number, "labels": labels, "from": _both(it, texts.PAPER["from"]), "to": _both(it, texts.PAPER["to"]),
        "sender": [it.sender, it.sender_address],
        "receiver": [it.company, to.street, f"{to.city}, {_country(it, to.country)}", to.contact],
    }  # fmt: skip
    return Sheet("carton_labels.typ", data, pictures)


MAKERS: dict[str, Callable[[Consignment], Sheet]] = {
    "packing-list": packing_list,
    "return-invoice": return_invoice,
    "customs-note": customs_note,
}
CARTON_LABELS = "carton-labels"
NAMES = (*MAKERS, CARTON_LABELS)


def number_of(it: Consignment, name: str) -> str:
    """The number of a document: that of its consignment with what it is."""
    return f"{PREFIXES[name]}-{it.number}" if name in PREFIXES else it.number


def _sheet(it: Consignment, name: str, columns: tuple[str, ...], widths: tuple[float, ...], rows: list[list[str]], *,
           notes: list[str] | None = None, cartons: bool = False) -> Sheet:  # fmt: skip
    to = it.destination
    facts: list[tuple[Pair, str]] = [
        (_said(it, "number"), number_of(it, name)),
        (_said(it, "consignment"), it.number),
        (_said(it, "date"), i18n.day(it.closed_at, "en") if it.closed_at else ""),
        (_said(it, "carrier"), it.carrier or "—"),
        (_said(it, "from"), f"{it.sender}\n{it.sender_address}"),
        (_said(it, "to"), "\n".join(
            part for part in (it.company, to.street, f"{to.city}, {_country(it, to.country)}", to.contact) if part
        )),
    ]  # fmt: skip
    data: dict[str, Any] = {
        "title": _both(it, texts.DOCUMENTS[name]),
        "facts": facts,
        "columns": [_said(it, column) for column in columns],
        "widths": widths,
        "right": [n for n, column in enumerate(columns) if column in {"quantity", "gross", "value"}],
        "rows": rows,
        "notes": [_both(it, note) for note in notes or []],
        "cartons": _cartons(it) if cartons else None,
        "signature": _said(it, "signature"),
    }
    return Sheet("freight.typ", data)


def _cartons(it: Consignment) -> dict[str, Any]:
    rows = [
        [carton_code(it, one.number), f"{one.length_cm} × {one.width_cm} × {one.height_cm}", _kg(one.weight_gram),
         _kg(it.chargeable_gram.get(one.number, 0)), str(len(it.inside(one.number)))]
        for one in it.cartons
    ]  # fmt: skip
    gross, charged = sum(one.weight_gram for one in it.cartons), sum(it.chargeable_gram.values())
    total = [_total(it), "", _kg(gross), _kg(charged), str(len(it.units))]
    heads = ("carton", "size", "gross", "chargeable", "units")
    return {"title": _said(it, "cartons"), "columns": [_said(it, head) for head in heads], "rows": [*rows, total]}


def _said(it: Consignment, word: str) -> Pair:
    return _both(it, texts.PAPER[word])


def _both(it: Consignment, text: str) -> Pair:
    """A text in English and in the language of the destination; once, when there is no other."""
    language = LANGUAGE_OF.get(it.destination.country, "")
    other = i18n.gettext(language, text) if language else ""
    return text, "" if other == text else other


def _country(it: Consignment, code: str) -> str:
    """`China · 中国`."""
    language = LANGUAGE_OF.get(it.destination.country, "en")
    names = (country(code, "en"), country(code, language))
    return " · ".join(dict.fromkeys(names))


def _origin(it: Consignment, unit: Packed) -> str:
    return _country(it, unit.origin) if unit.origin else _unknown(it)


def _unknown(it: Consignment) -> str:
    return " · ".join(text for text in _both(it, texts.UNKNOWN_ON_PAPER) if text)


def _total(it: Consignment) -> str:
    return " · ".join(text for text in _said(it, "total") if text)


def _value(it: Consignment) -> str:
    """The sum of the values, one for each currency."""
    sums: dict[str, Money] = {}
    for unit in it.units:
        sums[unit.value.currency] = sums.get(unit.value.currency, Money(0, unit.value.currency)) + unit.value
    return "\n".join(_amount(amount) for amount in sums.values())


def _amount(amount: Money) -> str:
    return i18n.money(amount, "en")


def _unit(unit: Packed) -> str:
    return f"{unit.number}\n{unit.return_number}"


def _kg(gram: int) -> str:
    return f"{gram // 1000}.{gram % 1000:03d}"


@cache
def _template(name: str) -> str:
    return (files("backhaul.partner") / "templates" / name).read_text(encoding="utf-8")
