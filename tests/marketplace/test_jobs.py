"""Long work: asked for by API v1, done in steps by the house's runner, resumed after a kill, never applied twice, fetched later."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.database import Statement, Tx
from backhaul.marketplace import access, rate_card_files, statement_errands, users
from backhaul.marketplace import tables as t
from backhaul.marketplace.jobs import decisions, invoices, queries, rates, store
from backhaul.marketplace.jobs.working import LEASE, Runner
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Rights, Role, Status
from tests.marketplace.bank import bank_of, entry, rounds, statement
from tests.marketplace.cast import CHEN, ELIF, KETTLE, MUG, Market, market
from tests.marketplace.papers import charge, paper
from tests.marketplace.people import Call, account, calling, let_in, told
from tests.marketplace.test_payouts import key, refunded

JOBS = "/api/v1/jobs"
INVOICE = paper(charge("R-1", "receipt", "2024-09-02 10:00", 600))


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def work(runner: Runner, rounds_max: int = 1000) -> int:
    """Rounds until there is nothing to do; how many."""
    for n in range(rounds_max):
        if not runner.work():
            return n
    raise AssertionError(rounds_max)


def ordered(client: Any, what: str, **wanted: Any) -> Any:
    answer = client.post(f"{JOBS}/{what}", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def job(client: Any, asked: Any) -> Any:
    return client.get(f"{JOBS}/{asked['id']}").json()


def result(client: Any, asked: Any) -> list[dict[str, str]]:
    answer = client.get(f"{JOBS}/{asked['id']}/result")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def another_runner(shop: Market) -> Runner:
    """The runner of a process that began after the first one died."""
    first = shop.office.jobs
    return Runner(shop.office.reconciling, first.directory)


def kill(runner: Runner) -> None:
    """The process is gone, with what it had in memory; the system closes its files."""
    for one in runner._in_hand:  # noqa: SLF001 -- nobody else can look into a dead process
        one.sheet.abandon()


# -- Exports ----------------------------------------------------------------------------------------------------------


def test_the_files_are_those_of_the_doors_that_answer_at_once(shop: Market, call: Call) -> None:
    for line in (MUG, MUG, KETTLE):
        by = CHEN if line is KETTLE else ELIF
        shop.does(by, shop.in_status(Status.SELLER_REVIEW, line), do.RefundWithoutReturn())
    elif_ = call("elif")
    elif_.post("/api/v1/reconciliation/invoices", content=INVOICE)

    account_now = ordered(elif_, "statement")
    breaks = ordered(elif_, "breaks", status="open")
    work(shop.office.jobs)

    doors = {"ledger/statement.csv": (account_now, 4), "reconciliation/breaks/export/csv?status=open": (breaks, 1)}
    for door, (asked, count) in doors.items():
        told_now, at_once = job(elif_, asked), elif_.get(f"/api/v1/{door}")
        assert at_once.content == elif_.get(f"{JOBS}/{asked['id']}/result").content
        assert ("done", len(at_once.content)) == (told_now["state"], told_now["size_bytes"])
        assert count == told_now["rows"] == len(at_once.content.splitlines()) - 1


def test_support_sees_its_own_work_and_no_companys(shop: Market, call: Call) -> None:
    marina, elif_ = call("marina"), call("elif")
    asked = ordered(marina, "statement", of=f"seller:{ELIF.subject}", file="xlsx")
    own = ordered(elif_, "breaks")
    work(shop.office.jobs)

    assert [asked["id"]] == [one["id"] for one in marina.get(JOBS).json()]
    assert [own["id"]] == [one["id"] for one in call("aysel").get(JOBS).json()]
    assert (404, "not_found") == told(elif_.get(f"{JOBS}/{asked['id']}"))
    assert (404, "not_found") == told(call("chen").get(f"{JOBS}/{own['id']}/result"))
    assert (403, "not_your_role") == told(call("irina").get(JOBS))
    assert marina.get(f"{JOBS}/{asked['id']}/result").content.startswith(b"PK")


# -- Decisions --------------------------------------------------------------------------------------------------------


def test_all_that_match_are_decided_and_a_file_says_what_became_of_each(shop: Market, call: Call) -> None:
    mugs = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(3)]
    throw = shop.in_status(Status.SELLER_REVIEW)
    elif_ = call("elif")

    asked = ordered(elif_, "decisions", act="approve", filter={"price_below": 5000})
    shop.does(ELIF, mugs[1], do.Offer(500))  # after it was asked for: that version was not seen
    work(shop.office.jobs)

    assert [Status.APPROVED, Status.OFFER_SENT, Status.APPROVED] == [shop.now_is(it).status for it in mugs]
    assert Status.SELLER_REVIEW == shop.now_is(throw).status
    now = job(elif_, asked)
    assert ("done", 3, 3, {"decided": 2, "refused": 1}) == (now["state"], now["done"], now["total"], now["told"])
    rows = {int(row["return_id"]): row for row in result(elif_, asked)}
    assert set(mugs) == set(rows)
    assert ("true", "approved") == (rows[mugs[0]]["done"], rows[mugs[0]]["status"])
    assert "false" == rows[mugs[1]]["done"]
    assert rows[mugs[1]]["detail"]


@pytest.mark.parametrize("steps", [1, 3])
def test_after_a_kill_the_rest_is_done_and_nothing_twice(
    shop: Market, call: Call, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "ITEMS_A_STEP", 2)
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(5)]
    elif_ = call("elif")
    asked = ordered(elif_, "decisions", act="refund-without-return", items=[{"return_id": it} for it in ids])
    dying = another_runner(shop)
    for _ in range(steps):
        dying.work()
    kill(dying)

    assert "running" == job(elif_, asked)["state"]
    assert 0 == another_runner(shop).work()  # somebody holds it
    shop.clock.turn(LEASE)
    work(another_runner(shop))

    now = job(elif_, asked)
    assert ("done", 5, {"decided": 5, "refused": 0}) == (now["state"], now["done"], now["told"])
    assert ids == [int(row["return_id"]) for row in result(elif_, asked)]
    for it in ids:
        refunds = [entry for entry in shop.entries(it) if entry.cause.startswith("refund")]
        assert len(refunds) == len({entry.cause for entry in refunds})
        assert Status.REFUNDED_WITHOUT_RETURN == shop.now_is(it).status
    with shop.office.database.read() as tx:
        events = tx.rows(Statement(t.journal.events.select().where(t.journal.events.c.kind == "RefundedWithoutReturn")))
    assert len(ids) == len(events)


def test_cancelled_in_the_middle_it_keeps_what_was_decided(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "ITEMS_A_STEP", 1)
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(3)]
    elif_, runner = call("elif"), shop.office.jobs
    asked = ordered(elif_, "decisions", act="approve", items=[{"return_id": it} for it in ids])
    runner.work()
    assert 200 == elif_.post(f"{JOBS}/{asked['id']}/cancel").status_code
    work(runner)

    now = job(elif_, asked)
    assert ("cancelled", {"decided": 2, "refused": 0}) == (now["state"], now["told"])
    assert 2 == len(result(elif_, asked))
    assert [Status.APPROVED, Status.APPROVED, Status.SELLER_REVIEW] == [shop.now_is(it).status for it in ids]
    assert 200 == elif_.post(f"{JOBS}/{asked['id']}/cancel").status_code  # it is: nothing more to do


def test_what_waits_is_cancelled_at_once_and_what_is_over_stays(shop: Market, call: Call) -> None:
    elif_ = call("elif")
    first, second = ordered(elif_, "breaks"), ordered(elif_, "breaks")
    assert "cancelled" == elif_.post(f"{JOBS}/{second['id']}/cancel").json()["state"]
    work(shop.office.jobs)

    assert ("done", "cancelled") == (job(elif_, first)["state"], job(elif_, second)["state"])
    assert (409, "job_is_over") == told(elif_.post(f"{JOBS}/{first['id']}/cancel"))
    assert (409, "job_has_no_file") == told(elif_.get(f"{JOBS}/{second['id']}/result"))


def test_who_lost_the_right_meanwhile_decides_nothing(shop: Market, call: Call) -> None:
    waits = shop.in_status(Status.SELLER_REVIEW)
    umut = call("umut")
    asked = ordered(umut, "decisions", act="approve")

    def take_away(tx: Tx, _: object) -> None:
        users.set_rights(tx, account(tx, "elif"), account(tx, "umut").id, Rights.ANALYST, manages_keys=False)

    shop.errand(take_away)
    work(shop.office.jobs)

    assert Status.SELLER_REVIEW == shop.now_is(waits).status
    umut = call("umut")  # other rights begin with another session
    assert ("failed", "role_read_only") == (job(umut, asked)["state"], job(umut, asked)["failure"]["code"])


def test_a_revoked_key_decides_nothing_more(shop: Market, call: Call) -> None:
    waits, text = shop.in_status(Status.SELLER_REVIEW), shop.key()
    asked = ordered(call(text), "decisions", act="approve")
    shop.revoke(text)
    work(shop.office.jobs)

    assert Status.SELLER_REVIEW == shop.now_is(waits).status
    assert "key_revoked" == job(call("elif"), asked)["failure"]["code"]


def test_who_may_only_read_asks_for_files_but_decides_nothing(shop: Market, call: Call) -> None:
    shop.in_status(Status.SELLER_REVIEW)
    aysel = call("aysel")
    asked = ordered(aysel, "breaks")

    assert (403, "role_read_only") == told(aysel.post(f"{JOBS}/decisions", json={"act": "approve"}))
    assert (403, "role_read_only") == told(aysel.post(f"{JOBS}/{ordered(call('elif'), 'breaks')['id']}/cancel"))
    assert "cancelled" == aysel.post(f"{JOBS}/{asked['id']}/cancel").json()["state"]  # their own


@pytest.mark.parametrize(
    ("wanted", "code"),
    [({"act": "dispatch"}, "unknown_act"), ({"act": "approve"}, "bulk_size"), ({"act": "reject"}, "field_invalid")],
)
def test_what_cannot_be_done_is_refused_before_it_waits(call: Call, wanted: dict[str, Any], code: str) -> None:
    refused = told(call("elif").post(f"{JOBS}/decisions", json=wanted))

    assert (422, code) == refused
    assert [] == call("elif").get(JOBS).json()


def test_the_same_request_again_is_the_same_work(shop: Market, call: Call) -> None:
    shop.in_status(Status.SELLER_REVIEW)
    elif_, headers = call("elif"), {"idempotency-key": "once"}
    first = elif_.post(f"{JOBS}/decisions", json={"act": "approve"}, headers=headers).json()
    work(shop.office.jobs)
    again = elif_.post(f"{JOBS}/decisions", json={"act": "approve"}, headers=headers)  # nothing waits now

    assert (201, first["id"]) == (again.status_code, again.json()["id"])
    assert 1 == len(elif_.get(JOBS).json())


# -- Back-tests -------------------------------------------------------------------------------------------------------


def test_a_back_test_brings_the_sums_of_its_preview_and_a_row_for_each_return(shop: Market, call: Call) -> None:
    disposed = [shop.in_status(Status.DISPOSED_BY_MARKETPLACE) for _ in range(2)]
    shop.clock.turn(timedelta(days=8))
    while shop.office.tick():
        pass
    marina = call("marina")
    cells = [{**cell, "rate_pct": 0} for cell in rate_card_files.rows(SEED_CARD)]
    days = {"first_day": "2024-09-01", "last_day": "2024-09-10"}
    terms = {"version": "none", "cells": cells, **days}
    preview = marina.post(
        "/api/v1/rate-cards/preview", json={**terms, "valid_from": "2024-12-01T00:00:00Z", "why": "To try it."}
    ).json()["back_test"]["total"]

    asked = ordered(marina, "back-test", **terms)
    work(shop.office.jobs)

    now, rows = job(marina, asked), result(marina, asked)
    assert {name: preview[name] for name in now["told"]} == now["told"]
    assert disposed == [int(row["return_id"]) for row in rows]
    assert ["0.00"] * 2 == [row["after"] for row in rows]
    assert preview["before_minor"] == sum(int(row["before"].replace(".", "")) for row in rows) > 0
    assert (403, "not_your_role") == told(call("elif").post(f"{JOBS}/back-test", json=terms))


# -- Invoices of the partner ------------------------------------------------------------------------------------------


def breaks_of(client: Any) -> set[tuple[str, str, str]]:
    rows = client.get("/api/v1/reconciliation/breaks?status=open").json()
    return {(row["kind"], row["return_number"], row["invoice"]) for row in rows}


@pytest.mark.parametrize("steps", [2, 4, 5])
def test_an_invoice_whose_import_was_killed_is_taken_in_whole_and_once(
    shop: Market, call: Call, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two lines, after all of them, and while its units are compared."""
    monkeypatch.setattr(invoices, "LINES_A_STEP", 2)
    monkeypatch.setattr(invoices, "UNITS_A_STEP", 2)
    data = paper(*(charge(f"R-{n}", "receipt", "2024-09-02 10:00", 600) for n in range(1, 6)))
    elif_, chen = call("elif"), call("chen")
    asked = elif_.post(f"{JOBS}/invoice", content=data).json()
    dying = another_runner(shop)
    for _ in range(steps):
        dying.work()
    kill(dying)
    shop.clock.turn(LEASE)
    work(another_runner(shop))

    now = job(elif_, asked)
    assert ("done", {"lines": 5, "breaks": 5}) == (now["state"], now["told"])
    assert {f"R-{n}" for n in range(1, 6)} == {row["return_number"] for row in result(elif_, asked)}
    current = [one for one in elif_.get("/api/v1/reconciliation/invoices").json() if one["status"] == "current"]
    assert [("INV-000001", 5)] == [(one["number"], one["lines"]) for one in current]
    chen.post("/api/v1/reconciliation/invoices", content=data)  # at once
    assert breaks_of(chen) == breaks_of(elif_)


def test_a_file_that_is_no_invoice_is_refused_before_it_waits(call: Call) -> None:
    refused = call("elif").post(f"{JOBS}/invoice", content=b"invoice,line\r\n")

    assert 422 == refused.status_code
    assert refused.json()["faults"][0]["detail"]
    assert (403, "not_your_role") == told(call("marina").post(f"{JOBS}/invoice", content=INVOICE))
    assert [] == call("elif").get(JOBS).json()


# -- Bank statements --------------------------------------------------------------------------------------------------


def test_a_statement_whose_import_was_killed_is_applied_whole_and_once(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_errands, "ENTRIES_A_STEP", 1)
    bank_of(shop)
    refunds = refunded(shop, 2)
    rounds(shop)
    shop.clock.turn(timedelta(days=2))
    raw = statement([*(entry(key(it)) for it in refunds), entry("REFUND-77-1")])
    marina = call("marina")
    asked = marina.post(f"{JOBS}/bank-statement?name=monday.xml", content=raw).json()
    dying = another_runner(shop)
    for _ in range(2):
        dying.work()
    kill(dying)
    shop.clock.turn(LEASE)
    work(another_runner(shop))

    now = job(marina, asked)
    assert ("done", {"entries": 3, "applied": 2, "unfit": 1}) == (now["state"], now["told"])
    assert ["applied", "applied", "break"] == [row["outcome"] for row in result(marina, asked)]
    assert 1 == len(marina.get("/api/v1/bank-statements").json())
    for it in refunds:
        assert 1 == len([entry for entry in shop.entries(it) if entry.credit == chart.BANK])
    assert (403, "not_your_role") == told(call("elif").post(f"{JOBS}/bank-statement", content=raw))
    assert (422, "statement_unreadable") == told(marina.post(f"{JOBS}/bank-statement", content=b"date,amount"))


# -- Exchange rates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 3])
def test_rates_whose_import_was_killed_are_handed_in_once_and_counted_right(
    shop: Market, call: Call, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "RATES_A_STEP", 1)
    marina = call("marina")
    raw = b"date,currency,nominal,rate,source\n" + b"".join(b"2024-08-%02d,CNY,1,12.5,Bank\n" % n for n in (5, 6, 7))
    asked = marina.post(f"{JOBS}/exchange-rates", content=raw).json()
    dying = another_runner(shop)
    for _ in range(steps):
        dying.work()
    kill(dying)
    shop.clock.turn(LEASE)
    work(another_runner(shop))

    assert ("done", {"new": 3, "corrected": 0, "known": 0}) == (job(marina, asked)["state"], job(marina, asked)["told"])
    assert ["2024-08-05", "2024-08-06", "2024-08-07"] == [row["date"] for row in result(marina, asked)]
    assert 3 == len(marina.get("/api/v1/exchange-rates").json()["rates"])
    assert 422 == marina.post(f"{JOBS}/exchange-rates", content=b"date,currency").status_code


# -- The runner -------------------------------------------------------------------------------------------------------


def test_a_house_that_closes_gives_its_work_back(shop: Market, call: Call) -> None:
    elif_, closing = call("elif"), another_runner(shop)
    asked = ordered(elif_, "breaks")
    closing.work()
    closing.close()

    assert "queued" == job(elif_, asked)["state"]
    assert [] == list(shop.office.jobs.directory.glob("*/*"))
    work(shop.office.jobs)
    assert "done" == job(elif_, asked)["state"]


def test_work_that_breaks_is_told_and_does_not_stop_the_others(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("backhaul.marketplace.jobs.exports.break_files.row", broken)
    elif_ = call("elif")
    elif_.post("/api/v1/reconciliation/invoices", content=INVOICE)
    bad, good = ordered(elif_, "breaks"), ordered(elif_, "statement")
    work(shop.office.jobs)

    assert ("failed", "failed") == (job(elif_, bad)["state"], job(elif_, bad)["failure"]["code"])
    assert "done" == job(elif_, good)["state"]


def test_work_that_kills_its_runners_is_given_up(shop: Market, call: Call) -> None:
    elif_ = call("elif")
    asked = ordered(elif_, "breaks")
    for _ in range(3):
        dying = another_runner(shop)
        dying.work()
        kill(dying)
        shop.clock.turn(LEASE)
    work(shop.office.jobs)

    assert ("failed", "job_broke_off") == (job(elif_, asked)["state"], job(elif_, asked)["failure"]["code"])


def test_five_open_ones_of_a_company_are_the_most(shop: Market, call: Call) -> None:
    elif_ = call("elif")
    for _ in range(5):
        ordered(elif_, "breaks")

    assert (409, "too_many_jobs") == told(elif_.post(f"{JOBS}/breaks", json={}))
    ordered(call("chen"), "breaks")
    work(shop.office.jobs)
    ordered(elif_, "breaks")


def test_a_result_lives_seven_days(shop: Market, call: Call) -> None:
    elif_ = call("elif")
    asked = ordered(elif_, "breaks")
    work(shop.office.jobs)
    shop.clock.turn(timedelta(days=7) - timedelta(seconds=1))
    assert [] == result(elif_, asked)

    shop.clock.turn(timedelta(seconds=1))
    assert (404, "job_expired") == told(elif_.get(f"{JOBS}/{asked['id']}/result"))
    work(shop.office.jobs)
    assert "expired" == job(elif_, asked)["state"]
    assert [] == list(shop.office.jobs.directory.glob("*"))


def test_jobs_are_found_by_their_indexes(shop: Market) -> None:
    asked = {"whose": "support", "before": "~", "most": 50, "now_us": 1, "job": "1", "states": "[]"}
    with shop.office.database.read() as tx:
        plans = [plan(tx, one, asked) for one in (queries.OF_OWNER, queries.IS_DUE, store.COUNT_OPEN, queries.ONE)]

    assert [] == [found for found in plans if "SCAN jobs" in found or "Seq Scan on jobs" in found]


def plan(tx: Tx, statement: Statement, asked: dict[str, object]) -> str:
    text, constants = statement.text(tx.dialect)
    said = {**constants, **asked}
    if tx.dialect != "sqlite":
        tx.connection.execute("SET enable_seqscan = off")  # of a table with no row, it would be read whole
        return str(tx.connection.execute(f"EXPLAIN {text}", {**said, "states": []}).fetchall())
    return str(tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", said).fetchall())


def test_who_never_was_there_decides_nothing(shop: Market) -> None:
    with shop.office.database.read() as tx:
        gone = access.objection(tx, By(Role.SELLER, "nobody", ELIF.subject), shop.clock.now())

        assert access.objection(tx, CHEN, shop.clock.now()) is None
    assert gone is not None
