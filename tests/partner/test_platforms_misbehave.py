"""R99: a platform that answers slowly, wrongly or never; the sellers of the others are asked for as ever, and nothing is forgotten."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backhaul.kit import outside
from backhaul.kit.machine import Refused
from backhaul.partner import linking, platform_errands, platform_queries, polling
from backhaul.partner.rules.words import BusinessType
from tests.misbehaving import WAYS, Gate, gate, hangs
from tests.partner.foreign import Recorded, foreign, row
from tests.partner.house import CHEN, ELIF, STRANGER, VIEWER, House, opened

BAD, GOOD = "bad-market", "good-market"
SLOW = 4.0


@pytest.fixture
def there() -> Iterator[Recorded]:
    with foreign(Recorded()) as recorded:
        recorded.rows = [row(1), row(2)]
        yield recorded


@pytest.fixture
def through(there: Recorded) -> Iterator[Gate]:
    with gate(there.url) as one:
        yield one


@pytest.fixture
def house(database_url: str, tmp_path: Path, there: Recorded, through: Gate) -> Iterator[House]:
    """The same server under two names: one of them stands behind a gate."""
    with opened(database_url, tmp_path) as house:
        house.office.line.close()
        house.office.line = outside.open_line(0.25)
        house.errand(lambda tx, at: platform_errands.register_platform(tx, BAD, "Bad", through.url, at))
        house.errand(lambda tx, at: platform_errands.register_platform(tx, GOOD, "Good", there.url, at))
        yield house


def link(house: House, there: Recorded, platform: str, login: str) -> None:
    kind = BusinessType.RETURN_PRODUCT if login == ELIF else BusinessType.CANCEL_ORDERS
    linking.link(house.office, house.account(login), platform, kind, int(there.client_id), there.key)


def seen(house: House, there: Recorded, platform: str) -> set[int]:
    with house.office.database.read() as tx:
        return {one.return_id for one in platform_queries.watched(tx, platform, [int(there.client_id)])}


def test_whatever_a_platform_answers_the_sellers_of_others_are_asked_for_and_afterwards_it_is_caught_up(
    house: House, there: Recorded, through: Gate
) -> None:
    link(house, there, BAD, CHEN)
    link(house, there, GOOD, STRANGER)
    there.rows.append(row(3))
    for way, talk in WAYS.items():
        house.clock.turn(timedelta(hours=4))
        through.goes(talk)
        began = time.monotonic()
        assert 1 == polling.poll_due(house.office), way  # the good one's
        with pytest.raises(Refused, match="platform_away"):
            link(house, there, BAD, VIEWER)
        assert 0 == linking.check_links(house.office), way
        assert time.monotonic() - began < SLOW, way
        assert ({1, 2}, {1, 2, 3}) == (seen(house, there, BAD), seen(house, there, GOOD)), way
        before = through.asked
        assert 0 == polling.poll_due(house.office), way
        assert before == through.asked, way  # the back-off holds
    through.goes(None)
    house.clock.turn(timedelta(hours=1))

    assert 2 == polling.poll_due(house.office)
    assert {1, 2, 3} == seen(house, there, BAD)


def test_of_a_platform_that_hangs_three_links_are_asked_about_and_not_all(
    house: House, there: Recorded, through: Gate
) -> None:
    """Each costs the time of a call; the links of other platforms are asked about in the same round."""
    for login in (CHEN, ELIF, STRANGER, VIEWER):
        link(house, there, BAD, login)
    link(house, there, GOOD, STRANGER)
    house.clock.turn(timedelta(minutes=1))
    through.goes(hangs)
    before, asked = through.asked, len(there.asked)
    assert 0 == linking.check_links(house.office)

    assert (3, 1) == (through.asked - before, len(there.asked) - asked)
    through.goes(None)
    there.key = "another one"
    house.clock.turn(timedelta(minutes=1))
    assert 5 == linking.check_links(house.office)  # all of them are lost, and it is seen at once


def test_what_a_slow_server_could_not_tell_in_time_is_asked_for_at_once(
    house: House, there: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody waits for the page while a seller is linked: what is left comes with the first poll."""
    there.rows = [row(n) for n in range(1, 151)]
    monkeypatch.setattr(linking, "PULL_SECONDS_MAX", -1)
    link(house, there, GOOD, CHEN)
    first = seen(house, there, GOOD)
    polled = polling.poll_due(house.office)

    assert (100, 1) == (len(first), polled)
    assert 150 == len(seen(house, there, GOOD))
