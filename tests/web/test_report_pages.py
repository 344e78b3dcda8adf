"""The page of reports through real HTTP: only forms and links that stand on the fetched page are used."""

import csv
import io
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import MORNING, MUG, Market
from tests.web.company import PASSWORD, Door
from tests.web.forms import NoSuchFormError, Visit


def work(shop: Market) -> None:
    while shop.office.tick():
        pass


def download(visit: Visit) -> str:
    return next(link for link in visit.page.links if link.endswith("/file"))


def test_a_seller_asks_waits_and_downloads(shop: Market, enter: Door) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    shop.in_status(Status.ON_THE_WAY)
    visit = enter("elif").follow("/reports")
    assert ("2024-08-03", "2024-09-02") == tuple(
        visit.form("/reports").values[day][0] for day in ("first_day", "last_day")
    )
    visit.press("/reports", {"kind": "csv", "tab": "requests"})
    assert (200, "/reports") == (visit.status, visit.path)
    assert "Waiting" in visit.text
    assert '<meta http-equiv="refresh" content="3">' in visit.answer.text
    assert "<progress" in visit.answer.text
    with pytest.raises(NoSuchFormError):
        visit.form("/reports")  # what is being typed must not be lost by the page's own loading

    shop.office.reports.work()
    shop.office.reports.work()
    visit.open("/reports")
    assert '<progress value="1" max="1"' in visit.answer.text
    visit.follow("/reports?new=1")
    assert 'http-equiv="refresh"' not in visit.answer.text
    assert visit.offers("/reports")

    work(shop)
    visit.open("/reports")
    assert 'http-equiv="refresh"' not in visit.answer.text
    assert "1 return" in visit.text
    visit.follow(download(visit))
    rows = list(csv.DictReader(io.StringIO(visit.answer.content.decode("utf-8-sig"), newline="")))
    assert [f"R-{return_id}"] == [row["return_number"] for row in rows]
    assert "attachment" in visit.answer.headers["content-disposition"]


def test_a_file_is_only_for_its_seller(shop: Market, enter: Door, url: str) -> None:
    elif_ = enter("elif").open("/reports")
    elif_.press("/reports", {"kind": "xlsx"})
    work(shop)
    path = download(elif_.open("/reports"))

    assert 200 == elif_.open(path).status
    assert 404 == enter("chen").open(path).status
    for login in ("irina", "oleg", "nadia", "marina"):
        assert 403 == enter(login).open(path).status
        assert 403 == enter(login).open("/reports").status
    with Visit(url) as nobody:
        assert "/sign-in" == nobody.open(path).path
    assert path not in enter("chen").open("/reports").page.links


def test_everybody_of_the_shop_sees_its_reports(shop: Market, enter: Door) -> None:
    """Liu Na is no owner of Chen's shop."""
    enter("liu").open("/reports").press("/reports", {"kind": "csv"})
    work(shop)
    chen = enter("chen").open("/reports")

    assert "liu" in chen.text
    assert 200 == chen.follow(download(chen)).status


def test_what_does_not_fit_is_told_and_nothing_typed_is_lost(shop: Market, enter: Door) -> None:
    visit = enter("elif").open("/reports")
    visit.press("/reports", {"first_day": "2024-01-01", "last_day": "2024-09-01", "route": "A", "reason_group": "defect",
                             "state": "on_the_way", "kind": "csv"})  # fmt: skip

    assert 422 == visit.status
    assert "A report covers at most 3 calendar months." in visit.text
    kept = {name: values[0] for name, values in visit.form("/reports").values.items() if name[0] != "_"}
    assert {
        "first_day": "2024-01-01", "last_day": "2024-09-01", "route": "A", "reason_group": "defect", "tab": "",
        "state": "on_the_way", "kind": "csv",
    }.items() <= kept.items()  # fmt: skip
    visit.press("/reports", {"first_day": "2024-08-01"})
    assert 200 == visit.status
    work(shop)
    assert "Empty: no return fits" in visit.open("/reports").text


def test_a_form_sent_twice_makes_one_report(shop: Market, enter: Door) -> None:
    visit = enter("elif").open("/reports")
    form = visit.form("/reports").fill(kind="csv")
    visit.send(form)
    visit.send(form)
    work(shop)

    assert 1 == len([link for link in visit.open("/reports").page.links if link.endswith("/file")])


def test_an_expired_report_offers_no_file_and_a_deleted_one_is_gone(shop: Market, enter: Door) -> None:
    visit = enter("elif").open("/reports")
    visit.press("/reports", {"kind": "csv"})
    work(shop)
    path = download(visit.open("/reports"))
    shop.clock.turn_to(MORNING + timedelta(days=7))
    visit = enter("elif").open("/reports")
    assert "Expired" in visit.text
    assert path not in visit.page.links
    assert 404 == visit.open(path).status
    assert "This report has expired. Ask for a new one." in visit.text

    visit.open("/reports").press("/reports", {"kind": "csv"})
    work(shop)
    visit.open("/reports")
    second = download(visit)
    visit.press(second.replace("/file", "/delete"))
    assert second not in visit.page.links
    assert 404 == visit.open(second).status


@pytest.mark.browser
def test_in_a_browser_the_page_goes_on_by_itself_until_the_file_is_there(shop: Market, url: str, page: Page) -> None:
    for _ in range(3):
        shop.in_status(Status.SELLER_REVIEW, MUG)
    page.goto(f"{url}/sign-in")
    page.fill("[name=login]", "elif")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("button", name="Make the report").click()
    expect(page.locator("progress")).to_be_visible()
    work(shop)
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=10_000)  # nobody pressed anything: the page loaded itself anew
    with page.expect_download() as waiting:
        link.click()
    assert "returns-2024-08-03-2024-09-02.xlsx" == waiting.value.suggested_filename
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
