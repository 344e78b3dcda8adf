"""Who tries at the partner's pages what is another's stands in its access log, and a supervisor reads it."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backhaul.kit.days import to_us
from tests.partner.doors import Door, entering
from tests.partner.house import CHEN, ELIF, ID, House


@pytest.fixture
def enter(house: House) -> Iterator[Door]:
    with entering(house) as door:
        yield door


def written(house: House, count: int) -> list[str]:
    """The log, once it has so many rows: it is written when the answer is given."""
    until = time.monotonic() + 30
    while len(house.refused_attempts()) < count and time.monotonic() < until:
        time.sleep(0.05)
    return house.refused_attempts()


def test_who_looks_for_what_is_anothers_stands_in_the_log_once_a_second(enter: Door, house: House) -> None:
    house.expects()  # Lumitek's
    elif_ = enter(ELIF)
    assert [404, 404] == [elif_.open(f"/parcels/{ID}").status for _ in range(2)]
    house.clock.turn(timedelta(seconds=1))
    assert 403 == elif_.open("/warehouse").status
    assert 404 == elif_.open("/nowhere").status
    assert 403 == enter("vera").open("/policy").status

    assert [
        f"seller:{ELIF}: not_found GET /parcels/{ID}",
        f"seller:{ELIF}: not_your_role GET /warehouse",
        "inspector:vera: not_your_role GET /policy",
    ] == written(house, 3)


def test_a_supervisor_reads_it_and_nobody_else(enter: Door, house: House) -> None:
    sonia = enter("sonia")
    assert "Nobody was refused." in sonia.open("/attempts").text
    for login in ("ruslan", "vera", CHEN):
        assert 403 == enter(login).open("/attempts").status
    written(house, 3)
    text = sonia.open("/attempts").text

    first, second = text.index(f"seller:{CHEN} GET /attempts"), text.index("inspector:vera GET /attempts")
    assert first < second < text.index("receiver:ruslan GET /attempts")
    assert "not_your_role" in text


def test_a_long_log_is_read_page_by_page(enter: Door, house: House) -> None:
    rows = [
        {"at_us": to_us(house.clock.now()), "caller": f"key:{n:03}", "what": "GET /x", "code": "wrong_key"}
        for n in range(120)
    ]
    house.errand(lambda tx, _: house.office.house.journal.log_access(tx, rows))
    sonia = enter("sonia").open("/attempts")
    seen = [sonia.text.count("key:")]
    while older := [link for link in sonia.page.links if "before=" in link]:
        sonia.follow(older[0])
        seen.append(sonia.text.count("key:"))

    assert [50, 50, 20] == seen
    assert 200 == sonia.open("/attempts?before=nonsense").status
