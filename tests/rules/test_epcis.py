"""The steps of a return in EPCIS 2.0 / CBV 2.0: what each says, held against the rules of the published JSON schema (GS1, 2.0.0)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from backhaul.kit import gs1
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.epcis import Recorded, document, object_events
from backhaul.marketplace.rules.words import Mark, Marking
from tests.epcis_schema import complaints
from tests.rules.cast import IRINA, LUMITEK, OLEG, Story, check_in, line, moscow


def told_of(events: list[e.Any], at: str = "2024-09-05 10:00") -> Any:
    """The document of these events, one a minute, each written down a second later."""
    begin, second = moscow(at), timedelta(seconds=1)
    instants = [begin + timedelta(minutes=n) for n in range(len(events))]
    history = [
        Recorded(n + 1, event, at, at + second) for n, (event, at) in enumerate(zip(events, instants, strict=True))
    ]
    made = document((event for _, event in object_events(history)), datetime(2024, 9, 6, tzinfo=UTC))
    return msgspec.json.decode(msgspec.json.encode(made))


def steps_of(told: Any) -> list[tuple[str, str | None, str | None, str | None]]:
    """Step, disposition, where it was seen, where it is then."""
    return [
        (
            one["bizStep"],
            one.get("disposition"),
            one.get("readPoint", {}).get("id"),
            one.get("bizLocation", {}).get("id"),
        )
        for one in told["epcisBody"]["eventList"]
    ]


def arrived(warehouse: str = "MSK-2") -> e.Arrived:
    at = moscow("2024-09-04 09:00")
    return e.Arrived(warehouse, at, at, 1000, packaging_intact=True, found=False, choose_by=None)


POINT, WAREHOUSE = f"urn:backhaul:loc:{OLEG.subject}", "urn:backhaul:loc:MSK-2"
KNOWN = msgspec.structs.replace(line(), gtin="4600000000015", serial="LMT/0771")
LINK = "https://id.gs1.org/01/04600000000015/21/LMT%2F0771"


def to_partner(of: e.Line | None = None) -> list[e.Any]:
    """From the request to the partner's door."""
    return [*Story(LUMITEK, of=of).accepted().dispatched().events, arrived()]


def test_each_physical_step_of_a_return_by_the_partner_is_one_event_and_nothing_else_is() -> None:
    told = told_of([
        *to_partner(), e.Marked(Mark.SERVICEABLE, 1, "", ()), e.DecisionMirrored("ship", "in_work", "seller", None),
        e.HandoverMirrored("in_work", "CN"), e.HandoverMirrored("delivered", "CN"), e.ReceiptConfirmed(),
    ])  # fmt: skip

    assert [
        ("accepting", "returned", POINT, POINT),
        ("departing", "in_transit", POINT, None),
        ("receiving", "returned", WAREHOUSE, WAREHOUSE),
        ("inspecting", "sellable_not_accessible", WAREHOUSE, WAREHOUSE),
        ("arriving", "returned", None, None),
        ("receiving", "returned", None, None),
    ] == steps_of(told)
    assert {"OBSERVE"} == {one["action"] for one in told["epcisBody"]["eventList"]}
    assert [] == complaints(told)


def test_a_unit_that_the_marketplace_destroys_ends_with_delete_and_its_certificate() -> None:
    told = told_of([
        *Story().accepted().dispatched().events, e.ReceivedForDisposal("SORT 1"),
        e.DisposalCertified("D-1", "shredding", "M. Orlova", (), point_id="SORT 1"),
    ])  # fmt: skip
    last = told["epcisBody"]["eventList"][-1]

    sorting = "urn:backhaul:loc:SORT%201"
    assert [
        ("collecting", "non_sellable_other", sorting, sorting),
        ("destroying", "destroyed", sorting, None),
    ] == steps_of(told)[2:]
    assert "DELETE" == last["action"]
    assert {"bizTransaction": "urn:backhaul:bt:D-1"} == last["bizTransactionList"][1]
    assert [] == complaints(told)


def test_a_unit_that_the_partner_destroys_and_one_that_is_picked_up_there() -> None:
    destroyed = told_of([*to_partner(), e.DisposalMirrored("P-7", undecided=True)])
    fetched = told_of([*to_partner(), e.HandoverMirrored("picked_up", "RU")])

    assert ("destroying", "destroyed", WAREHOUSE, None) == steps_of(destroyed)[-1]
    assert ("departing", "in_transit", WAREHOUSE, None) == steps_of(fetched)[-1]
    assert ([], []) == (complaints(destroyed), complaints(fetched))


def test_the_time_is_that_of_the_step_with_the_offset_of_moscow_and_beside_it_when_it_was_written() -> None:
    told = told_of(to_partner())
    last = told["epcisBody"]["eventList"][-1]

    assert ("2024-09-04T09:00:00+03:00", "+03:00") == (last["eventTime"], last["eventTimeZoneOffset"])
    minutes = len(to_partner()) - 1
    assert f"2024-09-05T07:{minutes:02}:01Z" == last["recordTime"]


def test_a_unit_goes_by_its_digital_link_when_number_and_serial_number_are_known_and_else_by_its_return() -> None:
    named = [told_of(to_partner(of)) for of in (
        KNOWN, line(), msgspec.structs.replace(KNOWN, serial=None), msgspec.structs.replace(KNOWN, gtin="4600000000016"),
    )]  # fmt: skip

    assert [{LINK}, *[{"urn:backhaul:obj:R-100017"}] * 3] == [
        {one["epcList"][0] for one in told["epcisBody"]["eventList"]} for told in named
    ]
    assert [[]] * 4 == [complaints(told) for told in named]


def test_a_serial_number_of_21_characters_or_of_other_letters_gives_no_link() -> None:
    link = "https://id.gs1.org/01/04600000000015/21/"

    assert link + "A" * 20 == gs1.digital_link("4600000000015", "A" * 20)
    assert ["", "", ""] == [gs1.digital_link("4600000000015", one) for one in ("A" * 21, "Ж1", "A B")]
    assert link + "%2B%25" == gs1.digital_link("04600000000015", "+%")


def test_what_was_put_in_the_units_place_does_not_go_by_the_units_serial_number() -> None:
    told = told_of([*to_partner(KNOWN), e.Marked(Mark.SUBSTITUTED, 1, "Other model", ())])
    away = told_of([*Story(of=KNOWN).approved().events, e.TurnedAway(OLEG.subject, "not_the_requested_product", ())])
    digits = msgspec.structs.replace(e.TurnedAway(OLEG.subject, "marking_differs", ()), marking=Marking.DIFFERS)
    other = told_of([*Story(of=KNOWN).approved().events, digits])
    last = [one["epcisBody"]["eventList"][-1] for one in (told, away, other)]

    assert ["mismatch_class", "mismatch_class", "mismatch_instance"] == [one["disposition"] for one in last]
    assert {"urn:backhaul:obj:R-100017"} == {one["epcList"][0] for one in last}
    assert {LINK} == {one["epcList"][0] for one in told["epcisBody"]["eventList"][:-1]}
    assert ["bizLocation" in one for one in last] == [True, False, False]
    assert [[]] * 3 == [complaints(one) for one in (told, away, other)]


def test_a_used_product_is_turned_away_as_what_it_is() -> None:
    story = Story().approved()
    story.does(OLEG, check_in(used=True))
    [only] = told_of(story.events)["epcisBody"]["eventList"]

    assert ("inspecting", False) == (only["bizStep"], "disposition" in only)


def test_another_mark_declares_the_earlier_event_wrong_and_the_same_mark_does_not() -> None:
    marked = [*to_partner(), e.Marked(Mark.COMPLETELY_DAMAGED, 1, "Cracked", ())]
    same = told_of([*marked, e.Marked(Mark.COMPLETELY_DAMAGED, 2, "Cracked", ())])
    told = told_of([*marked, e.Marked(Mark.SERVICEABLE, 2, "", ())])
    *_, first, declared, second = told["epcisBody"]["eventList"]

    assert "errorDeclaration" not in str(same)
    assert (first["eventID"], first["eventTime"]) == (declared["eventID"], declared["eventTime"])
    assert second["recordTime"] == declared["recordTime"]
    assert {
        "declarationTime": second["recordTime"], "reason": "incorrect_data", "correctiveEventIDs": [second["eventID"]],
    } == declared["errorDeclaration"]  # fmt: skip
    assert ("sellable_not_accessible", "damaged") == (second["disposition"], declared["disposition"])
    assert ([], []) == (complaints(told), complaints(same))


def test_the_name_of_an_event_stays_and_is_no_other_returns() -> None:
    events = to_partner()
    another = [msgspec.structs.replace(events[0], number="R-100018"), *events[1:]]
    ids = [[one["eventID"] for one in told_of(of)["epcisBody"]["eventList"]] for of in (events, events, another)]

    assert ids[0] == ids[1]
    assert set() == set(ids[0]) & set(ids[2])


def test_no_document_names_the_customer_the_witness_or_what_somebody_typed() -> None:
    story = Story().accepted().dispatched()
    told = str(told_of([*story.events, e.DisposalCertified("D-1", "shredding", "M. Orlova", ())]))

    assert [] == [word for word in (IRINA.subject, "Orlova", "shredding") if word in told]


def test_what_nobody_observed_is_no_step() -> None:
    events = [*Story().accepted().dispatched().events, e.WentLate(), e.WentMissing()]

    assert ["accepting", "departing"] == [step for step, *_ in steps_of(told_of(events))]
    assert [] == told_of(Story().submitted().events)["epcisBody"]["eventList"]
    assert [] == object_events([])


def test_a_waybill_is_a_paper_of_the_departure() -> None:
    story = Story().accepted()
    story.does(OLEG, do.Dispatch("Line haul", "W/1"))
    papers = told_of(story.events)["epcisBody"]["eventList"][-1]["bizTransactionList"]

    assert [
        {"type": "rma", "bizTransaction": "urn:backhaul:bt:R-100017"},
        {"type": "bol", "bizTransaction": "urn:backhaul:bt:Line%20haul:W%2F1"},
    ] == papers


def test_the_rules_of_the_schema_complain_of_what_breaks_them() -> None:
    wrong = {
        "bizStep": "acceptance", "disposition": "back", "action": "READ", "eventTimeZoneOffset": "+3:00",
        "eventTime": "2024-09-02T10:03:00", "epcList": ["R 1"], "readPoint": "77-0412", "name": "Irina",
    }  # fmt: skip
    for name, value in wrong.items():
        told = told_of(to_partner())
        assert [] == complaints(told)
        told["epcisBody"]["eventList"][0][name] = value
        assert complaints(told), name
