"""The page of long work through real HTTP: asked for where the long list stands, watched, cancelled, fetched."""

import csv
import io
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from backhaul.marketplace import job_doors, publications
from backhaul.marketplace.orders import COLUMNS
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.rules.words import Status
from tests.marketplace.bank import entry, statement
from tests.marketplace.cast import MARINA, MUG, Market
from tests.marketplace.papers import charge, paper
from tests.marketplace.test_order_jobs import file as order_file
from tests.web.company import PASSWORD, Door, picture
from tests.web.forms import Visit


def long_from(shop: Market, rows: int) -> None:
    """Nothing here is long: a version of the policy says that more rows than so many are."""
    policy = msgspec.structs.replace(shop.office.house.terms.policy, job_from_rows=rows)
    draft = Draft(policy, shop.clock.now(), "For the tests of long work.", "", None)
    shop.errand(lambda tx, at: publications.publish(tx, "policy", draft, MARINA, at))
    shop.office.read_terms_again()


def work(shop: Market) -> None:
    while shop.office.jobs.work():
        pass


def fetched(visit: Visit) -> list[dict[str, str]]:
    visit.follow(next(link for link in visit.page.links if link.endswith("/result")))
    assert "attachment" in visit.answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(visit.answer.content.decode("utf-8-sig"), newline="")))


def ask(visit: Visit, action: str, file: str) -> None:
    """Press the button of a file."""
    form = visit.form(action)
    form.values["file"] = [file]
    visit.send(form)


def test_a_whole_filter_is_decided_in_the_background(shop: Market, enter: Door) -> None:
    long_from(shop, 2)
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(3)]
    throw = shop.in_status(Status.SELLER_REVIEW)
    visit = enter("elif").open("/to-decide?price_below=5000")
    form = visit.form("/returns/selected")
    form.values |= {"all": ["yes"], "act": ["reject"]}
    visit.send(form)
    assert "3 returns · 3,600.00 RUB" in visit.text
    late = shop.in_status(Status.SELLER_REVIEW, MUG)  # nobody was shown this one

    visit.press("/returns/selected/later", {"reason": "looks_used", "comment": "Short."})
    assert (422, "Short.") == (visit.status, visit.form("/returns/selected/later").values["comment"][0])
    visit.open("/to-decide?price_below=5000&days_to=3")
    form = visit.form("/returns/selected")
    form.values |= {"return_id": [str(i) for i in ids], "act": ["approve"]}
    visit.send(form).press("/returns/selected/later")
    assert (200, "/jobs") == (visit.status, visit.path)
    assert "Waiting" in visit.text
    assert "Look again" in visit.text

    work(shop)
    visit.open("/jobs")
    assert "3 decided, 0 refused" in visit.text
    assert "Look again" not in visit.text
    assert [str(it) for it in ids] == [row["return_id"] for row in fetched(visit)]
    stand = [shop.now_is(it).status for it in (*ids, throw, late)]
    assert [Status.APPROVED] * 3 + [Status.SELLER_REVIEW] * 2 == stand


def test_a_long_statement_is_made_in_the_background_and_can_be_cancelled(shop: Market, enter: Door) -> None:
    long_from(shop, 0)
    for _ in range(2):
        shop.in_status(Status.REFUNDED_WITHOUT_RETURN, MUG)
    visit = enter("elif")
    for file in ("csv", "xlsx"):
        ask(visit.open("/ledger"), "/jobs/statement", file)
        shop.clock.turn(timedelta(seconds=1))  # the newest stands first
    assert 2 == visit.text.count("Waiting")
    cancels = [form.action for form in visit.page.forms if form.action.endswith("/cancel")]
    visit.press(cancels[0])
    assert "Cancelled" in visit.text

    work(shop)
    visit.open("/jobs")
    rows = fetched(visit)
    assert ["opening", "closing"] == [rows[0]["cause"], rows[-1]["cause"]]
    assert 4 == len(rows)
    assert 403 == enter("irina").open("/jobs").status
    assert "Nothing has been done" in enter("chen").open("/jobs").text


def test_breaks_of_support_are_made_in_the_background(shop: Market, enter: Door) -> None:
    visit = enter("marina").open("/reconciliation")
    assert not visit.offers("/jobs/breaks")  # few: the file is there at once
    long_from(shop, -1)
    ask(visit.open("/reconciliation"), "/jobs/breaks", "csv")
    work(shop)

    assert "0 rows" in visit.open("/jobs").text
    raw = statement([entry("REFUND-77-1")])
    shop.office.desk.perform_now(job_doors.bank_statement(shop.office, "monday.xml", raw, MARINA, "en"))
    assert any(form.action.endswith("/cancel") for form in visit.open("/jobs").page.forms)
    shop.office.jobs.work()
    assert not any(form.action.endswith("/cancel") for form in visit.open("/jobs").page.forms)  # it moves money


def test_a_long_invoice_is_taken_in_in_the_background(shop: Market, enter: Door) -> None:
    long_from(shop, 1)
    visit = enter("elif").open("/reconciliation")
    data = paper(*(charge(f"R-{n}", "receipt", "2024-09-02 10:00", 600) for n in (1, 2)))
    visit.press("/reconciliation/invoices", {"file": [data]})
    assert (200, "/jobs") == (visit.status, visit.path)
    assert "INV-000001, revision 1" in visit.text

    work(shop)
    assert "Lines: 2, breaks: 2" in visit.open("/jobs").text


@pytest.mark.browser
def test_the_bar_moves_by_itself(shop: Market, url: str, page: Page) -> None:
    long_from(shop, 0)
    shop.in_status(Status.REFUNDED_WITHOUT_RETURN, MUG)
    page.goto(f"{url}/sign-in")
    page.fill("[name=login]", "elif")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/to-decide")
    page.goto(f"{url}/ledger")
    page.click("text=CSV in the background")
    expect(page.locator("#jobs progress")).to_be_visible()

    work(shop)
    expect(page.get_by_text("Download")).to_be_visible(timeout=10_000)
    expect(page.locator("#look-again")).to_have_count(0)


def test_support_imports_orders_and_fetches_what_was_wrong_with_them(shop: Market, enter: Door) -> None:
    visit = enter("marina").open("/jobs")
    sound = [
        *order_file(
            {"posting_number": "30000001-0001-1"}, {"posting_number": "30000002-0001-1", "quantity": "0"}
        ).splitlines()
    ]
    visit.press("/jobs/orders", {"file": [b"\r\n".join(sound)]})
    assert (200, "/jobs") == (visit.status, visit.path)
    work(shop)
    visit.open("/jobs")

    assert "New lines: 1. There already: 0. Bad rows: 1." in visit.text
    assert [("3", "quantity", "This is too small or too large.")] == [
        (row["line"], row["column"], row["detail"]) for row in fetched(visit)
    ]


def test_an_import_without_faults_offers_no_file_of_them(shop: Market, enter: Door) -> None:
    visit = enter("marina").open("/jobs")
    visit.press("/jobs/orders", {"file": [order_file({"posting_number": "30000001-0001-1"})]})
    work(shop)
    visit.open("/jobs")

    assert "New lines: 1. There already: 0. Bad rows: 0." in visit.text
    assert not [link for link in visit.page.links if link.endswith("/result")]


def test_a_file_that_is_none_of_orders_is_refused_on_the_page_and_sellers_are_offered_none(enter: Door) -> None:
    visit, header = enter("marina").open("/jobs"), ",".join(COLUMNS)
    for files, sentence in (
        ([b"sku,colour\n1,red\n"], "The columns of the file are not those of orders. Missing: posting_number,"),
        ([], "The file is empty."),
        ([b""], "The file is empty."),
        ([picture("indigo")], "This is not a text in UTF-8: save the file as CSV in UTF-8."),
        ([header.encode("utf-16")], "This is not a text in UTF-8: save the file as CSV in UTF-8."),
        ([header.replace(",", ";").encode()], "The columns are separated by semicolons: save the file as CSV"),
        ([header.replace(",", "\t").encode()], "The columns are separated by tabs: save the file as CSV"),
    ):
        visit.press("/jobs/orders", {"file": files})
        assert (422, True) == (visit.status, sentence in visit.text), sentence
        assert "—." not in visit.text
    assert not enter("elif").open("/jobs").offers("/jobs/orders")
