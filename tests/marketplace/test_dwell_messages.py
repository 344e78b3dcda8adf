"""What waits at a point too long is told to its clerks and to support: each product once, all of one day in one message (R56)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.noticeboard import Message
from backhaul.marketplace import errands, tables
from backhaul.marketplace.notice_texts import LANGUAGE
from backhaul.marketplace.office import open_office
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Role, Status
from tests.letters import mails, text_of
from tests.marketplace.cast import OLEG, Market, market, moscow, served
from tests.web.forms import Visit

PASSWORD = "correct horse battery"
PEOPLE = (
    ("oleg", Role.CLERK, OLEG.subject, "ru", "oleg@example.com"),
    ("rita", Role.CLERK, "77-0500", "en", "rita@example.com"),
    ("marina", Role.SUPPORT, "", "tr", "marina@example.com"),
    ("pyotr", Role.SUPPORT, "", "en", ""),
)
POINT, SUPPORT = f"point:{OLEG.subject}", "role:support"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


def let_in(tx: Tx, _: datetime) -> None:
    hashed = keys.hash_password(PASSWORD)
    for login, role, subject, language, email in PEOPLE:
        errands.add_account(tx, login, hashed, role, subject, login.title(), language, email=email)


def told(shop: Market, reader: str) -> list[Message]:
    with shop.office.database.read() as tx:
        return [one for one in reversed(tables.board.page(tx, [reader])) if one.kind.startswith("dwelling")]


def body(message: Message, language: str = "en") -> str:
    return LANGUAGE.tell(message.kind, message.facts, message.case_id, language).body


def test_three_days_after_the_acceptance_both_are_told_and_not_a_second_sooner(shop: Market) -> None:
    """Accepted on 2 September, day 0; day 3 is the 5th."""
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-05 23:59:59"))
    shop.office.tick()
    assert [] == told(shop, POINT) + told(shop, SUPPORT)
    shop.clock.turn_to(moscow("2024-09-06 00:00"))
    for _ in range(3):
        shop.office.tick()

    (point,), (support,) = told(shop, POINT), told(shop, SUPPORT)
    assert moscow("2024-09-06 00:00") == point.at == support.at
    assert (
        "Waiting at the point 77-0412 longer than allowed, 3 days: R-100001. Products: 1. Hand them over to the carrier."
    ) == body(point)
    assert "Waiting at a point longer than allowed, 3 days: R-100001 (77-0412). Products: 1." == body(support)
    assert [] == told(shop, "point:77-0500")


def test_all_of_one_day_stand_in_one_message_and_another_day_has_its_own(shop: Market) -> None:
    for _ in range(2):
        shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-03 10:00"))
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-09 12:00"))
    shop.office.tick()
    shop.office.tick()

    days = [moscow("2024-09-06 00:00"), moscow("2024-09-07 00:00")]
    assert days == [one.at for one in told(shop, POINT)] == [one.at for one in told(shop, SUPPORT)]
    first, second = told(shop, POINT)
    assert "3 days: R-100001, R-100002. Products: 2." in body(first)
    assert "3 days: R-100003. Products: 1." in body(second)


def test_a_house_that_was_down_tells_it_once_when_it_is_up_again(
    shop: Market, database_url: str, tmp_path: Path
) -> None:
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-20 12:00"))
    again = open_office(database_url, tmp_path / "again", shop.clock)
    again.desk.start()
    again.tick()
    again.tick()
    again.close()

    assert [moscow("2024-09-06 00:00")] == [one.at for one in told(shop, POINT)]
    assert 1 == len(told(shop, SUPPORT))


def test_what_was_handed_over_in_time_is_not_told(shop: Market) -> None:
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.does(OLEG, return_id, do.Dispatch("Linehaul", "W-1"), "2024-09-05 23:59")
    shop.clock.turn_to(moscow("2024-09-06 12:00"))
    shop.office.tick()

    assert [] == told(shop, POINT) + told(shop, SUPPORT)


def test_mails_go_to_the_clerks_of_the_point_and_to_support_with_the_way_to_the_list(
    shop: Market, tmp_path: Path
) -> None:
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-06 00:00"))
    shop.office.tick()
    shop.office.mailing.url = "https://shop.example"
    shop.office.mailing.send_due()

    sent = {str(mail["to"]): text_of(mail) for mail in mails(tmp_path / "data" / "mail") if "R-100001" in text_of(mail)}
    ours = {to: text for to, text in sent.items() if to.startswith(("oleg", "marina", "rita"))}
    assert {"oleg@example.com", "marina@example.com"} == set(ours)
    assert "https://shop.example/counter" in ours["oleg@example.com"]
    assert "https://shop.example/support/points#dwelling" in ours["marina@example.com"]


def test_clerks_and_support_read_it_under_messages(shop: Market) -> None:
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-06 00:00"))
    shop.office.tick()
    with served(shop) as url:
        for login, href in (("oleg", "/counter"), ("pyotr", "/support/points#dwelling")):
            with Visit(url) as visit:
                visit.client.cookies.set("language", "en")
                visit.sign_in(login, PASSWORD).follow("/messages")

                assert "R-100001" in visit.text
                assert href in visit.page.links
                assert "Messages 1" in visit.text
