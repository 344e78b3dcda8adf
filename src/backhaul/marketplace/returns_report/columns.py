"""The columns of the returns report (8.4), one line each, and how a return becomes a row.

A cell tells what the marketplace knows; what it does not know is empty. No column names the customer (R100).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from backhaul.kit import i18n
from backhaul.kit.days import days_left, last_moment
from backhaul.kit.i18n import N_
from backhaul.kit.money import DIGITS_BY_CURRENCY, Money, decimal_text
from backhaul.kit.spreadsheets import Cell
from backhaul.marketplace import texts
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.returns import ParcelMirror, Return, counts_as_defect, group_of
from backhaul.marketplace.rules.words import (
    ClaimStatus,
    CompensationStatus,
    RefundStatus,
    Route,
    Status,
)


class Moment(msgspec.Struct, frozen=True):
    """The last event of a kind: its place in the chain, when it counts, and who did it."""

    seq: int
    at: datetime
    role: str


class Known(msgspec.Struct, frozen=True):
    """What a row is made of: a return and what stands around it. `moments` by the event's kind."""

    it: Return
    moments: Mapping[str, Moment]
    changed_at: datetime | None
    ordered_on: str
    partner: str
    now: datetime


class Column(msgspec.Struct, frozen=True):
    """`name` is stable, for machines; `title` and `labels` are for people, who read an XLSX file in their language."""

    name: str
    title: str
    of: Callable[[Known], Cell]
    labels: Mapping[str, str] = {}


DECIDING = {
    "Approved": "approved", "Rejected": "rejected", "RefundedWithoutReturn": "refunded_without_return",
    "OfferAccepted": "partially_refunded", "DisputeDecided": "dispute_decided",
}  # fmt: skip
DECIDED_LABELS = {
    **{how: texts.STATUS_LABELS[how] for how in DECIDING.values() if how in texts.STATUS_LABELS},
    "dispute_decided": texts.EVENT_LABELS["DisputeDecided"],
}
POINT_RESULTS = {
    "accepted": N_("Accepted at the pick-up point"),
    "accepted_unchecked": N_("Accepted without a check"),
    "refused": N_("Not accepted at the pick-up point"),
}
# Where a return ends, and the event that led there.
ENDS = {
    Status.CANCELLED: "Cancelled", Status.CLOSED_NO_REPLY: "Expired", Status.DROPOFF_EXPIRED: "Expired",
    Status.REFUSED_AT_PVZ: "TurnedAway", Status.REFUNDED_WITHOUT_RETURN: "RefundedWithoutReturn",
    Status.PARTIALLY_REFUNDED: "OfferAccepted", Status.DISPOSED_BY_MARKETPLACE: "DisposalCertified",
}  # fmt: skip
PARCEL_ENDS = {"picked_up": "HandoverMirrored", "delivered": "HandoverMirrored", "disposed": "DisposalMirrored"}


def _at(known: Known, kind: str | None) -> datetime | None:
    moment = known.moments.get(kind or "")
    return None if moment is None else moment.at


def _decided(known: Known) -> tuple[str, Moment] | None:
    """How the request was settled last, with its moment."""
    found = [(how, known.moments[kind]) for kind, how in DECIDING.items() if kind in known.moments]
    return max(found, key=lambda one: one[1].seq, default=None)


def _amount(money: Money | None) -> Decimal | None:
    return None if money is None else Decimal(money.minor).scaleb(-DIGITS_BY_CURRENCY[money.currency])


def _kilograms(weight_gram: int | None) -> Decimal | None:
    return None if weight_gram is None else Decimal(weight_gram).scaleb(-3)


def _measured(it: Return) -> Decimal | None:
    """The partner's scales, else those of the pick-up point."""
    at_point = it.check.weight_gram if it.check is not None else None
    at_partner = it.parcel.weight_gram if it.parcel is not None else None
    return _kilograms(at_partner if at_partner is not None else at_point)


def _point_result(it: Return) -> str | None:
    if it.check is not None:
        return "accepted" if it.check.checked else "accepted_unchecked"
    return "refused" if it.refused_because else None


def _parcel(it: Return) -> ParcelMirror:
    return it.parcel or ParcelMirror()


def _decision(it: Return) -> str | None:
    return None if _parcel(it).decision == "none" else _parcel(it).decision


def _days_left(known: Known) -> int | None:
    """Only while the seller still has to decide at the partner."""
    parcel = _parcel(known.it)
    waits = parcel.status == "arrived" and parcel.decision == "none" and parcel.decide_by is not None
    return days_left(parcel.decide_by, known.now) if waits and parcel.decide_by is not None else None


def _finished(known: Known) -> datetime | None:
    if known.it.status is Status.AT_PARTNER:
        return _at(known, PARCEL_ENDS.get(_parcel(known.it).status))
    return _at(known, ENDS.get(known.it.status))


def _refund(it: Return) -> Decimal | None:
    owed = it.refund.status not in (RefundStatus.NONE, RefundStatus.CANCELLED)
    return _amount(it.refund.amount) if owed else None


def _quote(it: Return) -> Quote | None:
    return it.compensation.quote


def _cell(it: Return) -> str | None:
    """`0-1 kg x 10000-15000 RUB`, the last bands `7+ kg` and `25000+ RUB`."""
    quote = _quote(it)
    if quote is None:
        return None
    weights = [None if g is None else f"{g / 1000:g}" for g in (quote.weight_low_gram, quote.weight_high_gram)]
    prices = [None if m is None else decimal_text(m // 100, 0) for m in (quote.price_low_minor, quote.price_high_minor)]
    return f"{_band(weights)} kg x {_band(prices)} {quote.price.currency}"


def _band(ends: Sequence[str | None]) -> str:
    low, high = ends
    return f"{low}+" if high is None else f"{low or 0}-{high}"


def _compensation(it: Return) -> Decimal | None:
    """What the seller receives; nothing once it was taken back."""
    counts = it.compensation.status in (CompensationStatus.ACCRUED, CompensationStatus.CREDITED)
    return _amount(it.compensation.quote.amount) if counts and it.compensation.quote is not None else None


def _credited(known: Known) -> datetime | None:
    is_credited = known.it.compensation.status is CompensationStatus.CREDITED
    return _at(known, "CompensationCredited") if is_credited else None


def _claim_paid(known: Known) -> datetime | None:
    return _at(known, "ClaimMoved") if known.it.claim.status is ClaimStatus.PAID else None


COLUMNS = (
    Column("return_number", N_("Return number"), lambda k: k.it.number),
    Column("request_id", N_("Request id"), lambda k: k.it.id),
    Column("posting_number", N_("Posting number"), lambda k: k.it.line.posting_number),
    Column("order_date", N_("Order date"), lambda k: k.ordered_on),
    Column("sku", N_("SKU"), lambda k: k.it.line.sku),
    Column("offer_id", N_("Offer id"), lambda k: k.it.line.offer_id),
    Column("name", N_("Product"), lambda k: k.it.line.name),
    Column("quantity", N_("Quantity"), lambda _: 1),  # D1: a return is one unit
    Column("unit_price", N_("Unit price"), lambda k: _amount(k.it.line.unit_price)),
    Column("unit_price_currency", N_("Currency"), lambda k: k.it.line.unit_price.currency),
    Column("price_rub", N_("Price, RUB"), lambda k: _amount(k.it.line.price)),
    Column("price_rate_date", N_("Date of the exchange rate"), lambda k: k.ordered_on),  # P9: that of the order
    Column("catalogue_kg", N_("Catalogue weight, kg"), lambda k: _kilograms(k.it.line.weight_gram)),
    Column("measured_kg", N_("Measured weight, kg"), lambda k: _measured(k.it)),
    Column("variant", N_("Variant"), lambda k: k.it.variant),
    Column("route", N_("Route"), lambda k: k.it.route, texts.ROUTE_LABELS),
    Column("reason_code", N_("Reason code"), lambda k: k.it.reason),
    Column("is_defect", N_("Defect"), lambda k: counts_as_defect(k.it)),
    Column("reason_group", N_("Group of reasons"), lambda k: group_of(k.it), texts.REASON_GROUPS),
    Column("customer_comment", N_("Customer's comment"), lambda k: k.it.comment),
    Column("requested_at", N_("Request created"), lambda k: k.it.requested_at),
    Column("decided_at", N_("Request decided"), lambda k: (d := _decided(k)) and d[1].at),
    Column("decided_by", N_("Decided by"), lambda k: (d := _decided(k)) and d[1].role, texts.ROLE_LABELS),
    Column("decided_how", N_("How it was decided"), lambda k: (d := _decided(k)) and d[0], DECIDED_LABELS),
    Column("offers_count", N_("Offers"), lambda k: len(k.it.offers)),
    Column("offers_rub", N_("Offered amounts, RUB"), lambda k: " / ".join(decimal_text(o.minor) for o in k.it.offers)),
    Column("point_id", N_("Pick-up point"), lambda k: k.it.point_id),
    Column("point_result", N_("Result at the pick-up point"), lambda k: _point_result(k.it), POINT_RESULTS),
    Column("refused_because", N_("Why it was not accepted"), lambda k: k.it.refused_because, texts.REFUSED_AT_POINT),
    Column("on_the_way_since", N_("On the way since"), lambda k: _at(k, "Dispatched")),
    Column("partner", N_("Logistics partner"), lambda k: k.partner if k.it.route is Route.B else None),
    Column("warehouse", N_("Warehouse"), lambda k: _parcel(k.it).warehouse),
    Column("arrived_at", N_("Arrived"), lambda k: _parcel(k.it).arrived_at),
    Column("inspection_basis", N_("Why it was inspected"), lambda _: None),  # the partner does not tell
    Column("mark", N_("Mark"), lambda k: _parcel(k.it).mark, texts.MARK_LABELS),
    Column("mark_revision", N_("Revision of the mark"), lambda k: _parcel(k.it).mark_revision or None),
    Column("defect_code", N_("Defect code"), lambda k: _parcel(k.it).defect),
    Column("liability", N_("Who is liable"), lambda _: None),  # nobody records it yet
    Column("decision", N_("Decision at the partner"), lambda k: _decision(k.it), texts.DECISION_LABELS),
    Column("partner_decided_at", N_("Decided at the partner"),
           lambda k: _at(k, "DecisionMirrored") if _decision(k.it) else None),
    Column("partner_decided_by", N_("Decided at the partner by"), lambda k: _parcel(k.it).decided_by),
    Column("decide_by", N_("Deadline of the decision"), lambda k: (b := _parcel(k.it).decide_by) and last_moment(b)),
    Column("days_left", N_("Days left"), _days_left),
    Column("destination_country", N_("Destination country"), lambda k: _parcel(k.it).destination),
    Column("finished_at", N_("Finished"), _finished),
    Column("disposal_certificate", N_("Disposal certificate"), lambda k: k.it.certificate or _parcel(k.it).certificate),
    Column("refund_rub", N_("Refund, RUB"), lambda k: _refund(k.it)),
    Column("refund_sent_at", N_("Refund sent"), lambda k: k.it.refund.sent_at),
    Column("compensation_class", N_("Compensation class"), lambda k: q.quality if (q := _quote(k.it)) else None,
           texts.QUALITY_LABELS),
    Column("compensation_cell", N_("Compensation cell"), lambda k: _cell(k.it)),
    Column("compensation_pct", N_("Compensation, percent"), lambda k: q.rate_pct if (q := _quote(k.it)) else None),
    Column("compensation_rub", N_("Compensation, RUB"), lambda k: _compensation(k.it)),
    Column("compensation_due_by", N_("Compensation due"),
           lambda k: (b := k.it.compensation.due_by) and last_moment(b)),
    Column("compensation_credited_at", N_("Compensation credited"), _credited),
    Column("claim_type", N_("Claim"), lambda k: k.it.claim.kind, texts.CLAIM_KINDS),
    Column("claim_rub", N_("Claim, RUB"), lambda k: _amount(k.it.claim.amount)),
    Column("claim_state", N_("State of the claim"),
           lambda k: None if k.it.claim.status is ClaimStatus.NONE else k.it.claim.status, texts.CLAIM_LABELS),
    Column("claim_paid_at", N_("Claim paid"), _claim_paid),
    Column("changed_at", N_("Last change"), lambda k: k.changed_at),
)  # fmt: skip
NAMES = tuple(column.name for column in COLUMNS)


def titles(language: str) -> list[str]:
    """The first row for people."""
    return [i18n.gettext(language, column.title) for column in COLUMNS]


def row(known: Known) -> list[Cell]:
    """A return for machines: codes stay codes."""
    return [column.of(known) for column in COLUMNS]


def row_for_people(known: Known, language: str) -> list[Cell]:
    """A return for people: codes that have words are told in them."""
    cells = row(known)
    for n, column in enumerate(COLUMNS):
        cell = cells[n]
        if column.labels and isinstance(cell, str) and cell in column.labels:
            cells[n] = i18n.gettext(language, column.labels[cell])
    return cells
