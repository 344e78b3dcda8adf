"""Support publishes versions of the policy: only from what stands on the page, and never over what is published (R107, D30)."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backhaul.kit import i18n, keys
from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import errands, publications
from backhaul.marketplace.policy_texts import POLICY_LABELS
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role, Status
from backhaul.marketplace.tables import terms
from tests.marketplace.cast import ANADOLU, IRINA, MARINA, OLEG, Market, market, moscow, served
from tests.web.forms import Form, Visit

PASSWORD = "correct horse battery"
PEOPLE = (
    ("irina", Role.CUSTOMER, IRINA.subject),
    ("elif", Role.SELLER, str(ANADOLU)),
    ("oleg", Role.CLERK, OLEG.subject),
    ("nadia", Role.MODERATOR, ""),
    ("marina", Role.SUPPORT, ""),
    ("pyotr", Role.SUPPORT, ""),
)
PAGE, PREVIEW = "/support/policy", "/support/policy/preview"
WHY = "Sellers in Turkey have a holiday week."
NOON = "2024-09-05T12:00"
Door = Callable[[str], Visit]


@cache
def hashed() -> str:
    return keys.hash_password(PASSWORD)


def let_in(tx: Tx, _: datetime) -> None:
    for login, role, subject in PEOPLE:
        errands.add_account(tx, login, hashed(), role, subject, login.title(), "en", owner=True)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def enter(shop: Market) -> Iterator[Door]:
    """Sign somebody in, by the form."""
    with served(shop) as url, ExitStack() as visits:
        yield lambda login: visits.enter_context(Visit(url)).sign_in(login, PASSWORD)


def filled(visit: Visit, **entries: str) -> Form:
    """The form of the page with a reason, an instant and some values."""
    return visit.open(PAGE).form(PREVIEW).fill(**{"why": WHY, "valid_from": NOON, **entries})


def published(visit: Visit, **entries: str) -> Visit:
    """A version, by the two forms: see what differs, then publish."""
    visit.send(filled(visit, **entries))
    assert (200, True) == (visit.status, "What differs" in visit.text), visit.text
    return visit.press(PAGE)


def _run(statement: Statement, tx: Tx, _: datetime) -> None:
    tx.run(statement)


def rows(shop: Market) -> list[tuple[Any, ...]]:
    """What is published, as it is stored."""
    return shop.dump()["terms"]


# -- Who --------------------------------------------------------------------------------------------------------------


def test_only_support_opens_the_policy_and_publishes(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    assert 200 == marina.open(PAGE).status
    form = filled(marina, answer_days="4")
    for login in ("irina", "elif", "oleg", "nadia"):
        other = enter(login)
        form.values["_csrf_token"] = other.form("/language").values["_csrf_token"]

        assert 403 == other.open(PAGE).status, login
        for action in (PREVIEW, PAGE):
            form.action = action
            assert 403 == other.send(form).status, (login, action)
    assert [] == rows(shop)


def test_every_number_of_the_policy_has_a_label_and_a_field(enter: Door) -> None:
    """House: what is a field of `Policy` can be changed here, and is told in words of every language."""
    form = enter("marina").open(PAGE).form(PREVIEW)

    assert set(Policy.__struct_fields__) == set(POLICY_LABELS)
    fields = {name.partition(".")[0] for name in form.values}
    assert set(POLICY_LABELS) | {"valid_from", "why", "seen", "drawn_from", "_csrf_token"} == fields
    for language in i18n.LANGUAGES:
        told = [i18n.gettext(language, label) for label in POLICY_LABELS.values()]
        assert len(told) == len({*told}), language
        assert language == "en" or not set(told) & set(POLICY_LABELS.values()), language


# -- What is refused --------------------------------------------------------------------------------------------------

MISFITS = [
    ("answer_days", "four", "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("answer_days", "-1", "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("answer_days", "", "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("answer_days", "3.5", "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("answer_days", "1000001", "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("answer_days", "9" * 30, "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("answer_days", "true", "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("answer_days", "[" * 5000, "Days that a seller or moderator has to answer a request: this value does not fit."),
    ("payout_hour", "24", "Hour of the daily payout run, Moscow time: this value does not fit."),
    ("key_reminder_days", "7, -1", "Reminders so many days before an API key expires: this value does not fit."),
    ("photos_min", "11", "Photos of a request, at most: this value does not fit."),
    (
        "moderation_free_until",
        "next year",
        "The pre-moderation is free for requests before this instant: this value does not fit.",
    ),
    ("valid_from", "", "In force from (Moscow time): this value does not fit."),
    ("valid_from", "2024-09-02T09:58", "A version cannot hold from an instant that has passed."),
    ("valid_from", "1999-12-31T00:00", "A version cannot hold from an instant that has passed."),
    ("valid_from", "9999-12-31T23:59", "A version cannot begin more than ten years from now."),
    ("why", "", "Explain in at least 10 characters."),
    ("why", "Too short", "Explain in at least 10 characters."),
    ("why", "   Too short   ", "Explain in at least 10 characters."),
    ("offers_max", "2", "Nothing differs from the version in force."),
    ("payout_file_rows_max", "0", "Refunds in one payout file, at most: this value does not fit."),
    ("payout_file_rows_max", "10001", "Refunds in one payout file, at most: this value does not fit."),
    ("refund_attempts_max", "0", "Attempts to send a refund, at most: this value does not fit."),
    ("payout_payer", " ", "The payer's name in payout files: this value does not fit."),
    ("payout_account", "9" * 35, "The payer's account in payout files: this value does not fit."),
]
ALSO_WHEN_PUBLISHED = ("payout_hour", "why", "offers_max")


def test_what_does_not_fit_is_refused_in_words_and_everything_that_was_typed_stays(enter: Door, shop: Market) -> None:
    """By the preview, and by the publishing of a form that was changed after it: one law for both."""
    marina = enter("marina")
    for name, text, sentence in MISFITS:
        changed = {} if name == "offers_max" else {"dropoff_days": "6"}
        for action in (PREVIEW, PAGE) if name in ALSO_WHEN_PUBLISHED else (PREVIEW,):
            form = filled(marina, **{**changed, name: text})
            form.action = action
            typed = dict(form.values)
            marina.send(form)

            assert (422, True) == (marina.status, sentence in marina.text), (name, text[:20], action, marina.text[:300])
            kept = marina.form(PREVIEW).values
            assert {**typed, "_csrf_token": kept["_csrf_token"]} == kept, (name, action)
    assert [] == rows(shop)


def test_a_reason_of_ten_characters_and_this_very_minute_are_enough(enter: Door, shop: Market) -> None:
    """The other side of the bounds. What holds from this minute holds from its publishing, not from before."""
    marina = enter("marina")
    shop.clock.turn_to(moscow("2024-09-02 10:00:30"))
    published(marina, answer_days="4", valid_from="2024-09-02T10:00", why="Long enoug")

    assert [moscow("2024-09-02 10:00:30")] == [since(row) for row in rows(shop)]
    shop.clock.turn_to(moscow("2024-09-02 10:00:31"))
    assert moscow("2024-09-07 00:00") == asked(shop)


def test_a_text_that_no_database_holds_is_refused(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    form = filled(marina, answer_days="4", why=WHY + "\0")
    form.action = PAGE

    assert 422 == marina.send(form).status
    assert "A text has a character that cannot be stored" in marina.text
    assert [] == rows(shop)


def test_all_that_does_not_fit_is_told_at_once_beside_its_field(enter: Door) -> None:
    marina = enter("marina")
    marina.send(filled(marina, answer_days="four", keys_max="-1", why="Short"))

    assert 422 == marina.status
    assert (
        "Look at the marked fields: Days that a seller or moderator has to answer a request "
        "Active API keys of a seller, at most Why?"
    ) in marina.text
    for field in ("answer_days", "keys_max", "why"):
        assert f'aria-describedby="f-{field}"' in marina.answer.text
        assert f'id="f-{field}"' in marina.answer.text
    assert "a request Changed days Days that a seller or moderator has to answer a request: this value" in marina.text
    marked = re.findall(r'class="field [^"]*changed[^"]*" id="at-([a-z_]+)"', marina.answer.text)
    assert ["answer_days", "keys_max"] == sorted(marked)


COUNTRIES = "pickup_returns_enabled_by_country"


def test_countries_are_rows_that_can_be_added_changed_and_taken_away(enter: Door, shop: Market) -> None:
    """P28: what is not named is open; codes are those of countries, and none stands twice."""
    marina = enter("marina")
    form = filled(marina, **{f"{COUNTRIES}.0.key": "", f"{COUNTRIES}.1.key": "CN"})
    marina.send(form)
    assert "pickup_returns_enabled_by_country · TR Yes — " in marina.text
    assert "pickup_returns_enabled_by_country · CN — No" in marina.text
    marina.press(PAGE)
    assert {"CN": False} == msgspec.json.decode(rows(shop)[0][3])[COUNTRIES]

    shop.clock.turn_to(moscow("2024-09-05 12:00"))
    assert "China" in marina.open(PAGE).text
    later = {"valid_from": "2024-09-06T12:00"}
    for code in ("CN", "cn", "Chi", "C1"):
        form = filled(marina, **later, **{f"{COUNTRIES}.1.key": code, f"{COUNTRIES}.1.value": "true"})
        assert (422, True) == (marina.send(form).status, "this value does not fit" in marina.text), code
        assert f'value="{code}"' in marina.answer.text


def test_a_switch_is_turned_on_and_off(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    published(marina, variant_c_compensable="true")
    assert msgspec.json.decode(rows(shop)[0][3])["variant_c_compensable"] is True
    shop.clock.turn_to(moscow("2024-09-05 12:00"))

    form = filled(marina, valid_from="2024-09-06T12:00")
    assert ["false", "true"] == form.values["variant_c_compensable"]
    form.values["variant_c_compensable"] = ["false"]
    marina.send(form)
    assert "variant_c_compensable Yes No" in marina.text


def test_from_the_preview_one_goes_back_and_nothing_that_was_typed_is_lost(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    marina.send(filled(marina, answer_days="4", moderation_free_until="2024-12-01T00:00"))
    assert "moderation_free_until 1 Nov 2024, 00:00 Moscow time 1 Dec 2024, 00:00 Moscow time" in marina.text
    form = marina.form(PAGE)
    form.action = f"{PAGE}/edit"
    kept = marina.send(form).form(PREVIEW).values

    assert (200, ["4"], [WHY], [NOON]) == (marina.status, kept["answer_days"], kept["why"], kept["valid_from"])
    assert [] == rows(shop)


# -- Before it is published -------------------------------------------------------------------------------------------


def test_the_preview_shows_what_differs_and_publishes_nothing(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    marina.send(filled(marina, answer_days="4", answer_reminders_days="3, 1"))

    assert "In force from 5 Sep 2024, 12:00 Moscow time" in marina.text
    assert WHY in marina.text
    shown = marina.text.partition("Becomes Open returns ")[2].partition(" Publish this")[0]
    assert (
        "Days that a seller or moderator has to answer a request answer_days 3 4 0 "
        "Reminders so many days before the end of the time to answer answer_reminders_days 2, 1 3, 1 0"
    ) == shown
    assert [] == rows(shop)


# -- When it is published ---------------------------------------------------------------------------------------------


def test_the_preview_tells_how_many_open_returns_go_on_by_the_new_numbers(enter: Door, shop: Market) -> None:
    """A drop-off is due from the approval on: one request waits for its seller, one is approved and keeps its days."""
    shop.in_status(Status.SELLER_REVIEW)
    shop.in_status(Status.APPROVED)
    marina = enter("marina")
    marina.send(filled(marina, dropoff_days="6", dwell_alarm_days="4", keys_max="21"))

    assert "2 open returns go on by the new values." in marina.text
    for number, row in (("dropoff_days 5 6", "1"), ("dwell_alarm_days 3 4", "2"), ("keys_max 20 21", "0")):
        assert f"{number} {row}" in marina.text
    marina.send(filled(marina, keys_max="21"))
    assert "No open return is touched." in marina.text


def test_any_two_versions_are_compared_with_who_published_them_and_why(enter: Door) -> None:
    marina = enter("marina")
    published(marina, answer_days="4")
    published(marina, answer_days="5", offers_max="3", valid_from="2024-09-06T12:00", why="The holidays take longer.")
    assert {f"{PAGE}/versions/2", f"{PAGE}/versions/3"} <= set(marina.open(PAGE).page.links)
    latest = marina.open(f"{PAGE}/versions/3").text
    both = marina.open(f"{PAGE}/versions/3?against=1").text

    assert "Version 3 against version 2" in latest
    assert "answer_days 4 5" in latest
    assert "answer_days 3 5" in both
    assert "offers_max 2 3" in latest
    assert "offers_max 2 3" in both
    assert "marina · 2 Sep 2024, 10:00 Moscow time The holidays take longer." in latest
    assert "The two versions say the same." in marina.open(f"{PAGE}/versions/1").text
    assert [404, 404] == [marina.open(f"{PAGE}/versions/{name}").status for name in ("9", "3?against=9")]
    assert 403 == enter("nadia").open(f"{PAGE}/versions/3").status


def since(row: tuple[Any, ...]) -> datetime:
    return datetime.fromtimestamp(row[2] / 1_000_000, UTC)


def asked(shop: Market) -> datetime | None:
    """Irina asks for a return now; until when the seller has to answer."""
    return_id = shop.draft()
    shop.does(IRINA, return_id, do.Submit())
    return shop.now_is(return_id).act_by


def test_versions_are_listed_with_who_when_and_why_and_never_changed(enter: Door, shop: Market) -> None:
    marina, pyotr = enter("marina"), enter("pyotr")
    published(marina, answer_days="4")
    assert PAGE == marina.path
    first = rows(shop)
    published(pyotr, answer_days="5", valid_from="2024-09-06T09:00", why="The holidays take longer.")
    both = rows(shop)

    assert first == both[:1]
    assert ["2", "3"] == [row[1] for row in both]
    assert [4, 5] == [msgspec.json.decode(row[3])["answer_days"] for row in both]
    assert [("marina", WHY), ("pyotr", "The holidays take longer.")] == [row[4:6] for row in both]
    listed = pyotr.open(PAGE).text.rpartition("Versions ")[2]
    assert listed.startswith(
        "3 Coming from 6 Sep 2024, 09:00 Moscow time · pyotr The holidays take longer. What it changed · 3 "
        f"2 Coming from 5 Sep 2024, 12:00 Moscow time · marina {WHY} What it changed · 2 "
        "1 In force as the product came"
    )
    for change in (Statement(terms.update().values(why="Another")), Statement(terms.delete())):
        with pytest.raises(Refused):
            shop.errand(partial(_run, change))
    assert both == rows(shop)


def test_the_same_version_again_is_refused_and_the_same_form_sent_twice_publishes_once(
    enter: Door, shop: Market
) -> None:
    marina = enter("marina")
    marina.send(filled(marina, answer_days="4"))
    form = marina.form(PAGE)
    assert (200, PAGE) == (marina.send(form).status, marina.path)
    once = rows(shop)
    assert (200, once) == (marina.send(form).status, rows(shop))

    form.values["form_token"] = ["another"]
    for again in (form, filled(marina, answer_days="4", valid_from="2024-09-06T12:00")):
        assert (422, True) == (marina.send(again).status, "Nothing differs" in marina.text)
    assert once == rows(shop)


def test_of_two_who_publish_at_once_the_second_is_told_and_loses_nothing_that_was_typed(
    enter: Door, shop: Market
) -> None:
    """Pyotr's form still has the three days that Marina has just changed. He did not touch them: they stay as she wants them."""
    marina, pyotr = enter("marina"), enter("pyotr")
    late = filled(pyotr, dropoff_days="6")
    pyotr.send(late)
    form = pyotr.form(PAGE)
    published(marina, answer_days="4")
    pyotr.send(form)

    assert (409, True) == (pyotr.status, "Somebody else published a version of the policy meanwhile." in pyotr.text)
    again = pyotr.form(PREVIEW)
    assert ("6", WHY) == tuple(again.values[name][0] for name in ("dropoff_days", "why"))
    assert 1 == len(rows(shop))
    pyotr.send(again)
    assert ("answer_days" in pyotr.text, "dropoff_days 5 6" in pyotr.text) == (False, True), pyotr.text
    pyotr.press(PAGE)
    assert [(4, 5), (4, 6)] == [
        (doc["answer_days"], doc["dropoff_days"]) for doc in (msgspec.json.decode(row[3]) for row in rows(shop))
    ]


def test_a_version_after_one_that_comes_changes_what_was_changed_in_the_form_and_nothing_else(
    enter: Door, shop: Market
) -> None:
    """The form shows what is in force: three days. From the 9th four will hold; who moves another number keeps them."""
    marina, pyotr = enter("marina"), enter("pyotr")
    published(marina, answer_days="4", valid_from="2024-09-09T00:00")
    published(pyotr, dropoff_days="6", valid_from="2024-09-10T00:00")
    assert [(4, 5), (4, 6)] == [
        (doc["answer_days"], doc["dropoff_days"]) for doc in (msgspec.json.decode(row[3]) for row in rows(shop))
    ]

    published(pyotr, answer_days="5", valid_from="2024-09-11T00:00")
    assert 5 == msgspec.json.decode(rows(shop)[-1][3])["answer_days"]


def test_a_form_of_a_version_that_is_replaced_meanwhile_is_carried_over_row_by_row(enter: Door, shop: Market) -> None:
    """Marina's version holds at once: Turkey is named no more, China closes. Pyotr closes Kazakhstan and answers in a word."""
    marina, pyotr = enter("marina"), enter("pyotr")
    late = filled(pyotr, answer_days="four", dropoff_days="6", **{f"{COUNTRIES}.1.key": "KZ"})
    rows_of_countries = {f"{COUNTRIES}.0.key": "", f"{COUNTRIES}.1.key": "CN"}
    published(marina, keys_max="7", valid_from="2024-09-02T10:00", **rows_of_countries)
    pyotr.send(late)
    again = pyotr.form(PREVIEW)
    told = {name: again.values[name][-1] for name in ("answer_days", "dropoff_days", "keys_max", "drawn_from", "seen")}
    countries = [
        (again.values[f"{COUNTRIES}.{n}.key"][0], again.values[f"{COUNTRIES}.{n}.value"][-1]) for n in range(2)
    ]

    assert 422 == pyotr.status
    assert {"answer_days": "four", "dropoff_days": "6", "keys_max": "7", "drawn_from": "2", "seen": "1"} == told
    assert [("KZ", "false"), ("CN", "false")] == countries
    pyotr.send(again.fill(answer_days="4"))
    pyotr.press(PAGE)
    last = msgspec.json.decode(rows(shop)[-1][3])
    assert ({"CN": False, "KZ": False}, 4, 6, 7) == (
        last[COUNTRIES], last["answer_days"], last["dropoff_days"], last["keys_max"],
    )  # fmt: skip


def test_what_another_version_will_replace_is_told_before(enter: Door) -> None:
    marina = enter("marina")
    published(marina, answer_days="4", valid_from="2024-09-09T00:00")
    marina.send(filled(marina, dropoff_days="6"))

    assert "Version 2 replaces it from 9 Sep 2024, 00:00 Moscow time." in marina.text
    assert "answer_days" not in marina.text  # until then three days hold, as before


def test_a_later_version_of_the_same_instant_holds_even_when_it_is_the_tenth(enter: Door, shop: Market) -> None:
    """Numbers are texts in the table: "10" would stand before "9"."""
    noon = moscow("2024-09-05 12:00")

    def publish(tx: Tx, at: datetime) -> None:
        publications.publish_policy(tx, Policy(answer_days=version + 2), noon, MARINA, WHY, at, seen=str(version - 2))

    for version in range(2, 11):
        shop.clock.turn_to(moscow(f"2024-09-02 11:{version:02}"))
        shop.errand(publish)
    shop.clock.turn_to(moscow("2024-09-05 12:00"))

    assert moscow("2024-09-18 00:00") == asked(shop)
    assert "Version 10 is in force." in enter("marina").open(PAGE).text


def test_a_value_holds_from_its_instant_and_what_was_asked_before_keeps_its_bound(enter: Door, shop: Market) -> None:
    """P3, P4, R107: the day of the request is day 0; three days before noon, four from noon on."""
    published(enter("marina"), answer_days="4")
    shop.clock.turn_to(moscow("2024-09-05 11:59:59"))
    before = shop.draft()
    shop.does(IRINA, before, do.Submit())
    shop.clock.turn_to(moscow("2024-09-05 12:00:00"))

    assert moscow("2024-09-10 00:00") == asked(shop)
    assert moscow("2024-09-09 00:00") == shop.now_is(before).act_by
    shop.clock.turn_to(moscow("2024-09-09 00:00"))
    shop.office.desk.sweep()
    assert "approved" == shop.now_is(before).status  # P4: silence approves by the old bound
    assert "seller_review" == shop.now_is(before + 1).status
