"""What the partner tells companies' programs: which events, what stands in them, and that every message fits its documented type."""

import typing
from datetime import UTC, datetime

import msgspec
import pytest

from backhaul.kit.money import Money
from backhaul.partner.pages.webhooks import LABELS, case_of
from backhaul.partner.queries import HIDDEN_FROM_SELLERS
from backhaul.partner.rules import events as e
from backhaul.partner.rules import invoice_events as i
from backhaul.partner.rules.invoices import Invoice
from backhaul.partner.rules.webhooks import OF_PARCELS, TOLD, TYPES, of_invoice, of_parcel, type_of
from backhaul.partner.telling_doors import SCHEMAS
from tests.partner.cast import LUMITEK, LUMITEK_COMPANY
from tests.rules.test_parcel_lifecycle import explored

AT = datetime(2024, 11, 1, tzinfo=UTC)
# How the warehouse works: no seller sees it anywhere.
NOT_TOLD = {e.MarkProposed, e.SecondChecked, e.GateAlarmed, e.Shelved, e.ParcelLabelPrinted}
# What a person typed, who they are, what they photographed, where a unit lies or goes.
PRIVATE = {
    "note", "reason", "comment", "defect", "comparison", "witness", "by", "collector", "photos", "videos", "point_photos",
    "photo_code", "shelf", "before", "destination", "item_code", "draw", "rule",
}  # fmt: skip
PEOPLE = (b"ruslan", b"vera", b"timur", b"sonia", b"lumitek.cn", b"orlova")


def test_every_event_of_a_unit_is_told_or_is_hidden_from_sellers_everywhere() -> None:
    assert set(typing.get_args(e.Any)) == set(OF_PARCELS) | NOT_TOLD
    assert set(HIDDEN_FROM_SELLERS) == NOT_TOLD
    assert set() == set(OF_PARCELS) & NOT_TOLD


@pytest.mark.parametrize("event", TOLD)
def test_no_field_of_a_person_goes_along_and_all_fields_exist(event: type[msgspec.Struct]) -> None:
    assert set() == set(TOLD[event]) & PRIVATE
    assert set(TOLD[event]) <= set(event.__struct_fields__)


def test_types_are_named_like_the_events_and_each_has_a_label() -> None:
    assert "parcel.deadline_missed" == type_of(e.DeadlineMissed)
    assert "parcel.media_delivered" == type_of(e.MediaDelivered)
    assert "invoice.issued" == type_of(i.Issued)
    assert "invoice.dispute_refused" == type_of(i.DisputeRefused)
    assert 33 == len(TYPES) == len(TOLD)
    assert list(TYPES) == list(LABELS)


def test_every_message_that_can_come_about_fits_its_type_and_names_nobody() -> None:
    bodies: dict[bytes, str] = {}
    for it, event, at in explored().happened:
        told = of_parcel(LUMITEK_COMPANY, it, event, it.version, at)
        if told is not None:
            bodies[msgspec.json.encode(told)] = told.type
    for body, kind in bodies.items():
        msgspec.json.decode(body, type=SCHEMAS.shape_of(kind), strict=True)
        assert not [word for word in PEOPLE if word in body.lower()], body

    # An announcement begins a unit, so it is no answer to a command.
    assert {"parcel.expected"} == {type_of(event) for event in OF_PARCELS} - set(bodies.values())


def test_an_invoice_is_told_with_its_number_and_the_facts_of_the_event() -> None:
    it = Invoice(7, "INV-000007", LUMITEK, LUMITEK_COMPANY, "2024-10", "CNY", 1, 600, 0, 0, 600, "en", 0, 0, b"")
    amount = Money(600, "CNY")
    happened = [
        i.Issued(amount, AT), i.Reminded(amount, AT, overdue=True), i.Paid(amount), i.DisputeRefused("media:1"),
        i.Credited("CN-000001", amount),
    ]  # fmt: skip
    told = [of_invoice(LUMITEK_COMPANY, it, event, n, AT) for n, event in enumerate(happened, 1)]
    for one in told:
        msgspec.json.decode(msgspec.json.encode(one), type=SCHEMAS.shape_of(one.type), strict=True)

    assert ["issued", "reminded", "paid", "dispute_refused", "credited"] == [one.type.partition(".")[2] for one in told]
    assert [f"evt_1_INV-000007_{n}" for n in range(1, 6)] == [one.id for one in told]
    assert {"credit_note": "CN-000001", "amount": amount} == told[-1].data.facts


def test_a_message_without_its_facts_does_not_fit() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            b'{"id": "evt_1_1_1", "type": "parcel.arrived", "timestamp": "2024-09-02T07:00:00Z", "data": {}}',
            type=SCHEMAS.shape_of("parcel.arrived"),
        )


def test_a_delivery_leads_to_its_unit_or_its_invoice() -> None:
    assert ("R-100017", "/parcels/100017") == case_of(100_017)
    assert ("INV-000007", "/invoices/INV-000007") == case_of(-7)


def test_the_document_says_every_message_without_a_reference() -> None:
    said = {kind: item.to_schema() for kind, item in SCHEMAS.webhooks().items()}

    assert list(TYPES) == list(said)
    assert "$ref" not in str(said)
