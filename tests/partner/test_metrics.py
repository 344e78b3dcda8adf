"""The warehouse's figures through their doors: units by age, promises kept; for supervisors alone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from msgspec.structs import replace

from backhaul.kit import migrations
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import MOSCOW, to_us
from backhaul.kit.money import Money
from backhaul.partner import (
    earnings_queries,
    invoice_queries,
    metric_queries,
    queries,
    tables,
    unit_queries,
    workload_queries,
    workload_views,
)
from backhaul.partner.receiving_queries import Shelf
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.earnings import Charged, earned
from backhaul.partner.rules.words import GateStatus
from tests.kit.test_schema_of_notices import migrate
from tests.partner.cast import LUMITEK, moscow
from tests.partner.doors import Call, Door
from tests.partner.house import CHEN, ID, House
from tests.test_plans import plan

ADDED_UP = (earnings_queries.UNBILLED, earnings_queries.CHARGED, invoice_queries.UNBILLED)


def test_a_supervisor_sees_how_old_units_are_and_what_was_promised(house: House, enter: Door, call: Call) -> None:
    """Two units arrive on 3 and 10 October, both checked at the scan; photos of the first are ordered and never made.

    On the evening of 17 October they lie there for 14 and for 7 days.
    """
    for n, at in ((0, "2024-10-03 16:42"), (1, "2024-10-10 16:42")):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
        house.arrives(at, parcel=ID + n)
        if not n:
            house.gives(house.account(CHEN).by(), do.OrderMedia())
    house.clock.turn_to(moscow("2024-10-17 18:00"))
    sonia = call("sonia")
    aging, kept = sonia.get("/metrics/aging").json(), sonia.get("/metrics/promises").json()
    week = sonia.get("/metrics/promises", params={"days": 7}).json()
    visit = enter("sonia").open("/overview")
    html = visit.answer.text
    table = visit.open("/overview/promises.csv").answer.text
    shelves = visit.open("/overview/aging.csv").answer.text

    assert (2, [0, 1, 0, 0, 1, 0]) == (aging["units"], aging["ages"])
    assert [("gate", 2, 2, 100.0), ("inspection", 0, 0, None), ("media", 1, 0, 0.0), ("shipping", 0, 0, None)] == [
        (one["promise"], one["due"], one["kept"], one["kept_pct"]) for one in kept["promises"]
    ]
    assert [0, 0, 0, 0] == [one["due"] for one in week["promises"]]  # 11 to 17 October
    assert "style=" not in html
    assert "2 working days" in html
    assert "media,1,0,0.0" in table
    assert "A-1,2,0,1,0,0,1,0,0" in shelves


def test_a_supervisor_sees_what_is_due_whose_units_lie_here_and_how_full_it_is(
    house: House, enter: Door, call: Call
) -> None:
    """Two units arrive on 3 and 10 October and nobody decides; on the evening of 17 October they are 14 and 7 days old."""
    policy = house.office.house.terms.policy
    for n, at in ((0, "2024-10-03 16:42"), (1, "2024-10-10 16:42")):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
        house.arrives(at, parcel=ID + n)
    house.clock.turn_to(moscow("2024-10-17 18:00"))
    before = call("sonia").get("/metrics/workload").json()
    house.gives(house.account(CHEN).by(), do.Decide("pickup"), parcel=ID + 1)
    house.clock.turn_to(moscow("2024-10-18 00:00"))
    house.office.desk.sweep()
    after = call("sonia").get("/metrics/workload").json()
    html = enter("sonia").open("/overview").answer.text
    shelves = [Shelf("MSK-2", "A-1", 3, (3, 0, 0, 0, 0, 0)), Shelf("MSK-2", "A-2", 1, (1, 0, 0, 0, 0, 0)),
               Shelf("MSK-2", "", 9, (9, 0, 0, 0, 0, 0))]  # fmt: skip
    visit = enter("sonia").open("/overview")
    [link] = {link for link in visit.page.links if link.startswith("/units?") and "seller=" in link}
    shown = visit.open(link).text
    here = [
        call("sonia").get("/units", params={"state": "here", **more}).json()
        for more in ({}, {"limit": 1}, {"days_to": 9})
    ]

    assert (True, True, 2) == (f"R-{ID}" in shown, f"R-{ID + 1}" in shown, after["sellers"][0]["units"])
    assert [[ID, ID + 1], [ID], []] == [[one["id"] for one in them] for them in here]
    assert [(2, 21)] == [(one["units"], one["days"]) for one in before["sellers"]]
    assert [0, 0] == [before["due"][name] for name in ("disposals", "pickups")]
    assert [1, 1] == [after["due"][name] for name in ("disposals", "pickups")]
    assert {"shelves": 0, "units": 0, "units_max": 0, "full": 0} == after["capacity"]
    assert 'id="sellers"' in html
    assert workload_views.Capacity(2, 4, 6, 1) == workload_views.capacity(shelves, replace(policy, shelf_units_max=3))


def test_a_pickup_is_due_whatever_the_gate_still_owes(house: House, call: Call) -> None:
    """One came without photos, and nobody checked it; its collector's time ends with 17 October, the third day of three is it."""
    house.expects()
    house.arrives("2024-10-03 16:42", photos=(), weight_gram=None)
    house.gives(house.account(CHEN).by(), do.Decide("pickup"))
    owed = house.it().gate.status
    seen = []
    for at in ("2024-10-04 10:00", "2024-10-14 23:59", "2024-10-15 00:00", "2024-10-17 10:00"):
        house.clock.turn_to(moscow(at))
        house.office.desk.sweep()
        due = call("sonia").get("/metrics/workload").json()["due"]
        seen.append((due["pickups"], due["pickups_due"]))
    migrate(house.office.database, "partner", command.downgrade, "0032")  # as what was decided before it was noted
    migrations.upgrade(house.office.database, "backhaul.partner", tables.metadata)
    again = call("sonia").get("/metrics/workload").json()["due"]["pickups_due"]

    assert GateStatus.DUE is owed
    assert house.it().gate.alarmed
    assert [(1, 0), (1, 0), (1, 1), (1, 1)] == seen
    assert 1 == again


def test_the_dock_knows_which_carrier_brings_how_much_on_which_day(house: House, enter: Door, call: Call) -> None:
    house.expects()
    with house.office.database.read() as tx:
        eta = queries.by_ids(tx, [ID])[0].unit.eta
    day = eta.astimezone(MOSCOW).date()
    seen = {}
    for name, at in {"on its day": eta, "the day after": eta + timedelta(days=1)}.items():
        house.clock.turn_to(at)
        plan_now = call("ruslan").get("/metrics/dock-plan").json()
        [row] = plan_now["rows"]
        seen[name] = (plan_now["days"][0], row["late"], row["days"][0])
    page = enter("ruslan").open("/receiving/expected").text

    assert {
        "on its day": (day.isoformat(), 0, 1),
        "the day after": ((day + timedelta(days=1)).isoformat(), 1, 0),
    } == seen
    assert "Plan of the dock" in page
    assert 403 == call("vera").get("/metrics/dock-plan").status_code


def test_a_field_of_the_plan_leads_to_what_it_counts(house: House, enter: Door, call: Call) -> None:
    """At noon of 5 October one unit is a day late and one four hours; the second is of today, not of before."""
    for n, eta in ((0, "2024-10-04 08:00"), (1, "2024-10-05 08:00")):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}", eta_us=to_us(moscow(eta)))
    house.clock.turn_to(moscow("2024-10-05 12:00"))
    ruslan = call("ruslan")
    [row] = ruslan.get("/metrics/dock-plan").json()["rows"]
    visit = enter("ruslan").open("/receiving/expected")
    [link] = {link for link in visit.page.links if "before=" in link}
    before = visit.open(link).text
    wrong = ruslan.get("/expected-parcels", params={"before": "soon"})

    assert (1, 1) == (row["late"], row["days"][0])
    assert "before=2024-10-05" in link
    assert (True, False) == (f"R-{ID}" in before, f"R-{ID + 1}" in before)
    assert [ID] == [it["id"] for it in ruslan.get("/expected-parcels", params={"before": "2024-10-05"}).json()]
    assert (422, "before") == (wrong.status_code, wrong.json()["field"])


def test_photos_are_made_in_the_order_in_which_they_are_due(house: House) -> None:
    """The second unit's photos are ordered on Friday 4 October, the first one's on Monday 7."""
    chen = house.account(CHEN).by()
    for n in (0, 1):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
        house.arrives("2024-10-03 16:42", parcel=ID + n)
    for n, at in ((1, "2024-10-04 12:00"), (0, "2024-10-07 12:00")):
        house.clock.turn_to(moscow(at))
        house.gives(chen, do.OrderMedia(), parcel=ID + n)
    migrate(
        house.office.database, "partner", command.downgrade, "0030"
    )  # as what was ordered before there was this order
    migrations.upgrade(house.office.database, "backhaul.partner", tables.metadata)
    with house.office.database.read() as tx:
        whole = [it.id for it in queries.media_queue(tx)]
        following = [it.id for it in queries.media_queue(tx, ID + 1)]

    assert [ID + 1, ID] == whole
    assert [ID] == following


def test_a_supervisor_finds_units_by_state_seller_mark_and_days_left(house: House, enter: Door, call: Call) -> None:
    """Both arrive on 3 and 10 October; their last days to decide are the 17th and the 24th."""
    for n, at in ((0, "2024-10-03 16:42"), (1, "2024-10-10 16:42"), (2, None)):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
        if at:
            house.arrives(at, parcel=ID + n)
    house.clock.turn_to(moscow("2024-10-16 18:00"))
    sonia = call("sonia")

    def found(**asked: str | int) -> list[int]:
        return [one["id"] for one in sonia.get("/units", params=asked).json()]

    page = enter("sonia").open("/units?state=arrived&seller=&mark=&days_to=1")

    assert [ID, ID + 1] == found()
    assert [ID + 2] == found(state="expected")
    assert [[], [ID], [ID], [ID, ID + 1]] == [found(days_to=days) for days in (0, 1, 7, 8)]
    assert [[ID, ID + 1], []] == [found(seller=seller) for seller in (LUMITEK, 1)]
    assert [[], []] == [found(mark="serviceable"), found(mark="serviceable", seller=LUMITEK)]
    assert ([ID], [ID + 1]) == (found(limit=1), found(after=ID))
    assert str(page.answer.url).endswith("/units?state=arrived&days_to=1")
    assert f"R-{ID}" in page.text
    assert f"R-{ID + 1}" not in page.text
    assert [422, 422] == [sonia.get("/units", params=asked).status_code for asked in ({"state": "x"}, {"days_to": -1})]
    assert [403, 403] == [call(login).get("/units").status_code for login in (CHEN, "ruslan")]
    assert [422, 422] == [enter("sonia").open(f"/units?{said}").status for said in
                          ("state=nonsense", "state=arrived&seller=abc&mark=&days_to=")]  # fmt: skip


def test_billing_tells_what_waits_and_what_services_earned(house: House, enter: Door, call: Call) -> None:
    """A receipt of 6.00 and photos of 5.00 on 3 October; a receipt costs 4.50 by the policy."""
    house.expects()
    house.arrives("2024-10-03 16:42")
    house.gives(house.account(CHEN).by(), do.OrderMedia())
    found = call("sonia").get("/metrics/billing").json()
    costs = replace(house.office.house.terms.policy, service_costs_minor={"receipt": 4_50})
    charges = [
        Charged("receipt", "CNY", 2, 12_00),
        Charged("media", "CNY", 1, 5_00),
        Charged("receipt", "EUR", 1, 1_00),
    ]
    page = enter("sonia").open("/billing?tab=earnings").text

    assert {"count": 2, "amounts": [{"minor": 11_00, "currency": "CNY"}]} == found["unbilled"]
    assert [0, 0] == [found[name]["count"] for name in ("overdue", "disputed")]
    assert [("2024-10-01", 11_00)] == [
        (one["month"], one["revenue"]["minor"]) for one in found["months"] if one["revenue"]["minor"]
    ]
    assert [("media", 1, None), ("receipt", 1, None)] == [
        (one["service"], one["quantity"], one["margin"]) for one in found["services"]
    ]
    assert [Money(3_00, "CNY"), None, None] == [one.margin for one in earned(charges, costs, "CNY")]
    assert "Services of this month and their margin" in page


def test_months_are_added_up_for_their_tab_alone(house: House, enter: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    house.expects()
    house.arrives("2024-10-03 16:42")
    asked: list[Statement] = []
    rows = Tx.rows

    def noted(tx: Tx, statement: Statement, **values: object) -> list[tuple[Any, ...]]:
        asked.append(statement)
        return rows(tx, statement, **values)

    monkeypatch.setattr(Tx, "rows", noted)
    sonia, counts = enter("sonia"), {}
    for tab in ("overdue", "disputes", "payments", "unbilled", "invoices", "earnings"):
        asked.clear()
        assert "Not invoiced yet 6.00 CNY 1 charge" in sonia.open(f"/billing?tab={tab}").text
        counts[tab] = asked.count(earnings_queries.CHARGED)

    assert {"overdue": 0, "disputes": 0, "payments": 0, "unbilled": 0, "invoices": 0, "earnings": 6} == counts


def test_figures_are_for_supervisors(house: House, enter: Door, call: Call) -> None:
    house.expects()
    for path in ("/metrics/aging", "/metrics/promises", "/metrics/workload", "/metrics/billing"):
        assert [403, 403, 403] == [call(login).get(path).status_code for login in (CHEN, "vera", "ruslan")]
    assert 403 == enter("ruslan").open("/overview").status
    assert 422 == call("sonia").get("/metrics/promises", params={"days": 8}).status_code


def test_units_of_a_period_are_found_by_their_arrival(house: House) -> None:
    dialect = house.office.database.dialect
    with house.office.database.read() as tx:
        told = plan(tx, metric_queries.WALKS, dialect, from_us=0, until_us=2**60, most=10)

    assert "SCAN parcels" not in told
    assert "SCAN events" not in told
    assert "Seq Scan" not in told


@pytest.mark.parametrize(
    "statement",
    [workload_queries.DISPOSAL_DUE, workload_queries.PICKUPS_DUE, workload_queries.BY_SELLER, workload_queries.PLAN,
     earnings_queries.UNBILLED, earnings_queries.OVERDUE, earnings_queries.DISPUTED, earnings_queries.CHARGED,
     invoice_queries.UNBILLED, queries.TO_PHOTOGRAPH, *unit_queries.UNITS.values(), *unit_queries.COUNT.values()],
)  # fmt: skip
def test_the_warehouses_work_is_found_by_indexes(statement: Statement, house: House) -> None:
    asked = {"until_us": 2**60, "from_us": 0, "now_us": 2**60, "bound_us": 0, "after": 0, "state": "arrived",
             "mark": "", "seller": 1}  # fmt: skip
    with house.office.database.read() as tx:
        told = plan(tx, statement, house.office.database.dialect, **asked)

    if house.office.database.dialect == "sqlite" and statement in ADDED_UP:
        assert "USING COVERING INDEX" in told
    assert not re.search(r"SCAN (parcels|charges|dues|disputes)(?! USING)|Seq Scan", told)
