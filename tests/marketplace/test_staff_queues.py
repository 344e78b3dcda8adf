"""What moderators work through: by time left and filter, with the past in figures; and how rejections held in disputes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from backhaul.kit import migrations
from backhaul.marketplace import errands, places, queue_filters, queue_queries, staff_metric_queries, tables
from backhaul.marketplace.places import START
from backhaul.marketplace.point_figures import share_between
from backhaul.marketplace.queue_filters import RequestFilter
from backhaul.marketplace.queue_queries import Past
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.outcomes import Queue
from backhaul.marketplace.rules.words import Mark, Route, Status
from tests.kit.test_schema_of_notices import migrate
from tests.marketplace.cast import (
    ANADOLU,
    CHEN,
    ELIF,
    EXPLAINED,
    IML,
    IRINA,
    KETTLE,
    LUMITEK,
    MARINA,
    MUG,
    NADIA,
    OLEG,
    Market,
    market,
    moscow,
)
from tests.marketplace.people import calling, let_in, told
from tests.test_plans import plan


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def moderated(shop: Market) -> None:
    """Requests to Anadolu go to the moderators from now on."""
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, ANADOLU, "55-1204", "2024-11", "Reject nothing."))


def rows(shop: Market, table: str) -> list[tuple[Any, ...]]:
    return sorted(shop.dump()[table])


def queued(shop: Market, queue: Queue = Queue.REQUESTS, **wanted: Any) -> list[int]:
    with shop.office.database.read() as tx:
        asked = queue_filters.read(RequestFilter, wanted)
        return [it.id for it in queue_queries.soonest(tx, queue, asked, shop.clock.now())[0]]


def test_a_queue_stands_by_time_left_and_is_narrowed_by_each_filter(shop: Market) -> None:
    moderated(shop)
    throw = shop.in_status(Status.SELLER_REVIEW)
    shop.clock.turn_to(moscow("2024-09-03 10:00"))
    mug = shop.in_status(Status.SELLER_REVIEW, MUG, "does_not_work")
    kettle = shop.in_status(Status.DISPUTE, KETTLE)

    assert [throw, mug] == queued(shop)
    assert [mug] == queued(shop, reason_group="defect")
    assert [throw] == queued(shop, price_from=1_201)
    assert [throw, mug] == queued(shop, price_from=1_200, seller=ANADOLU)
    assert [] == queued(shop, seller=LUMITEK)
    assert [kettle] == queued(shop, Queue.DISPUTES)
    left = shop.now_is(throw).act_by
    assert left is not None
    hours = (left - shop.clock.now()) // timedelta(hours=1)
    assert ([throw], []) == (queued(shop, within_hours=hours), queued(shop, within_hours=hours - 1))
    shop.does(NADIA, throw, do.AskPhotos(EXPLAINED))
    assert ([mug], [throw]) == (queued(shop), queued(shop, Queue.PHOTOS))
    with shop.office.database.read() as tx:
        assert [1, 1, 1] == [sum(bands) for bands in queue_queries.waiting(tx, shop.clock.now()).values()]


def test_pages_of_a_queue_follow_each_other_and_nothing_comes_twice(shop: Market) -> None:
    moderated(shop)
    ids, seen, after = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(3)], list[int](), START
    with shop.office.database.read() as tx:
        for _ in ids:
            found, onward = queue_queries.soonest(tx, Queue.REQUESTS, RequestFilter(), shop.clock.now(), after, 1)
            seen += [it.id for it in found]
            after = onward or START

    assert ids == seen
    assert START == after == places.place("nonsense") == places.place("-1-7")


def test_the_past_is_told_in_figures(shop: Market) -> None:
    """Of the throw's order: one rejected for good, one overturned. Elsewhere a mug that the point refused, and one swapped."""
    moderated(shop)
    first, second = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW)
    for by, return_id, command_ in (
        (NADIA, first, do.Reject("looks_used", EXPLAINED)), (NADIA, second, do.Reject("looks_used", EXPLAINED)),
        (IRINA, second, do.OpenDispute(EXPLAINED)), (NADIA, second, do.DecideDispute(for_customer=True, comment=EXPLAINED)),
    ):  # fmt: skip
        shop.does(by, return_id, command_)
    shop.in_status(Status.REFUSED_AT_PVZ, KETTLE)
    now = shop.in_status(Status.SELLER_REVIEW)
    with shop.office.database.read() as tx:
        found, _ = queue_queries.soonest(tx, Queue.REQUESTS, RequestFilter(), shop.clock.now())
        pasts = queue_queries.pasts(tx, found)
        [agreed] = staff_metric_queries.rejections(tx, moscow("2024-09-01 00:00"), moscow("2024-09-03 00:00"))

    assert [now] == [it.id for it in found]
    assert Past(2, 1, 3, 2, 1, 0) == pasts[now]
    assert ("moderator", 2, 0, 1, 0) == (agreed.by, agreed.count, agreed.open, agreed.upheld, agreed.refused)
    assert (21, 100) == share_between(1, 1)


def test_what_was_there_before_the_tables_is_counted_as_what_came_after_them(database_url: str, tmp_path: Path) -> None:
    photos = ("a", "b", "c")
    with market(database_url, tmp_path) as shop:
        for status in (Status.SELLER_REVIEW, Status.DISPUTE, Status.REFUSED_AT_PVZ, Status.DISPOSED_BY_MARKETPLACE):
            shop.in_status(status)
        shop.draft()
        swapped, lost, found = shop.draft(), *(shop.in_status(Status.ON_THE_WAY, KETTLE) for _ in range(2))
        for by, command_ in (
            (IRINA, do.Submit()), (ELIF, do.Approve(Route.B)),
            (OLEG, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(shop.photo,) * 2)),
            (OLEG, do.Dispatch("Linehaul", "W-1")), shop.way_to(Status.AT_PARTNER, ELIF)[-1],
            (IML, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", photos)),
        ):  # fmt: skip
            shop.does(by, swapped, command_)
        shop.clock.turn_to(shop.clock.now() + timedelta(days=40))
        while shop.office.desk.sweep():
            pass
        assert Status.LOST is shop.now_is(lost).status
        shop.does(CHEN, lost, do.FileClaim())
        shop.does(CHEN, found, do.FileClaim())
        shop.does(MARINA, found, do.TakeUpClaim())
        for given in (shop.way_to(Status.AT_PARTNER, CHEN)[-1][1], do.RecordMark(Mark.SUBSTITUTED, 1, "Other", photos)):
            shop.does(IML, found, given)
        before = rows(shop, "return_outcomes"), rows(shop, "return_claims")
        migrate(shop.office.database, "marketplace", command.downgrade, "0030")
        migrations.upgrade(shop.office.database, "backhaul.marketplace", tables.metadata)

        assert (7, 3) == tuple(map(len, before))
        assert before == (rows(shop, "return_outcomes"), rows(shop, "return_claims"))


def test_no_queue_reads_all_returns(shop: Market) -> None:
    values = {
        "queue": "requests", "after_us": 0, "until_us": 9, "seller": 0, "reason_group": "", "price_low": 0, "earlier": 0,
        "after_id": 0, "from_us": 0, **{f"edge_{n}": n for n in range(3)},
    }  # fmt: skip
    with shop.office.database.read() as tx:
        sqlite = tx.dialect == "sqlite"
        lists: dict[str, Any] = {name: "[]" if sqlite else [] for name in ("queues", "refs", "ids")}
        plans = [
            plan(tx, statement, tx.dialect, **values, **lists)
            for statement in (
                queue_queries.SOONEST, queue_queries.WAITING, queue_queries.OF_CUSTOMERS, staff_metric_queries.REJECTED,
            )
        ]  # fmt: skip

    assert [] == [told for told in plans if re.search(r"SCAN return_outcomes|Seq Scan on return_outcomes", told)]
    assert all("return_outcomes_" in told for told in plans)


# -- Through the doors ------------------------------------------------------------------------------------------------


def test_a_moderator_reads_queues_and_agreement_by_api_v1(shop: Market) -> None:
    shop.errand(let_in)
    moderated(shop)
    shop.in_status(Status.SELLER_REVIEW)
    second = shop.in_status(Status.SELLER_REVIEW)
    with calling(shop) as call:
        nadia = call("nadia")
        first = nadia.get("/api/v1/moderation/requests", params={"limit": 1, "repeated": ""})
        [rest] = nadia.get("/api/v1/moderation/requests", params={"after": first.json()["next"]}).json()["returns"]
        shop.does(NADIA, second, do.Reject("looks_used", EXPLAINED))
        [agreed] = nadia.get("/api/v1/metrics/agreement?days=30").json()["rows"]
        refused = [
            told(nadia.get("/api/v1/moderation/errands")), told(nadia.get("/api/v1/moderation/requests?repeated=no")),
            told(nadia.get("/api/v1/metrics/agreement?days=31")), told(call("elif").get("/api/v1/metrics/agreement")),
        ]  # fmt: skip

    assert second == rest["waiting"]["return_id"]
    assert ("Reject nothing.", 1, 1) == (
        rest["rules"],
        rest["past"]["order_requests"],
        rest["past"]["customer_requests"],
    )
    assert ("moderator", 1, 0) == (agreed["rejected_by"], agreed["rejected"], agreed["disputed"])
    assert agreed["overturned"]["pct"] is None
    wrong = (422, "field_invalid")
    assert [(404, "not_found"), wrong, wrong, (403, "not_your_role")] == refused
