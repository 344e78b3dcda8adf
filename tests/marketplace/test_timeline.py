"""The one timeline of a return over both houses: who, when, why, what moved and who was told, as each reader may know it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backhaul.kit.database import Statement
from backhaul.kit.days import end_of_day
from backhaul.marketplace import publications, timeline_queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace.cast import CHEN, IML, KETTLE, MARINA, MORNING, OLEG, THROW, Market, market
from tests.marketplace.people import Call, calling, let_in, told
from tests.test_plans import plan


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def lines(call: Call, login: str, return_id: int, **asked: str) -> list[dict[str, Any]]:
    answer = call(login).get(f"/api/v1/returns/{return_id}/timeline", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_what_the_calendar_did_says_which_time_was_over_and_how_it_is_counted(shop: Market, call: Call) -> None:
    """P4: three days of silence approve. The last moment that counts is 23:59 of day 3 in Moscow."""
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    shop.clock.turn_to(end_of_day(MORNING, 3) + timedelta(minutes=1))
    shop.office.desk.sweep()
    by_event = {one["event"]: one for one in lines(call, "marina", return_id)}
    approved = by_event["Approved"]

    assert ("calendar", "Calendar", "request") == (approved["role"], approved["role_title"], approved["kind"])
    why = (
        "The time was over: Answer of the seller, until 5 Sep 2024, 23:59 Moscow time. "
        "Until the end of day 3, Moscow time; the day of the event is day 0."
    )
    assert [why] == approved["why"]
    assert "why" not in by_event["Requested"]
    assert ["customer", "seller"] == [one["to"] for one in approved["messages"]]


def test_every_line_of_the_calendar_says_why(shop: Market, call: Call) -> None:
    """A return that nobody touches, from the request over the drop-off that never comes."""
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    for days in range(1, 12):
        shop.clock.turn_to(MORNING + timedelta(days=days))
        shop.office.desk.sweep()
    of_calendar = lines(call, "marina", return_id, party="calendar")

    assert {"Reminded", "Approved", "Expired"} == {one["event"] for one in of_calendar}
    assert [] == [one["event"] for one in of_calendar if not one.get("why")]
    assert all(
        "A reminder before the time is over" in one["why"][0] for one in of_calendar if one["event"] == "Reminded"
    )


def test_what_passed_is_explained_by_the_rules_of_its_time_or_says_that_it_is_by_those_of_today(
    shop: Market, call: Call
) -> None:
    """Three days for the answer were in the event; when goods lie too long at a point is reckoned by the policy of now."""
    asked, lies = shop.in_status(Status.SELLER_REVIEW, THROW), shop.in_status(Status.ACCEPTED_AT_PVZ, KETTLE)
    shop.clock.turn_to(end_of_day(MORNING, 9) + timedelta(minutes=1))
    shop.office.desk.sweep()
    before = {one["event"]: one.get("why", []) for one in lines(call, "marina", lies)}
    wanted = msgspec.structs.replace(shop.office.house.terms.policy, answer_days=4, dwell_alarm_days=6)
    shop.errand(lambda tx, at: publications.publish_policy(tx, wanted, at, MARINA, "Longer answers.", at, seen="0"))
    shop.office.read_terms_again()
    [answered] = [one["why"] for one in lines(call, "marina", asked) if one["event"] == "Approved"]
    [alarmed] = [one["why"] for one in lines(call, "marina", lies) if one["event"] == "DwellAlarmed"]
    by_today = "This time is counted by the rules of today; others held when it began."

    assert 4 == shop.office.house.terms.policy.answer_days
    assert (1, True) == (len(answered), "Until the end of day 3, Moscow time" in answered[0])
    assert by_today not in before["DwellAlarmed"]
    assert ("Until the end of day 6, Moscow time" in alarmed[0], by_today) == (True, alarmed[1])


def swapped(shop: Market) -> int:
    """A product that the partner finds to be another: five parties, money, a claim."""
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ, KETTLE)
    shop.does(OLEG, return_id, do.Dispatch("Linehaul", "W-17"))
    for by, command in (
        shop.way_to(Status.AT_PARTNER, CHEN)[-1],
        (IML, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c"))),
    ):
        shop.does(by, return_id, command)
    return return_id


def test_support_reads_both_houses_and_the_ledger(shop: Market, call: Call) -> None:
    return_id = swapped(shop)
    by_event = {one["event"]: one for one in lines(call, "marina", return_id)}
    facts = {event: {one["name"]: one["value"] for one in line.get("facts", [])} for event, line in by_event.items()}

    assert {"customer", "seller", "clerk", "partner"} <= {one["role"] for one in by_event.values()}
    assert ("Linehaul", "W-17") == (facts["Dispatched"]["carrier"], facts["Dispatched"]["waybill"])
    assert "IML-MSK-2" == facts["Arrived"]["warehouse"]
    assert ("Substituted product", "Other model", "3") == tuple(
        facts["Marked"][n] for n in ("mark", "defect", "photos")
    )
    assert "Oleg" == by_event["Dispatched"]["who"]
    assert ["Refund owed to the customer"] == [one["title"] for one in by_event["RefundHeld"]["entries"]]
    assert "money" == by_event["RefundCancelled"]["kind"]


def test_a_filter_shows_what_somebody_did_or_was_written_of_and_what_it_is_about(shop: Market, call: Call) -> None:
    return_id = swapped(shop)
    whole = lines(call, "marina", return_id)
    warehouse = lines(call, "marina", return_id, kind="warehouse")
    of_partner = lines(call, "marina", return_id, party="partner")
    money = lines(call, "marina", return_id, kind="money")
    to_customer = lines(call, "marina", return_id, party="customer", kind="message")

    assert {"Arrived", "Marked"} == {one["event"] for one in warehouse}
    assert {"partner"} == {one["role"] for one in of_partner}
    assert all(one["kind"] == "money" or one["entries"] for one in money)
    assert to_customer
    assert all("customer" in {one["role"], *(m["to"] for m in one["messages"])} for one in to_customer)
    assert len(whole) > len(money) > 0
    wrong = call("marina").get(f"/api/v1/returns/{return_id}/timeline", params={"kind": "gossip"})
    assert 422 == wrong.status_code


def test_a_seller_reads_no_entry_no_message_to_others_and_no_name_of_staff(shop: Market, call: Call) -> None:
    return_id = swapped(shop)
    mine = lines(call, "chen", return_id)

    assert [] == [one for one in mine if one.get("entries")]
    assert {"seller"} == {message["to"] for one in mine for message in one.get("messages", [])}
    assert {"seller"} >= {one["role"] for one in mine if one.get("who")}
    for login in ("elif", "irina", "oleg"):
        assert (404, "not_found") == told(call(login).get(f"/api/v1/returns/{return_id}/timeline"))


def test_of_more_messages_than_are_shown_the_newest_stand_and_the_timeline_says_so(shop: Market, call: Call) -> None:
    """500 are shown. What support wrote 500 times is none of them, and what others were written is none of the seller's."""
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    [of_request] = [one for one in lines(call, "marina", return_id) if one["event"] == "Requested"]
    names = tuple(t.board.notices.c.keys())
    [row] = [found for one in shop.dump()["notices"] if (found := dict(zip(names, one, strict=True)))["reader"].startswith("seller:")]  # fmt: skip
    write = Statement(t.board.notices.insert())

    def more(first: int, reader: str, kind: str, cause: str) -> None:
        said = {**row, "reader": reader, "kind": kind}
        rows = [{**said, "id": first + n, "cause": f"{cause}.{n}"} for n in range(500)]
        shop.errand(lambda tx, _: tx.many(write, rows))

    more(10_000, "customer:C-1001", "support_wrote", "message")
    before = lines(call, "marina", return_id)
    more(20_000, "role:support", row["kind"], str(return_id))
    of_staff, of_seller = lines(call, "marina", return_id), lines(call, "elif", return_id)

    assert of_request in before
    assert "MessagesLeftOut" not in {one["event"] for one in [*before, *of_seller]}
    assert 1 == [one["event"] for one in of_staff].count("MessagesLeftOut")
    assert {"seller"} == {said["to"] for one in of_seller for said in one.get("messages", [])}


def test_messages_of_a_return_are_found_by_an_index(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop, shop.office.database.read() as tx:
        for statement in (
            timeline_queries.WRITTEN_OF_RETURN,
            timeline_queries.WRITTEN_TO,
            timeline_queries.ENTRIES_BY_EVENT,
        ):
            found = plan(tx, statement, shop.office.database.dialect, case_id=1, reader="seller:1")
            assert not re.search(r"SCAN (notices|entries)|Seq Scan on (notices|entries)", found), found
