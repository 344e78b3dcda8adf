"""The returns report itself: what stands in a row, which returns a filter takes, how files are made, left behind and expire."""

import csv
import hashlib
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.database import Statement
from backhaul.kit.days import MOSCOW, end_of_day, to_us
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import report_doors
from backhaul.marketplace import tables as t
from backhaul.marketplace.office import open_office
from backhaul.marketplace.returns_report import making, queries
from backhaul.marketplace.returns_report.columns import COLUMNS, NAMES
from backhaul.marketplace.returns_report.making import Maker
from backhaul.marketplace.returns_report.wanted import checked, months_after, of_form, start_of
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Mark, Role, Route, Status
from tests.marketplace.cast import CHEN, ELIF, IML, IRINA, KETTLE, MORNING, MUG, THROW, Market, market, moscow

SEPTEMBER = {"first_day": "2024-09-01", "last_day": "2024-09-30", "kind": "csv"}
READER = By(Role.SELLER, "key:reader", ELIF.subject, writes=False)

# 8.4 of the requirements, in its order.
HEADER = [
    "return_number",
    "request_id",
    "posting_number",
    "order_date",
    "sku",
    "offer_id",
    "name",
    "quantity",
    "unit_price",
    "unit_price_currency",
    "price_rub",
    "price_rate_date",
    "catalogue_kg",
    "measured_kg",
    "variant",
    "route",
    "reason_code",
    "is_defect",
    "reason_group",
    "customer_comment",
    "requested_at",
    "decided_at",
    "decided_by",
    "decided_how",
    "offers_count",
    "offers_rub",
    "point_id",
    "point_result",
    "refused_because",
    "on_the_way_since",
    "partner",
    "warehouse",
    "arrived_at",
    "inspection_basis",
    "mark",
    "mark_revision",
    "defect_code",
    "liability",
    "decision",
    "partner_decided_at",
    "partner_decided_by",
    "decide_by",
    "days_left",
    "destination_country",
    "finished_at",
    "disposal_certificate",
    "refund_rub",
    "refund_sent_at",
    "compensation_class",
    "compensation_cell",
    "compensation_pct",
    "compensation_rub",
    "compensation_due_by",
    "compensation_credited_at",
    "claim_type",
    "claim_rub",
    "claim_state",
    "claim_paid_at",
    "changed_at",
]


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def ask(bazaar: Market, by: By = ELIF, language: str = "en", **values: str) -> str:
    wanted = of_form({**SEPTEMBER, **values}, language)
    return bazaar.office.desk.perform_now(report_doors.ordering(bazaar.office, wanted, by)).body.decode()


def see(bazaar: Market, report_id: str, by: By = ELIF) -> queries.Report:
    with bazaar.office.database.read() as tx:
        return report_doors.own(tx, report_id, by)


def work(maker: Maker, rounds_max: int = 1000) -> int:
    for rounds in range(rounds_max):
        if not maker.work():
            return rounds
    raise RuntimeError("the maker does not come to rest")


def made(bazaar: Market, by: By = ELIF, **values: str) -> list[dict[str, str]]:
    """The rows of a CSV report."""
    report_id = ask(bazaar, by, **values)
    work(bazaar.office.reports)
    path = bazaar.office.reports.path_of(see(bazaar, report_id, by))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def ids(rows: list[dict[str, str]]) -> list[int]:
    return [int(row["request_id"]) for row in rows]


# -- Rows -------------------------------------------------------------------------------------------------------------


def test_the_columns_are_those_of_the_requirements_in_their_order() -> None:
    assert HEADER == list(NAMES)
    assert len(COLUMNS) == len({column.title for column in COLUMNS})


def test_a_disposed_and_compensated_return_tells_all_of_it(bazaar: Market) -> None:
    """J3: 12,400 RUB, 0.9 kg, proper quality: 30 % (rate card), due at the end of day 7 (P3)."""
    return_id = bazaar.draft(THROW, "did_not_like", "Too big")
    bazaar.does(IRINA, return_id, do.Submit())
    bazaar.does(ELIF, return_id, do.Offer(500), "2024-09-02 11:00")
    bazaar.does(IRINA, return_id, do.DeclineOffer(), "2024-09-02 12:00")
    bazaar.does(ELIF, return_id, do.Approve(Route.A), "2024-09-02 13:00")
    photos = (bazaar.photo, bazaar.photo)
    clerk = By(Role.CLERK, "oleg", "77-0412")
    bazaar.does(clerk, return_id, do.CheckIn("77-0412", same_product=True, used=False, photos=photos, weight_gram=905),
                "2024-09-03 09:00")  # fmt: skip
    bazaar.does(clerk, return_id, do.Dispatch("Linehaul", "W-1"), "2024-09-04 09:00")
    bazaar.does(clerk, return_id, do.ReceiveForDisposal(), "2024-09-05 09:00")
    bazaar.does(clerk, return_id, do.CertifyDisposal("shredding", "M. Orlova", photos), "2024-09-06 09:00")
    bazaar.clock.turn_to(moscow("2024-09-12 09:00"))
    bazaar.office.desk.sweep()
    (row,) = made(bazaar)

    told = {
        "return_number": f"R-{return_id}", "request_id": str(return_id), "posting_number": "10000001-0001-1",
        "order_date": "2024-08-20", "sku": "701000", "offer_id": "WOVEN-THROW", "name": "Woven throw", "quantity": "1",
        "unit_price": "4584.50", "unit_price_currency": "TRY", "price_rub": "12400.00", "price_rate_date": "2024-08-20",
        "catalogue_kg": "0.900", "measured_kg": "0.905", "variant": "T", "route": "A", "reason_code": "did_not_like",
        "is_defect": "false", "reason_group": "fit_or_dislike", "customer_comment": "Too big",
        "requested_at": "2024-09-02T10:00:00+03:00", "decided_at": "2024-09-02T13:00:00+03:00", "decided_by": "seller",
        "decided_how": "approved", "offers_count": "1", "offers_rub": "500.00", "point_id": "77-0412",
        "point_result": "accepted", "on_the_way_since": "2024-09-04T09:00:00+03:00",
        "finished_at": "2024-09-06T09:00:00+03:00", "disposal_certificate": f"DC-{return_id}",
        "refund_rub": "12400.00", "refund_sent_at": "2024-09-03T12:00:00+03:00", "compensation_class": "proper",
        "compensation_cell": "0-1 kg x 10000-15000 RUB", "compensation_pct": "30", "compensation_rub": "3720.00",
        "compensation_due_by": "2024-09-10T23:59:59+03:00", "compensation_credited_at": "2024-09-09T02:00:00+03:00",
        "changed_at": "2024-09-12T09:00:00+03:00",
    }  # fmt: skip
    assert told == {name: cell for name, cell in row.items() if cell}


def test_a_return_at_the_partner_tells_what_the_partner_told(bazaar: Market) -> None:
    """P3: arrived on 3 September, so the last moment is 17 September 23:59:59; on the 12th five days are left."""
    bazaar.clock.turn_to(moscow("2024-09-03 16:42"))
    return_id = bazaar.in_status(Status.AT_PARTNER)
    bazaar.clock.turn_to(moscow("2024-09-12 10:00"))
    bazaar.does(IML, return_id, do.RecordMark(Mark.PARTIALLY_DAMAGED, 1, "scratch", (bazaar.photo,)))
    (row,) = made(bazaar, CHEN)

    assert {
        "route": "B", "warehouse": "IML-MSK-2", "arrived_at": "2024-09-03T16:42:00+03:00", "mark": "partially_damaged",
        "mark_revision": "1", "defect_code": "scratch", "decide_by": "2024-09-17T23:59:59+03:00", "days_left": "5",
        "decision": "", "inspection_basis": "", "liability": "", "finished_at": "", "compensation_rub": "",
    }.items() <= row.items()  # fmt: skip

    bazaar.does(
        IML,
        return_id,
        do.RecordDecision("ship_hk", "in_work", "chen", to_us(moscow("2024-09-18 00:00"))),
        "2024-09-13 10:00",
    )
    bazaar.does(IML, return_id, do.RecordHandover("delivered", "HK"), "2024-09-20 10:00")
    (row,) = made(bazaar, CHEN)

    assert {
        "decision": "ship_hk", "partner_decided_at": "2024-09-13T10:00:00+03:00", "partner_decided_by": "chen",
        "days_left": "", "destination_country": "HK", "finished_at": "2024-09-20T10:00:00+03:00",
    }.items() <= row.items()  # fmt: skip


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.SELLER_REVIEW, {"decided_at": "", "finished_at": "", "point_id": ""}),
        (Status.REJECTED, {"decided_how": "rejected", "decided_by": "seller", "finished_at": ""}),
        (Status.PARTIALLY_REFUNDED, {"decided_how": "partially_refunded", "decided_by": "customer", "refund_rub": "500.00"}),
        (Status.REFUNDED_WITHOUT_RETURN, {"decided_how": "refunded_without_return", "refund_rub": "12400.00"}),
        (Status.REFUSED_AT_PVZ, {"point_result": "refused", "refused_because": "not_the_requested_product"}),
        (Status.CANCELLED, {"finished_at": "2024-09-02T10:00:00+03:00", "decided_how": ""}),
    ],
)  # fmt: skip
def test_a_row_in_other_states(status: Status, expected: dict[str, str], bazaar: Market) -> None:
    bazaar.in_status(status)
    (row,) = made(bazaar)

    assert expected.items() <= row.items()


def test_nothing_names_the_customer(bazaar: Market) -> None:
    """R100: neither the reference nor the address of the customer, nor the people of point and partner."""
    bazaar.in_status(Status.DISPOSED_BY_MARKETPLACE)
    for kind in ("csv", "xlsx"):
        report_id = ask(bazaar, kind=kind)
        work(bazaar.office.reports)
        path = bazaar.office.reports.path_of(see(bazaar, report_id))
        raw = path.read_bytes()
        if kind == "xlsx":
            with zipfile.ZipFile(path) as book:
                raw = b"".join(book.read(name) for name in book.namelist())
        assert [] == [word for word in ("C-1001", "irina", "oleg", "example.com") if word.encode() in raw.lower()]
        assert b"R-100001" in raw


def test_an_xlsx_speaks_the_readers_language(bazaar: Market) -> None:
    bazaar.in_status(Status.REFUSED_AT_PVZ)
    report_id = ask(bazaar, kind="xlsx", language="ru")
    work(bazaar.office.reports)
    with zipfile.ZipFile(bazaar.office.reports.path_of(see(bazaar, report_id))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    shown = re.findall("<t[^>]*>([^<]*)</t>", sheet)

    assert "Это не товар из заявки" in shown
    assert "did_not_like" in shown  # a code is a code
    assert "<v>12400</v>" in sheet


# -- Filters ----------------------------------------------------------------------------------------------------------


def test_each_filter_takes_its_own(bazaar: Market) -> None:
    new = bazaar.in_status(Status.SELLER_REVIEW, MUG, "does_not_work")
    moving = bazaar.in_status(Status.ON_THE_WAY)
    gone = bazaar.in_status(Status.DISPOSED_BY_MARKETPLACE, THROW, "wrong_item")
    bazaar.draft()
    unsent = bazaar.draft()
    bazaar.does(IRINA, unsent, do.Cancel())
    foreign = bazaar.in_status(Status.AT_PARTNER, KETTLE)

    assert [new, moving, gone] == ids(made(bazaar))
    assert [foreign] == ids(made(bazaar, CHEN))
    assert [new] == ids(made(bazaar, tab="requests"))
    assert [moving] == ids(made(bazaar, tab="on_the_road"))
    assert [gone] == ids(made(bazaar, tab="resolved"))
    assert [moving] == ids(made(bazaar, state="on_the_way"))
    assert [] == ids(made(bazaar, state="on_the_way", tab="resolved"))
    assert [new] == ids(made(bazaar, reason_group="defect"))
    assert [gone] == ids(made(bazaar, reason_group="misgrading"))
    assert [moving, gone] == ids(made(bazaar, route="A"))
    assert [foreign] == ids(made(bazaar, CHEN, route="B"))
    assert [] == ids(made(bazaar, route="B"))


def test_both_days_belong_to_the_period_in_moscow(bazaar: Market) -> None:
    bazaar.clock.turn_to(moscow("2024-09-02 23:59:59"))
    first = bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.clock.turn_to(moscow("2024-09-03 00:00"))
    second = bazaar.in_status(Status.SELLER_REVIEW)

    assert [first] == ids(made(bazaar, first_day="2024-09-02", last_day="2024-09-02"))
    assert [second] == ids(made(bazaar, first_day="2024-09-03", last_day="2024-09-03"))
    assert [] == ids(made(bazaar, first_day="2024-08-01", last_day="2024-09-01"))


@pytest.mark.parametrize(
    ("first", "last", "fits"),
    [
        ("2024-09-02", "2024-12-01", True),
        ("2024-09-02", "2024-12-02", False),
        ("2024-11-30", "2025-02-28", True),  # there is no 30 February
        ("2024-11-30", "2025-03-01", False),
        ("2024-01-01", "2024-03-31", True),
        ("2024-01-01", "2024-04-01", False),
        ("2024-12-15", "2025-03-14", True),
        ("2024-09-02", "2024-09-02", True),
    ],
)
def test_three_calendar_months_are_the_most(first: str, last: str, fits: bool) -> None:  # noqa: FBT001
    wanted = of_form({"first_day": first, "last_day": last, "kind": "csv"}, "en")
    if fits:
        assert wanted == checked(wanted, 3)
    else:
        with pytest.raises(Refused, match="period_too_long"):
            checked(wanted, 3)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"last_day": "2024-08-31"}, "period_backwards", "last_day"),
        ({"first_day": ""}, "day_unreadable", "first_day"),
        ({"first_day": "2024-02-30"}, "day_unreadable", "first_day"),
        ({"last_day": "9999-12-31"}, "day_unreadable", "last_day"),
        ({"kind": "pdf"}, "not_in_the_list", "kind"),
        ({"state": "new"}, "not_in_the_list", "state"),
        ({"tab": "lost"}, "not_in_the_list", "tab"),
        ({"reason_group": "x"}, "not_in_the_list", "reason_group"),
        ({"route": "C"}, "not_in_the_list", "route"),
    ],
)
def test_what_does_not_fit_is_named(values: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(of_form({**SEPTEMBER, **values}, "en"), 3)

    assert (code, field) == (refused.value.code, refused.value.field)


def test_a_month_later_keeps_the_hour() -> None:
    at = datetime(2024, 8, 31, 10, 30, tzinfo=MOSCOW)

    assert datetime(2024, 10, 1, 10, 30, tzinfo=MOSCOW) == months_after(at, 1)
    assert datetime(2025, 1, 31, 10, 30, tzinfo=MOSCOW) == months_after(at, 5)
    assert datetime(2024, 9, 1, tzinfo=MOSCOW) == start_of(date(2024, 9, 1))


# -- Making -----------------------------------------------------------------------------------------------------------


def test_the_houses_worker_makes_it_in_slices_with_progress(bazaar: Market) -> None:
    for _ in range(7):
        bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.office.reports.slice_rows = 3
    report_id = ask(bazaar)
    seen = [(see(bazaar, report_id).state, see(bazaar, report_id).rows_done)]
    while bazaar.office.tick():
        report = see(bazaar, report_id)
        seen.append((report.state, report.rows_done))
        assert report.rows_total in (0, 7)

    assert [("waiting", 0), ("running", 0), ("running", 3), ("running", 6), ("running", 7)] == list(
        dict.fromkeys(seen)
    )[:5]
    report = see(bazaar, report_id)
    assert ("ready", 7, 7, 7) == (report.state, report.rows_done, report.rows_total, report.rows_found)
    raw = bazaar.office.reports.path_of(report).read_bytes()
    assert (len(raw), hashlib.sha256(raw).hexdigest()) == (report.size_bytes, report.sha256)


def test_a_deadline_fires_while_a_report_is_being_made(bazaar: Market) -> None:
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.office.reports.slice_rows = 1
    for _ in range(5):
        bazaar.in_status(Status.SELLER_REVIEW)
    ask(bazaar)
    bazaar.office.tick()
    bazaar.office.tick()
    bazaar.clock.turn_to(end_of_day(MORNING, 3))
    bazaar.office.tick()

    assert Status.APPROVED == bazaar.now_is(return_id).status


def test_a_report_without_returns_is_ready_and_says_so(bazaar: Market) -> None:
    report_id = ask(bazaar)
    work(bazaar.office.reports)
    report = see(bazaar, report_id)

    assert ("ready", 0) == (report.state, report.rows_found)
    assert b"\xef\xbb\xbf" + ",".join(HEADER).encode() + b"\r\n" == bazaar.office.reports.path_of(report).read_bytes()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_house_that_closes_gives_its_report_back_and_another_makes_it_whole(
    kind: str, database_url: str, tmp_path: Path
) -> None:
    with market(database_url, tmp_path) as opened:
        for _ in range(5):
            opened.in_status(Status.SELLER_REVIEW)
        opened.office.reports.slice_rows = 2
        report_id = ask(opened, kind=kind)
        for _ in range(3):
            opened.office.reports.work()
        assert "running" == see(opened, report_id).state
        clock = opened.clock
    assert [] == list((tmp_path / "data" / "reports").iterdir())
    office = open_office(database_url, tmp_path / "data", clock)
    work(office.reports)
    with office.database.read() as tx:
        report = report_doors.own(tx, report_id, ELIF)
    assert ("ready", 5, 1) == (report.state, report.rows_found, report.attempts)
    office.close()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_report_whose_maker_died_is_made_again_from_its_start(kind: str, bazaar: Market, tmp_path: Path) -> None:
    for _ in range(5):
        bazaar.in_status(Status.SELLER_REVIEW)
    dead = Maker(bazaar.office.database, bazaar.office.desk, bazaar.clock, tmp_path / "data" / "reports")
    dead.slice_rows = 2
    report_id = ask(bazaar, kind=kind)
    dead.work()
    dead.work()
    assert 0 == bazaar.office.reports.work()  # its lease runs, nobody else may
    bazaar.clock.turn(making.LEASE - timedelta(seconds=1))
    assert 0 == bazaar.office.reports.work()
    bazaar.clock.turn(timedelta(seconds=1))
    work(bazaar.office.reports)
    report = see(bazaar, report_id)

    assert ("ready", 5, 2) == (report.state, report.rows_found, report.attempts)
    before = bazaar.office.reports.path_of(report).read_bytes()
    dead.work()  # it was only asleep, and finds that the report is no longer its own
    assert report == see(bazaar, report_id)
    assert before == bazaar.office.reports.path_of(report).read_bytes()
    assert [report.file.split("/")[0]] == [folder.name for folder in (tmp_path / "data" / "reports").iterdir()]


def test_of_many_workers_one_makes_a_report(bazaar: Market, tmp_path: Path, database_url: str) -> None:
    """On PostgreSQL workers are processes, each with a desk of its own; here they are two offices on one database."""
    other = open_office(database_url, tmp_path / "data", bazaar.clock)
    wanted = [ask(bazaar) for _ in range(2)]
    taken = [bazaar.office.reports.work(), other.reports.work()]
    assert [1, 1] == taken
    assert ["running", "running"] == [see(bazaar, one).state for one in wanted]
    work(bazaar.office.reports)
    work(other.reports)

    reports = [see(bazaar, one) for one in wanted]
    assert [("ready", 1), ("ready", 1)] == [(one.state, one.attempts) for one in reports]
    assert 2 == len({one.file.split("-")[1].split("/")[0] for one in reports})
    other.close()


def test_a_report_that_breaks_is_told_and_does_not_stop_the_others(bazaar: Market, tmp_path: Path) -> None:
    first = ask(bazaar)
    with bazaar.office.database.read() as tx:
        assert queries.is_anything_due(tx, bazaar.clock.now())
    folder = tmp_path / "data" / "reports"
    folder.write_text("a file where the folder should be")
    work(bazaar.office.reports)
    folder.unlink()
    bazaar.clock.turn(timedelta(seconds=1))
    second = ask(bazaar)
    work(bazaar.office.reports)

    assert ["failed", "ready"] == [see(bazaar, first).state, see(bazaar, second).state]


def test_a_report_that_kills_its_makers_fails_in_the_end(bazaar: Market, tmp_path: Path) -> None:
    report_id = ask(bazaar)
    folder, office = tmp_path / "data" / "reports", bazaar.office
    killed = [Maker(office.database, office.desk, bazaar.clock, folder) for _ in range(making.ATTEMPTS_MAX)]
    for maker in killed:
        maker.work()
        bazaar.clock.turn(making.LEASE)
    work(office.reports)
    for maker in killed:
        work(maker)

    assert "failed" == see(bazaar, report_id).state
    assert [] == list(folder.iterdir())


# -- The end of its life ----------------------------------------------------------------------------------------------


def test_a_file_lives_seven_days_and_is_deleted(bazaar: Market) -> None:
    report_id = ask(bazaar)
    work(bazaar.office.reports)
    report = see(bazaar, report_id)
    path = bazaar.office.reports.path_of(report)
    assert MORNING + timedelta(days=7) == report.expires_at

    bazaar.clock.turn_to(report.expires_at - timedelta(microseconds=1))
    work(bazaar.office.reports)
    assert path == report_doors.file_of(bazaar.office, see(bazaar, report_id)).file_path
    bazaar.clock.turn_to(report.expires_at)
    with pytest.raises(Refused, match="report_expired"):
        report_doors.file_of(bazaar.office, see(bazaar, report_id))
    assert path.exists()
    work(bazaar.office.reports)

    assert "expired" == see(bazaar, report_id).state
    assert not path.exists()
    assert not path.parent.exists()
    assert 0 == bazaar.office.reports.work()


def test_twenty_open_reports_are_the_most(bazaar: Market) -> None:
    kept = [ask(bazaar) for _ in range(20)]
    with pytest.raises(Refused) as refused:
        ask(bazaar)
    assert ("too_many_reports", 20) == (refused.value.code, refused.value.facts["reports_max"])
    ask(bazaar, CHEN)
    bazaar.office.desk.perform_now(report_doors.ending(kept[0], ELIF))
    ask(bazaar)
    bazaar.clock.turn(timedelta(days=7))

    assert ask(bazaar)


def test_a_deleted_report_is_gone_and_only_who_writes_deletes(bazaar: Market, tmp_path: Path) -> None:
    report_id = ask(bazaar)
    work(bazaar.office.reports)
    for by, code in ((READER, "role_read_only"), (CHEN, "not_found")):
        with pytest.raises(Refused, match=code):
            bazaar.office.desk.perform_now(report_doors.ending(report_id, by))
    bazaar.office.desk.perform_now(report_doors.ending(report_id, ELIF))
    with pytest.raises(Refused, match="not_found"):
        bazaar.office.desk.perform_now(report_doors.ending(report_id, ELIF))
    work(bazaar.office.reports)

    assert "expired" == see(bazaar, report_id).state
    assert [] == list((tmp_path / "data" / "reports").iterdir())


def test_a_link_opens_once_and_for_five_minutes(bazaar: Market) -> None:
    report_id = ask(bazaar)
    work(bazaar.office.reports)
    report = see(bazaar, report_id)

    def token() -> str:
        paths, errand = report_doors.linking(bazaar.office, [report], ELIF)
        bazaar.office.desk.perform_now(errand)
        return paths[report_id].rpartition("/")[2]

    def opens(text: str) -> str:
        def run(tx: Any, at: datetime) -> bytes:
            return report_doors.report_by_link(tx, text, at).id.encode()

        return bazaar.office.desk.perform_now(Errand(run)).body.decode()

    first, late = token(), token()
    assert report_id == opens(first)
    with pytest.raises(Refused, match="not_found"):
        opens(first)
    with bazaar.office.database.read() as tx:
        kept = tx.rows(Statement(t.report_links.select()))
    assert not any(late in str(value) for row in kept for value in row)
    bazaar.clock.turn(timedelta(minutes=5))
    with pytest.raises(Refused, match="not_found"):
        opens(late)
    just = token()
    bazaar.clock.turn(timedelta(minutes=5) - timedelta(microseconds=1))
    assert report_id == opens(just)
