"""Long work that is cancelled, fails or changes hands midway: what was done is told, what cannot be undone goes on."""

from datetime import timedelta
from typing import Any

import pytest

from backhaul.kit.database import DatabaseError, Statement
from backhaul.kit.machine import Refused
from backhaul.marketplace import perform, rate_store, statement_errands, statement_files
from backhaul.marketplace import tables as t
from backhaul.marketplace.jobs import decisions, invoices, queries, rates
from backhaul.marketplace.jobs.working import LEASE, Runner
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules.decisions import decide
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Status
from tests.marketplace.bank import bank_of, entry, rounds, statement
from tests.marketplace.cast import MUG, Market
from tests.marketplace.papers import charge, paper
from tests.marketplace.people import Call, told
from tests.marketplace.test_jobs import JOBS, another_runner, call, job, kill, ordered, result, shop, work
from tests.marketplace.test_payouts import key, refunded

__all__ = ["call", "shop"]  # fixtures

LEAVES = Statement(t.accounts.update().where(t.accounts.c.login == "marina").values(ended_us=1))
RATES = b"date,currency,nominal,rate,source\n" + b"".join(b"2024-08-%02d,CNY,1,12.5,Bank\n" % n for n in (5, 6, 7))


@pytest.mark.parametrize("closes", [False, True], ids=["at work", "given back by a house that closed"])
def test_a_bank_statement_that_has_begun_goes_on_to_its_end(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch, *, closes: bool
) -> None:
    """What is recorded moves its refunds whatever becomes of the job: nobody is told that it was cancelled."""
    monkeypatch.setattr(statement_errands, "ENTRIES_A_STEP", 1)
    bank_of(shop)
    refunds = refunded(shop, 2)
    rounds(shop)
    shop.clock.turn(timedelta(days=2))
    marina, runner = call("marina"), another_runner(shop)
    raw = statement([*(entry(key(it)) for it in refunds)])
    waits = marina.post(f"{JOBS}/bank-statement", content=statement([entry("REFUND-77-1")])).json()
    assert "cancelled" == marina.post(f"{JOBS}/{waits['id']}/cancel").json()["state"]  # nothing is recorded yet

    asked = marina.post(f"{JOBS}/bank-statement", content=raw).json()
    runner.work()
    if closes:
        runner.close()
    assert (409, "job_cannot_stop") == told(marina.post(f"{JOBS}/{asked['id']}/cancel"))
    work(shop.office.jobs if closes else runner)

    assert "done" == job(marina, asked)["state"]
    assert ["applied", "applied"] == [row["outcome"] for row in result(marina, asked)]
    for it in refunds:
        assert 1 == len([entry for entry in shop.entries(it) if entry.credit == chart.BANK])
    assert (409, "job_is_over") == told(marina.post(f"{JOBS}/{asked['id']}/cancel"))


def test_a_runner_that_stood_still_begins_its_own_job_again_and_its_file_stays(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine slept for longer than the lease: what it had open is no longer its own."""
    monkeypatch.setattr(decisions, "ITEMS_A_STEP", 1)
    monkeypatch.setattr(invoices, "LINES_A_STEP", 1)
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(2)]
    elif_, runner = call("elif"), shop.office.jobs
    asked = ordered(elif_, "decisions", act="approve", items=[{"return_id": it} for it in ids])
    lines = [charge(f"R-{n}", "receipt", "2024-09-02 10:00", 600) for n in (1, 2, 3)]
    brought = elif_.post(f"{JOBS}/invoice", content=paper(*lines)).json()
    for _ in range(3):
        runner.work()
    shop.clock.turn(LEASE)
    work(runner)

    assert ["done", "done"] == [job(elif_, it)["state"] for it in (asked, brought)]
    assert ids == [int(row["return_id"]) for row in result(elif_, asked)]
    assert 3 == len(result(elif_, brought))
    assert 2 == len(list(runner.directory.iterdir()))


def test_a_short_failure_of_the_database_fails_no_job(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk says so with a refusal; a minute later it is done again from its start."""
    monkeypatch.setattr(rates, "RATES_A_STEP", 1)
    real, tries = rate_store.import_rates, iter([True, False])

    def failing_once(*said: Any) -> Any:
        if not next(tries, True):
            raise DatabaseError("the disk is full")
        return real(*said)

    monkeypatch.setattr(rate_store, "import_rates", failing_once)
    marina, runner = call("marina"), shop.office.jobs
    asked = marina.post(f"{JOBS}/exchange-rates", content=RATES).json()
    runner.work()
    with pytest.raises(Refused, match="database_failed"):
        runner.work()
    assert 0 == runner.work()  # not before its lease has run out
    assert ("running", None) == (job(marina, asked)["state"], job(marina, asked)["failure"])

    shop.clock.turn(LEASE)
    work(runner)
    assert ("done", {"new": 3, "corrected": 0, "known": 0}) == (job(marina, asked)["state"], job(marina, asked)["told"])


def test_a_return_at_which_the_law_itself_fails_keeps_no_other_from_its_decision(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(3)]

    def broken_for_one(it: Return, *said: Any) -> Any:
        if it.id == ids[1]:
            raise ZeroDivisionError
        return decide(it, *said)

    elif_ = call("elif")
    asked = ordered(elif_, "decisions", act="approve", items=[{"return_id": it} for it in ids])
    monkeypatch.setattr(perform, "decide", broken_for_one)
    work(shop.office.jobs)

    now = job(elif_, asked)
    assert ("done", {"decided": 2, "refused": 1}) == (now["state"], now["told"])
    assert ["approved", "", "approved"] == [row["status"] for row in result(elif_, asked)]
    assert ["", "failed", ""] == [row["code"] for row in result(elif_, asked)]
    assert [Status.APPROVED, Status.SELLER_REVIEW, Status.APPROVED] == [shop.now_is(it).status for it in ids]


def two_of_three(
    shop: Market, elif_: Any, runner: Runner, monkeypatch: pytest.MonkeyPatch, seller: Any = None
) -> tuple[Any, list[int]]:
    """A decision about three returns of which two are decided."""
    monkeypatch.setattr(decisions, "ITEMS_A_STEP", 1)
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(3)]
    asked = ordered(seller or elif_, "decisions", act="approve", items=[{"return_id": it} for it in ids])
    for _ in range(2):
        runner.work()
    return asked, ids


def tells_two_of_three(shop: Market, elif_: Any, asked: Any, ids: list[int], state: str) -> None:
    now = job(elif_, asked)
    assert (state, {"decided": 2, "refused": 0}, 2) == (now["state"], now["told"], now["rows"])
    assert ids[:2] == [int(row["return_id"]) for row in result(elif_, asked)]
    assert [Status.APPROVED, Status.APPROVED, Status.SELLER_REVIEW] == [shop.now_is(it).status for it in ids]


@pytest.mark.parametrize("ends", ["closes", "dies"])
def test_a_decision_that_was_cancelled_before_its_house_ended_keeps_its_file(
    shop: Market, call: Call, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elif_, ending = call("elif"), another_runner(shop)
    asked, ids = two_of_three(shop, elif_, ending, monkeypatch)
    elif_.post(f"{JOBS}/{asked['id']}/cancel")
    if ends == "closes":
        ending.close()
    else:
        kill(ending)
        shop.clock.turn(LEASE)
    work(shop.office.jobs)

    tells_two_of_three(shop, elif_, asked, ids, "cancelled")


def test_a_decision_given_back_half_done_and_then_cancelled_tells_what_was_done(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    elif_, closing = call("elif"), another_runner(shop)
    asked, ids = two_of_three(shop, elif_, closing, monkeypatch)
    closing.close()
    assert "queued" == elif_.post(f"{JOBS}/{asked['id']}/cancel").json()["state"]
    work(shop.office.jobs)

    tells_two_of_three(shop, elif_, asked, ids, "cancelled")


def test_a_decision_that_is_cancelled_while_it_is_done_again_tells_all_that_was_done(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    elif_, closing = call("elif"), another_runner(shop)
    asked, ids = two_of_three(shop, elif_, closing, monkeypatch)
    closing.close()
    shop.office.jobs.work()  # the first one again
    elif_.post(f"{JOBS}/{asked['id']}/cancel")
    work(shop.office.jobs)

    tells_two_of_three(shop, elif_, asked, ids, "cancelled")


@pytest.mark.parametrize("again", [False, True], ids=["at work", "done again"])
def test_whoever_loses_the_right_midway_is_told_what_was_done(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch, *, again: bool
) -> None:
    text = shop.key()
    elif_, first = call("elif"), another_runner(shop)
    asked, ids = two_of_three(shop, elif_, first, monkeypatch, call(text))
    if again:
        first.close()
    shop.revoke(text)
    work(shop.office.jobs if again else first)

    tells_two_of_three(shop, elif_, asked, ids, "failed")
    assert "key_revoked" == job(elif_, asked)["failure"]["code"]


def test_rates_given_back_half_done_and_then_cancelled_tell_what_was_handed_in(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "RATES_A_STEP", 1)
    marina, closing = call("marina"), another_runner(shop)
    asked = marina.post(f"{JOBS}/exchange-rates", content=RATES).json()
    for _ in range(2):
        closing.work()
    closing.close()
    marina.post(f"{JOBS}/{asked['id']}/cancel")
    work(shop.office.jobs)

    now = job(marina, asked)
    assert ("cancelled", {"new": 2, "corrected": 0, "known": 0}) == (now["state"], now["told"])
    assert ["2024-08-05", "2024-08-06"] == [row["date"] for row in result(marina, asked)]
    assert 2 == len(marina.get("/api/v1/exchange-rates").json()["rates"])


def test_an_invoice_counts_only_if_whoever_brings_it_may_at_its_end(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices, "LINES_A_STEP", 1)
    text = shop.key()
    lines = [charge(f"R-{n}", "receipt", "2024-09-02 10:00", 600) for n in (1, 2)]
    asked = call(text).post(f"{JOBS}/invoice", content=paper(*lines)).json()
    shop.office.jobs.work()
    shop.revoke(text)
    work(shop.office.jobs)

    elif_ = call("elif")
    assert ("failed", "key_revoked") == (job(elif_, asked)["state"], job(elif_, asked)["failure"]["code"])
    assert "current" not in {one["status"] for one in elif_.get("/api/v1/reconciliation/invoices").json()}
    assert [] == elif_.get("/api/v1/reconciliation/breaks").json()
    elif_.post("/api/v1/reconciliation/invoices", content=paper(*lines))  # by somebody who may
    assert ["current"] == [one["status"] for one in elif_.get("/api/v1/reconciliation/invoices").json()]


def test_a_bank_statement_is_recorded_only_if_whoever_brings_it_may_at_that_moment(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    marina = call("marina")
    asked = marina.post(f"{JOBS}/bank-statement", content=statement([entry("REFUND-77-1")])).json()
    read = statement_files.read

    def read_while_she_leaves(raw: bytes) -> Any:
        shop.errand(lambda tx, _: tx.run(LEAVES))
        return read(raw)

    monkeypatch.setattr(statement_files, "read", read_while_she_leaves)
    work(shop.office.jobs)

    with shop.office.database.read() as tx:
        found, recorded = queries.by_id(tx, asked["id"]), tx.rows(Statement(t.bank_statements.select()))
    assert found is not None
    assert found.failure is not None
    assert ("failed", "sign_in_needed", []) == (found.state, found.failure.code, list(recorded))
