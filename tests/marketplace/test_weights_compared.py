"""A weight that differs is shown with its figures to seller, moderator and support, and to nobody else; it decides nothing."""

from pathlib import Path

import httpx2

from backhaul.kit.days import end_of_day, to_us
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import IML, KETTLE, market, served
from tests.marketplace.people import calling, let_in, session


def test_a_lighter_box_is_told_with_its_figures(database_url: str, tmp_path: Path) -> None:
    """The kettle weighs 1,200 g: 60 g are usual, 61 are not."""
    with market(database_url, tmp_path) as shop:
        shop.errand(let_in)
        light, usual = (shop.in_status(Status.ON_THE_WAY, KETTLE) for _ in range(2))
        now = shop.clock.now()
        for return_id, gram in ((light, 1_139), (usual, 1_140)):
            shop.does(IML, return_id, do.RecordArrival("MSK-2", to_us(now), to_us(end_of_day(now, 14)), gram))
        with calling(shop) as call:
            told = {
                who: call(who).get(f"/api/v1/returns/{light}").json() for who in ("chen", "nadia", "marina", "irina")
            }
            well = call("nadia").get(f"/api/v1/returns/{usual}").json()
        with served(shop) as url:
            pages = {
                who: httpx2.get(f"{url}/returns/{light}", cookies={SESSION_COOKIE: session(shop, who)}).text
                for who in ("chen", "nadia", "irina")
            }

        assert [True] * 3 == [
            [("partner", 1_139, 1_200, "catalogue", -61, 60, True)]
            == [tuple(one.values()) for one in told[who]["weights"] if one["place"] == "partner"]
            for who in ("chen", "nadia", "marina")
        ]
        assert [False] == [one["is_off"] for one in well["weights"] if one["place"] == "partner"]
        assert "weights" not in told["irina"]
        assert ["at_partner"] * 2 == [told["nadia"]["status"], well["status"]]
        assert [True, True, False] == ["Weights compared" in pages[who] for who in ("chen", "nadia", "irina")]
        assert "less; up to" in pages["nadia"]
