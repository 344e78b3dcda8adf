"""The warehouse's figures through their doors: units by age, promises kept; for supervisors alone."""

from backhaul.partner import metric_queries
from backhaul.partner.rules import commands as do
from tests.partner.cast import moscow
from tests.partner.doors import Call, Door
from tests.partner.house import CHEN, ID, House
from tests.test_plans import plan


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


def test_figures_are_for_supervisors(house: House, enter: Door, call: Call) -> None:
    house.expects()
    for path in ("/metrics/aging", "/metrics/promises"):
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
