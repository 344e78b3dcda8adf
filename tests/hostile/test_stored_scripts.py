"""T34: texts that try to become a script, in every text that people write, on every page that shows it to others.

A dozen pages read on every run; every page of the demo's world by everybody in Chromium with `./bh soak`: no dialog, and nothing for the policy
of the page to refuse, because nothing became an element at all.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Dialog

from backhaul.kit import forms
from backhaul.kit.clock import Clock, TurnedClock
from backhaul.kit.desk import Desk, Order
from backhaul.kit.drawing import Pages
from backhaul.marketplace import errands as m_errands
from backhaul.marketplace.rules.words import Status
from backhaul.partner import errands as p_errands
from backhaul.scenarios import SCENARIOS
from backhaul.stage import WEBS, Stage, sqlite_urls
from backhaul.world import DAYS, build
from tests.hostile.payloads import live, payloads
from tests.marketplace import cast
from tests.marketplace.cast import Market, market, served
from tests.web import test_every_page as every
from tests.web.company import let_in
from tests.web.forms import Visit

# Texts that people write in their own words; others name something.
WORDS = {
    "comment",
    "note",
    "text",
    "defect",
    "witness",
    "method",
    "waybill",
    "seal",
    "certificate",
    "explanation",
    "serial",
}
SHOWN = ("/my-returns", "/account", "/", "/to-decide", "/moderation")


def written(command: Any, chance: Iterator[str]) -> Any:
    """The command with payloads in its words, as many as fit into each."""
    changes = {}
    for field in forms.fields(type(command)):
        said = getattr(command, field.name)
        if field.name not in WORDS or not isinstance(said, str) or not said:
            continue
        text, most = "", field.length_max or 80
        while len(more := next(chance)) + len(text) < most:
            text += more
        changes[field.name] = text or "<i onclick=xss>"[:most]
    return msgspec.structs.replace(command, **changes) if changes else command


NAME = '"><img src=x onerror=alert(1)><script>alert("xss")</script>'
PRODUCT = msgspec.structs.replace(cast.THROW, name=NAME, offer_id=f"A{NAME}"[:60])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    monkeypatch.setattr(cast, "LINES", (PRODUCT, *cast.LINES[1:]))
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as opened:
        opened.errand(let_in)
        yield opened


def read_by(shop: Market, *logins: str) -> tuple[int, list[str]]:
    """Pages read, and what became markup on them: a product, a comment, a refusal, a message, a name."""
    hostile = cycle(payloads())
    as_it_is = shop.does
    shop.does = lambda by, it, command, at=None: as_it_is(by, it, written(command, hostile), at)  # type: ignore[assignment,method-assign]
    numbers = [shop.in_status(status, PRODUCT) for status in (Status.DISPUTE, Status.REJECTED, Status.REFUSED_AT_PVZ)]
    pages, found = 0, list[str]()
    with served(shop) as url:
        for login in logins:
            with Visit(url) as visit:
                visit.sign_in(login, "correct horse battery")
                for path in (*SHOWN, *(f"/returns/{number}" for number in numbers)):
                    answer = visit.client.get(path)
                    pages += answer.status_code == 200
                    found += [f"{login} {path}: {one}" for one in live(answer.text)]
    return pages, found


def test_what_people_write_stays_a_text_for_everybody_who_reads_it(shop: Market) -> None:
    pages, found = read_by(shop, "irina", "elif", "oleg", "nadia", "marina")

    assert pages >= 20
    assert [] == found


def test_templates_that_do_not_escape_are_noticed(shop: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: everything is taken for markup."""
    as_it_is = Pages._environment  # noqa: SLF001 -- where a page is told to escape

    def trusting(self: Pages, language: str) -> Any:
        made = as_it_is(self, language)
        made.autoescape = False
        return made

    monkeypatch.setattr(
        "backhaul.marketplace.pages.sheets.PAGES.environment", lambda language: trusting(_pages(), language)
    )
    _, found = read_by(shop, "nadia")

    assert found


def _pages() -> Pages:
    from backhaul.marketplace.pages import sheets  # noqa: PLC0415 -- as it is when it is asked

    return sheets.PAGES


def test_there_are_two_hundred_of_them() -> None:
    assert len(payloads()) >= 200
    assert len([one for one in payloads() if live(one)]) > 150


# -- In Chromium ------------------------------------------------------------------------------------------------------


def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on whoever writes in a house writes payloads: words of commands, names of people, companies, products and points."""
    hostile, number = cycle(payloads()), count()
    perform, perform_now, perform_all = Desk.perform, Desk.perform_now, Desk.perform_all_now

    def changed(work: Any) -> Any:
        return (
            msgspec.structs.replace(work, command=written(work.command, hostile)) if isinstance(work, Order) else work
        )

    async def later(self: Any, work: Any) -> Any:
        return await perform(self, changed(work))

    monkeypatch.setattr(Desk, "perform", later)
    monkeypatch.setattr(Desk, "perform_now", lambda self, work: perform_now(self, changed(work)))
    monkeypatch.setattr(Desk, "perform_all_now", lambda self, works: perform_all(self, [changed(one) for one in works]))

    def named(said: str) -> str:
        return f"{said} {next(hostile)}"

    lines, account, point, sign_up, seller = (
        m_errands.import_lines,
        m_errands.add_account,
        m_errands.add_point,
        p_errands.sign_up,
        m_errands.name_seller,
    )
    colleague = p_errands.add_account

    def renamed(one: Any) -> Any:
        return msgspec.structs.replace(one, name=named(one.name), offer_id=f"{next(number)}{next(hostile)}"[:60])

    def with_name(run: Callable[..., Any], place: int) -> Callable[..., Any]:
        return lambda tx, *said, **more: run(tx, *said[:place], named(said[place]), *said[place + 1 :], **more)

    monkeypatch.setattr(m_errands, "import_lines", lambda tx, found: lines(tx, [renamed(one) for one in found]))
    monkeypatch.setattr(m_errands, "add_account", with_name(account, 4))
    monkeypatch.setattr(p_errands, "add_account", with_name(colleague, 3))
    monkeypatch.setattr(m_errands, "add_point", with_name(point, 2))
    monkeypatch.setattr(m_errands, "name_seller", with_name(seller, 1))

    def signing_up(tx: Any, form: Any, *more: Any) -> Any:
        return sign_up(tx, msgspec.structs.replace(form, name=named(form.name), company=named(form.company)), *more)

    monkeypatch.setattr(p_errands, "sign_up", signing_up)


def run_in_a_browser(browser: Browser, house: every.House) -> tuple[int, list[str]]:
    """Every page of everybody: dialogs, complaints of the policy, errors of scripts, elements that are none of ours."""
    wrong, pages = list[str](), 0
    for role, cookies in house.tour.cookies.items():
        context = browser.new_context()
        context.add_cookies(
            [{"name": name, "value": value, "url": house.url} for name, value in {**cookies, "language": "en"}.items()]
        )
        page = context.new_page()
        complaints = every.overheard(page)

        def told(dialog: Dialog, said: list[str] = complaints) -> None:
            said.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", told)
        for stop in (one for one in house.tour.stops if one.role == role):
            page.goto(house.url + stop.path)
            pages += 1
            wrong += [f"{role} {stop.path}: {one[:300]}" for one in (*complaints, *live(page.content()))]
            complaints.clear()
        context.close()
    return pages, wrong


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(3600)
def test_no_script_that_anybody_wrote_runs_on_any_page(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch)
    now = Clock().now()
    for house in ("marketplace", "partner"):
        (tmp_path / house).mkdir()
    webs = every.Kept(), every.Kept()
    stage = Stage(
        tmp_path,
        sqlite_urls(tmp_path),
        TurnedClock(now - timedelta(days=DAYS)),
        (webs[0].keeping(WEBS[0]), webs[1].keeping(WEBS[1])),
    )
    try:
        people = build(stage, now, SCENARIOS)
        houses = [
            every.marketplace(stage.marketplace_web.url, webs[0].app, people, every.erased(stage)),
            every.partner(stage.partner_web.url, webs[1].app, people),
        ]
        found = [run_in_a_browser(browser, house) for house in houses]
    finally:
        stage.close()
    print(f"{len(payloads())} payloads, {found[0][0]} pages of the marketplace, {found[1][0]} of the partner")

    assert [[], []] == [wrong for _, wrong in found]
    assert min(pages for pages, _ in found) > 40
