"""A seller's program announces the vehicle that fetches its units: the partner's gate sees it, and forgets it in the end."""

from typing import Any

from backhaul.kit.clock import TurnedClock
from backhaul.kit.days import at_hour
from backhaul.marketplace.seller_schemes import warehouse_id
from backhaul.partner import arrival_pass_queries
from backhaul.partner.arrival_pass_queries import ArrivalPass
from backhaul.world import World
from tests.stories.conftest import Raise
from tests.stories.telling import moscow
from tests.stories.test_seller_api_reaches_the_partner import ANADOLU, Program, chen_decides, in_stock, linked
from tests.stories.test_ship_to_hong_kong import browse

PASS, POINTS = "/v1/return/pass", "/v1/returns/company/fbs/info"
MSK = warehouse_id("MSK-2")


def truck(at: str, **more: Any) -> dict[str, Any]:
    driver = {"driver_name": "Ivan Orlov", "driver_phone": "+79990000000"}
    return {"arrival_time": at, **driver, "vehicle_license_plate": "A123BC77", "vehicle_model": "GAZelle", **more}


def to_msk(at: str) -> dict[str, Any]:
    return truck(at, dropoff_point_id=str(MSK), warehouse_id=0)


def expected(world: World) -> list[ArrivalPass]:
    with world.stage.partner.database.read() as tx:
        return arrival_pass_queries.coming(tx, at_hour(world.stage.clock.now(), 0, 0))


def test_a_vehicle_is_announced_seen_at_the_gate_changed_and_forgotten(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    program = Program(world)
    nowhere = program.told(f"{PASS}/create", {"arrival_passes": [to_msk("2024-09-03T08:00:00Z")]})
    assert nowhere[:2] == (400, 3)
    assert "ArrivalPasses.DropoffPointId: no unit of the seller is kept" in nowhere[2]
    company = linked(world)
    world.stage.turn_to(moscow(9, 2, 12))
    chen_decides(world, company, in_stock(world, "70000001-0001-1"), "pickup")

    # From this instant on (12:00 in Moscow, 09:00 UTC), up to the end of day 30.
    for possible, at in ((True, "2024-09-02T09:00:00Z"), (False, "2024-09-02T08:59:59Z"),
                         (True, "2024-10-02T20:59:59Z"), (False, "2024-10-02T21:00:00Z")):  # fmt: skip
        status, _, message = program.told(f"{PASS}/create", {"arrival_passes": [to_msk(at)]})
        assert (status == 200) is possible, message
    assert [one.id for one in expected(world)] == [1, 2]
    many = {"arrival_passes": [to_msk("2024-09-03T08:00:00Z")] * 49}
    assert program.told(f"{PASS}/create", many)[:2] == (409, 9)  # 51 with those two; 50 are possible

    van = truck("2024-09-03T05:30:00Z", arrival_pass_id=2, vehicle_license_plate="E777KX77")
    other = Program(world, ANADOLU)
    for word, body in (("update", {"arrival_passes": [van]}), ("delete", {"arrival_pass_ids": ["2"]})):
        assert other.told(f"{PASS}/{word}", body) == (404, 5, "Not Found")
    assert program.gets(f"{PASS}/update", {"arrival_passes": [van]}) == {}
    assert program.gets(POINTS, {"pagination": {"limit": 1}})["drop_off_points"][0]["pass_info"]["count"] == 2
    gate = browse(world.stage.partner_web.url, "darya").open("/receiving/vehicles")
    assert "E777KX77" in gate.text
    assert "Ivan Orlov" in gate.text

    world.stage.turn_to(moscow(9, 2, 13))
    gone = (409, 9, "The time of arrival of the pass has passed")
    assert program.told(f"{PASS}/delete", {"arrival_pass_ids": ["1"]}) == gone
    assert program.gets(f"{PASS}/delete", {"arrival_pass_ids": ["2"]}) == {}
    assert [one.id for one in expected(world)] == [1]
    partner, clock = world.stage.partner, world.stage.clock
    assert isinstance(clock, TurnedClock)
    clock.turn_to(moscow(10, 2, 12))
    assert partner.forget_passes() == 0
    clock.turn_to(moscow(10, 2, 12, 1))
    assert partner.forget_passes() == 1
