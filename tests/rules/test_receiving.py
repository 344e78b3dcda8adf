"""The law of the dock: codes, the gate check, quarantine, shelves (8.1 point 1, R78, P25). Expectations from the papers."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from backhaul.kit import gs1
from backhaul.kit.machine import Refused
from backhaul.partner.perform import unit_of
from backhaul.partner.rules import codes, receiving
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Decision, GateStatus, InspectionStatus, QuarantineStatus
from tests.partner.cast import CODE, HONG_KONG, RUSLAN, SONIA, VERA, ParcelStory, announced, cheaper_than, moscow, scan

ARRIVAL = "2024-10-03 16:42"
GTIN_13, GTIN_14 = "4600000000015", "04600000000015"
MARK = f"01{GTIN_14}215abcDEFghijk1\x1d91EE06\x1d92dGhpcyBpcyBhIHNpZ25hdHVyZQ=="
CHECK = do.CheckGate(label_matches=True, item_code="700100", weight_gram=350, photos=("outer",))


def scanned(**changes: Any) -> ParcelStory:
    """Only scanned in, without the gate's fields."""
    story = ParcelStory(announced(**changes))
    return story.arrived(ARRIVAL, weight_gram=None, photos=(), shelf="")


# -- Codes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "digits", ["4600000000015", "04600000000015", "012345678905", "96385074", "4006381333931", "00012345600012"]
)
def test_a_check_digit_is_the_one_that_the_others_ask_for(digits: str) -> None:
    assert gs1.has_check_digit(digits)
    assert not gs1.has_check_digit(digits[:-1] + str((int(digits[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"(01){GTIN_14}(21)AB12", {"01": GTIN_14, "21": "AB12"}),
        (f"01{GTIN_14}21AB12", {"01": GTIN_14, "21": "AB12"}),
        (f"]d201{GTIN_14}21AB12\x1d91EE06", {"01": GTIN_14, "21": "AB12", "91": "EE06"}),
        (f"]C1\x1d01{GTIN_14}10L7<GS>21AB12", {"01": GTIN_14, "10": "L7", "21": "AB12"}),
        ("(00)046000000000000019", {"00": "046000000000000019"}),
        (f"01{GTIN_14}3103000350", {"01": GTIN_14, "3103": "000350"}),
        (f"https://id.gs1.org/01/{GTIN_14}/21/AB%2F12", {"01": GTIN_14, "21": "AB/12"}),
        (
            f"HTTPS://shop.example/items/01/{GTIN_13}/10/L7/21/AB12?17=261231#x",
            {"01": GTIN_14, "10": "L7", "21": "AB12", "17": "261231"},
        ),
        ("https://id.gs1.org/00/046000000000000019", {"00": "046000000000000019"}),
        (f"https://id.gs1.org/01/{GTIN_14}", {"01": GTIN_14}),
        ("https://id.gs1.org/01/4600000000016", {}),
        (f"https://id.gs1.org/01/{GTIN_14}/21", {}),
        (f"https://id.gs1.org/01/{GTIN_14}/serial/AB12", {}),
        ("https://shop.example/orders/17", {}),
        ("R-100017", {}),
        ("01046", {}),
        ("", {}),
    ],
)
def test_an_element_string_is_read_however_it_is_written(text: str, found: dict[str, str]) -> None:
    assert found == gs1.elements(text)


@pytest.mark.parametrize(
    "typed",
    [
        "R-100017", "r-100017", " R 100017 ", "R100017", "100017", "R–100017", "Ｒ－１０００１７", "R\u00ad-100017",
        "К-100017",  # the scanner's R while the machine types Russian
        "Р-100017",  # read out in Russian
        "]C1R-100017",
    ],
)  # fmt: skip
def test_a_return_number_is_found_however_it_was_typed(typed: str) -> None:
    unit = unit_of(announced())

    assert not codes.of_unit("P-100001", unit, "WB-1").isdisjoint(codes.readings(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "P-100001", "p100001", "З-100001", "Р-100001", "12345678-0001-1", "1234567800011", "wb 77/1", "ЦИ-77.1", "S-88",
        "Ы-88", "700100", "HUB-1", "РГИ-1", GTIN_13, GTIN_14, f"]E0{GTIN_13}", f"(01){GTIN_14}", f"]Q3{GTIN_14}",
        "SN-9", MARK, f"]d2{MARK}", MARK.replace("\x1d", "<GS>"), MARK.replace("\x1d", ""),
        f"(01){GTIN_14}(21)5abcDEFghijk1", f"https://id.gs1.org/01/{GTIN_14}/21/5abcDEFghijk1",
        f"https://shop.example/01/{GTIN_13}",
    ],
)  # fmt: skip
def test_every_code_of_a_unit_names_it(typed: str) -> None:
    """Return and parcel number, posting, waybill, seal, SKU, article, GTIN, serial, marking code."""
    unit = unit_of(announced(gtin=GTIN_14, marking_code=MARK, serial="SN-9"))

    assert not codes.of_unit("P-100001", unit, "WB-77/1").isdisjoint(codes.readings(typed))


@pytest.mark.parametrize("typed", ["", "   ", "R-100018", "4600000000022", f"(01){GTIN_14}(21)other", "P-10000"])
def test_another_code_names_nothing_of_it(typed: str) -> None:
    unit = unit_of(announced(marking_code=MARK))
    found = codes.of_unit("P-100001", unit, "WB-77") - {GTIN_14}

    assert found.isdisjoint(codes.readings(typed))


@pytest.mark.parametrize("typed", ["a-01-3", "LOC-A-01-3", "loc-a 01 3", "А-01-3", " A–01–3 "])
def test_a_shelf_has_one_name(typed: str) -> None:
    assert "A-01-3" == codes.shelf(typed)


# -- The gate check ---------------------------------------------------------------------------------------------------


def test_a_scan_with_a_weight_is_the_gate_check() -> None:
    story = ParcelStory().arrived(ARRIVAL)

    assert (GateStatus.PASSED, None) == (story.it.gate.status, story.it.gate.due)
    assert ("not_in_this_state", "conflict") == story.refuses(RUSLAN, CHECK)


def test_a_scan_alone_leaves_the_check_due_within_a_day_and_the_clock_runs() -> None:
    """8.1: at most 24 hours after the scan; P12: the 14 days begin with the scan, not with the check."""
    it = scanned().it

    assert (GateStatus.DUE, moscow("2024-10-04 16:42")) == (it.gate.status, it.gate.due)
    assert moscow("2024-10-18 00:00") == it.decide_by


def test_nothing_leaves_before_its_gate_check() -> None:
    story = scanned().decided("pickup", at="2024-10-03 17:00")

    refused = story.refusal(RUSLAN, do.HandOver("Ivan P.", CODE))
    assert ("gate_check_due", moscow("2024-10-04 16:42")) == (refused.code, refused.facts["due"])
    story.does(RUSLAN, CHECK)
    story.does(RUSLAN, do.HandOver("Ivan P.", CODE))


def test_a_late_check_is_taken_all_the_same() -> None:
    story = scanned()
    story.does(RUSLAN, CHECK, "2024-10-05 09:00")

    assert GateStatus.PASSED == story.it.gate.status


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"weight_gram": None}, "weight_needed", "weight_gram"),
        ({"item_code": " "}, "item_code_needed", "item_code"),
        ({"photos": ()}, "photos_needed", "photos"),
    ],
)
def test_the_check_leaves_nothing_out(changes: dict[str, Any], code: str, field: str) -> None:
    refused = scanned().refusal(RUSLAN, replace(CHECK, **changes))

    assert (code, "invalid", field) == (refused.code, refused.kind, refused.field)


@pytest.mark.parametrize(
    ("changes", "findings", "reasons"),
    [
        ({}, (), ()),
        ({"item_code": "", "item_unreadable": True}, (), ()),
        ({"weight_gram": 400}, (), ()),  # 50 g off, which is not more than max(50 g, 10 %)
        ({"weight_gram": 401}, ("weight",), ("weight",)),
        ({"weight_gram": 299}, ("weight",), ("weight",)),
        ({"packaging_intact": False}, ("packaging",), ("packaging",)),
        ({"label_matches": False}, ("label",), ("identity",)),
        ({"item_code": "700101"}, ("item_code",), ("identity",)),
        ({"label_matches": False, "item_code": "700101"}, ("label", "item_code"), ("identity",)),
        ({"seal_intact": False}, ("seal",), ("seal",)),
        ({"hazard": True}, ("hazard",), ()),
    ],
)
def test_what_is_off_is_written_down_and_makes_a_full_check_mandatory(
    changes: dict[str, Any], findings: tuple[str, ...], reasons: tuple[str, ...]
) -> None:
    """8.1 point 2 for weight and packaging; label and product code that do not agree want a second look."""
    story = scanned()
    story.does(RUSLAN, replace(CHECK, **changes))
    gate = GateStatus.MISMATCH if findings else GateStatus.PASSED
    inspection = InspectionStatus.QUEUED if reasons else InspectionStatus.NONE

    assert (gate, findings) == (story.it.gate.status, story.it.gate.findings)
    assert (inspection, reasons) == (story.it.inspection.status, story.it.inspection.reasons)


def test_reasons_of_the_scan_stay_beside_those_of_the_check() -> None:
    story = scanned(serial="SN-1")
    story.does(RUSLAN, replace(CHECK, weight_gram=600))

    assert ("serial", "weight") == story.it.inspection.reasons


def test_a_unit_that_was_inspected_meanwhile_is_not_queued_again() -> None:
    story = scanned(serial="SN-1")
    story.does(VERA, do.Mark("serviceable"))  # type: ignore[arg-type]
    story.does(RUSLAN, replace(CHECK, weight_gram=600))

    assert (InspectionStatus.DONE, GateStatus.MISMATCH) == (story.it.inspection.status, story.it.gate.status)


def test_disposal_that_was_asked_for_waits_for_identity_and_gate_photos() -> None:
    """P25: executed after identity scan and gate photos and a 2-hour hold."""
    story = ParcelStory()
    story.does(story.seller, do.DisposeOnArrival())
    story.arrived(ARRIVAL, weight_gram=None, photos=())
    assert Decision.NONE is story.it.decision

    story.does(RUSLAN, CHECK, "2024-10-03 18:00")
    assert (Decision.DISPOSE, moscow("2024-10-03 20:00")) == (story.it.decision, story.it.disposal.hold_until)


def test_a_weight_without_gate_photos_is_no_gate_check_for_a_disposal() -> None:
    story = ParcelStory()
    story.does(story.seller, do.DisposeOnArrival())
    story.arrived(ARRIVAL, photos=())
    assert (Decision.NONE, GateStatus.DUE) == (story.it.decision, story.it.gate.status)

    story.does(RUSLAN, CHECK)
    assert Decision.DISPOSE is story.it.decision


def test_a_used_product_is_looked_at_before_a_rule_that_is_younger_than_the_scan_disposes_of_it() -> None:
    story = ParcelStory(announced(used=True)).arrived(ARRIVAL, weight_gram=None, photos=())
    assert InspectionStatus.NONE is story.it.inspection.status
    story.around = replace(story.around, rules=(cheaper_than(9000),))
    story.does(RUSLAN, CHECK)

    assert (Decision.NONE, ("disposal",)) == (story.it.decision, story.it.inspection.reasons)


def test_disposal_that_was_asked_for_does_not_follow_a_check_that_found_something() -> None:
    story = ParcelStory()
    story.does(story.seller, do.DisposeOnArrival())
    story.arrived(ARRIVAL, weight_gram=None, photos=())
    story.does(RUSLAN, replace(CHECK, packaging_intact=False))

    assert Decision.NONE is story.it.decision


def test_a_decision_that_was_made_meanwhile_stands() -> None:
    story = ParcelStory()
    story.does(story.seller, do.DisposeOnArrival())
    story.arrived(ARRIVAL, weight_gram=None, photos=()).decided("pickup", at="2024-10-03 17:00")
    story.does(RUSLAN, CHECK)

    assert Decision.PICKUP is story.it.decision


def test_events_that_were_written_before_there_was_a_gate_check_still_fold() -> None:
    arrived = ParcelStory().arrived(ARRIVAL).events[-1]
    assert isinstance(arrived, e.Arrived)
    story = ParcelStory()
    from backhaul.partner.rules.parcels import evolve  # noqa: PLC0415

    it = evolve(story.it, replace(arrived, gate_due=None, gate_findings=None))
    assert GateStatus.NONE is it.gate.status


# -- Quarantine and shelves -------------------------------------------------------------------------------------------


def test_dangerous_goods_are_accepted_and_kept_apart() -> None:
    """R78: everything is accepted for temporary storage; hazards go to a quarantine zone."""
    it = ParcelStory().arrived(ARRIVAL, hazard=True, shelf="A-1").it

    assert ("QUARANTINE", QuarantineStatus.HELD) == (it.shelf, it.quarantine.status)


def test_what_is_in_quarantine_leaves_only_after_a_supervisor_released_it() -> None:
    story = ParcelStory().arrived(ARRIVAL, hazard=True).decided("ship_hk", HONG_KONG, at="2024-10-03 17:00")

    assert ("in_quarantine", "conflict") == story.refuses(RUSLAN, do.PrintLabel())
    assert ("not_your_role", "forbidden") == story.refuses(RUSLAN, do.ReleaseQuarantine("It is soap, not acid."))
    assert ("explanation_required", "invalid") == story.refuses(SONIA, do.ReleaseQuarantine("Too short"))
    story.does(SONIA, do.ReleaseQuarantine("It is soap."))
    story.does(RUSLAN, do.PrintLabel())


def test_what_is_in_quarantine_may_be_destroyed() -> None:
    story = ParcelStory().arrived(ARRIVAL, hazard=True).decided("dispose", at="2024-10-03 17:00")
    story.passes("2024-10-03 19:00")
    story.does(RUSLAN, do.StartDisposal())


def test_a_hazard_that_the_gate_check_finds_moves_the_unit() -> None:
    story = scanned()
    story.does(RUSLAN, do.PutAway("A-1"))
    story.does(RUSLAN, replace(CHECK, hazard=True))

    assert ("QUARANTINE", QuarantineStatus.HELD) == (story.it.shelf, story.it.quarantine.status)
    assert ("quarantine_only", "conflict") == story.refuses(RUSLAN, do.PutAway("A-1"))


def test_where_a_unit_lay_stays_in_its_history() -> None:
    story = ParcelStory().arrived(ARRIVAL)
    moved = story.does(RUSLAN, do.PutAway("loc-b-02"), "2024-10-03 17:00")

    assert [e.Shelved("B-02", "A-1", moscow("2024-10-03 17:00"))] == moved
    assert [] == story.does(RUSLAN, do.PutAway("B-02"))


def test_a_shelf_holds_what_the_policy_says() -> None:
    policy = Policy(shelf_units_max=2, shelf_units_max_by_shelf={"BIG": 3})
    receiving.check_room("A-1", 2, policy)
    receiving.check_room("BIG", 3, policy)
    receiving.check_room("QUARANTINE", 99, policy)
    for shelf, units in (("A-1", 3), ("BIG", 4)):
        with pytest.raises(Refused, match="shelf_full"):
            receiving.check_room(shelf, units, policy)


def test_every_print_of_a_label_is_counted() -> None:
    story = ParcelStory().arrived(ARRIVAL)
    story.does(RUSLAN, do.PrintParcelLabel())
    story.does(SONIA, do.PrintParcelLabel("zpl"))

    assert 2 == story.it.labels_printed
    assert ("unknown_label_form", "invalid") == story.refuses(RUSLAN, do.PrintParcelLabel("doc"))


def test_the_gate_check_of_a_unit_whose_deadline_passed_is_still_owed() -> None:
    story = scanned()
    story.passes(moscow(ARRIVAL) + timedelta(days=15))
    assert "disposal_due" == story.it.status

    story.does(RUSLAN, CHECK)
    assert GateStatus.PASSED is story.it.gate.status


def test_a_scan_of_a_sound_unit_is_as_it_was() -> None:
    """The gate's fields at the scan: a weight that is off and a box that is crushed are found at once."""
    story = ParcelStory()
    story.does(RUSLAN, scan(moscow(ARRIVAL), weight_gram=700, packaging_intact=False), ARRIVAL)

    assert ("weight", "packaging") == story.it.gate.findings == story.it.inspection.reasons


@pytest.mark.parametrize(("arrived", "told"), [
    ("2024-10-03 16:42", "2024-10-04 17:00"), ("2024-10-03 17:00", "2024-10-04 17:00"), ("2024-10-03 17:01", "2024-10-04 18:00"),
])  # fmt: skip
def test_a_late_gate_check_is_told_once_on_the_full_hour(arrived: str, told: str) -> None:
    """Due 24 hours after the scan."""
    story = ParcelStory(announced()).arrived(arrived, weight_gram=None, photos=())
    twin = story.copy()
    before = twin.passes(moscow(told) - timedelta(microseconds=1))
    at_it = twin.passes(moscow(told))
    later = [what for _, what in twin.passes(moscow(told) + timedelta(days=3))]
    story.does(RUSLAN, do.CheckGate(label_matches=True, item_code="700100", weight_gram=350, photos=("outer",)))
    checked = [what for _, what in story.passes(moscow(told) + timedelta(days=3))]

    assert ([], [(moscow(told), "AlarmGate")]) == (before, at_it)
    assert "AlarmGate" not in [*later, *checked]
    assert twin.it.gate.alarmed
