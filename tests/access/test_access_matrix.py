"""T27: every door of both houses, asked by everybody, about what is theirs, another's and nobody's, against tables that people reviewed.

A new door without a line fails; `python -m tests.access` writes what it answers to var/, for whoever reviews it. A fortieth of
the cells on SQLite, others with another seed (`BACKHAUL_SEED`); all of them on both with `./bh soak`.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit.database import Statement
from tests.access import asking, marketplace, partner
from tests.access.asking import Principal, Question
from tests.marketplace.cast import market
from tests.marketplace.people import let_in
from tests.partner.house import opened

HERE = Path(__file__).parent
HOUSES = ("marketplace", "partner")
PART = 40
NOBODYS = {
    "return_id": 999_999, "case_id": 999_999, "parcel_id": 999_999, "blob_id": "0" * 64, "report_id": "0" * 24, "block_id": 999,
    "public_id": "aaaaaaaa", "file_id": 999, "statement_id": 999, "job_id": "0", "break_id": 999, "invoice_id": 999,
    "webhook_id": "hook_0", "event_id": "evt_1_1", "line_id": 999_999, "number": "999", "orphan_id": 999_999,
    "consignment_id": 999_999, "destination_id": 999_999, "rule_id": 999_999, "dispute_id": 999_999,
}  # fmt: skip


class World:
    """A house with its people, and what is asked of them."""

    def __init__(self, who: dict[str, Principal], questions: list[Question], pass_a_second: Any) -> None:
        self.who = who
        self.questions = {question.name: question for question in questions}
        self.pass_a_second = pass_a_second

    def ask(self, name: str, by: str, **nobodys: object) -> httpx2.Response:
        question = self.questions[name]
        if question.door[1].startswith(("/v1", "/v2")):
            self.pass_a_second()  # so many a second
        return self.who[by].asks(question, asking.Places({**question.places, **nobodys}))


@contextmanager
def world(house: str, url: str, directory: Path) -> Iterator[World]:
    with ExitStack() as stack:
        if house == "marketplace":
            shop = stack.enter_context(market(url, directory))
            shop.errand(let_in)
            who, places = stack.enter_context(marketplace.principals(shop))
            yield World(who, marketplace.questions(shop, places), lambda: shop.clock.turn(timedelta(seconds=1)))
        else:
            opened_house = stack.enter_context(opened(url, directory))
            of_partner, its = stack.enter_context(partner.principals(opened_house))
            yield World(of_partner, partner.questions(opened_house, its), lambda: None)


def compared(
    here: World, house: str, one_of: int, seed: int
) -> tuple[dict[tuple[str, str], tuple[str, str]], list[tuple[str, str]]]:
    """Cells that are otherwise than in the table, as (table, answer), and those whose 404 is not that of what nobody has."""
    _, table = asking.read(HERE / f"{house}.txt")
    part = set(asking.chosen(table, seed, one_of))
    wrong, told = {}, []
    for name, question in here.questions.items():
        for by in here.who:
            if (name, by) not in part:
                continue
            answer = here.ask(name, by)
            if asking.word(answer) != table[name, by]:
                wrong[name, by] = (table[name, by], asking.word(answer))
            named = {place: NOBODYS[place] for place in NOBODYS if f"{{{place}}}" in question.door[1]}
            if answer.status_code == 404 and named and question.reads:
                other = here.ask(name, by, **named)
                if asking.seen(answer) != asking.seen(other):
                    told.append((name, by))
    return wrong, told


@pytest.mark.parametrize("house", HOUSES)
def test_every_door_has_a_line_and_a_part_of_the_cells_is_as_it_says(house: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("BACKHAUL_SEED", "1"))
    print(f"seed {seed}: BACKHAUL_SEED={seed} asks the same cells")
    with world(house, f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as here:
        names, table = asking.read(HERE / f"{house}.txt")
        assert set(here.questions) == {door for door, _ in table}, "a door without a line, or a line without a door"
        assert list(here.who) == names
        wrong, told = compared(here, house, PART, seed)

    assert ({}, []) == (wrong, told)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("house", HOUSES)
def test_every_cell_is_as_the_table_says(house: str, database_url: str, tmp_path: Path) -> None:
    with world(house, database_url, tmp_path) as here:
        wrong, told = compared(here, house, 1, 0)

    assert ({}, []) == (wrong, told)


WHOSE = re.compile(r"(\w+\.)?(seller_id|subject) = (:\w+)")
BY_SQL = ("GET /api/v1/keys/{public_id}", "GET /api/v1/returns-reports/{report_id}", "GET /api/v1/jobs/{job_id}", "GET /api/v1/webhooks/{webhook_id}")  # fmt: skip
BY_LAW = ("GET /returns/{return_id}", "GET /photos/{return_id}/{blob_id}")


def test_a_question_without_its_owner_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: `where seller_id` is taken out of every statement, and the law's question out of a door."""
    _, table = asking.read(HERE / "marketplace.txt")
    cells = [(door, "chen") for door in (*BY_SQL, *BY_LAW)]
    as_it_is = Statement.text

    def forgetful(self: Statement, dialect: str) -> tuple[str, dict[str, object]]:
        text, constants = as_it_is(self, dialect)
        return WHOSE.sub(r"\3 = \3", text), constants

    with world("marketplace", f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as here:
        before = {cell: asking.word(here.ask(*cell)) for cell in cells}
        monkeypatch.setattr(Statement, "text", forgetful)
        monkeypatch.setattr("backhaul.marketplace.pages.returns.concerns", lambda *_: True)
        noticed = {cell for cell in cells if asking.word(here.ask(*cell)) != table[cell]}
        monkeypatch.undo()

    assert {cell: table[cell] for cell in cells} == before
    doors = {door for door, _ in noticed}
    assert doors & set(BY_SQL)
    assert doors & set(BY_LAW)
    print(f"{len(noticed)} of {len(cells)} doors let others past")
