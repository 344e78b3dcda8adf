"""A supervisor of the partner publishes versions of policy and tariff; the desk uses them from their instant on (D30, P21)."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from backhaul.kit import i18n
from backhaul.kit.database import Statement
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner import queries
from backhaul.partner.policy_texts import POLICY_LABELS, POLICY_TOPICS
from backhaul.partner.rules.policy import Policy
from backhaul.partner.tables import terms
from tests.partner.cast import LUMITEK, QUIET, moscow
from tests.partner.doors import Door, entering
from tests.partner.house import CHEN, ID, House
from tests.web.forms import Form, Visit

WHY = "The new year's price list."
NOON = "2024-10-03T12:00"
RECEIPT = "prices_minor.0.value"


@pytest.fixture
def enter(house: House) -> Iterator[Door]:
    with entering(house) as door:
        yield door


def filled(visit: Visit, page: str, **entries: str) -> Form:
    return visit.open(page).form(f"{page}/preview").fill(**{"why": WHY, "valid_from": NOON, **entries})


def published(visit: Visit, page: str, **entries: str) -> Visit:
    visit.send(filled(visit, page, **entries))
    assert (200, True) == (visit.status, "What differs" in visit.text), visit.text
    return visit.press(page)


def rows(house: House) -> list[tuple[Any, ...]]:
    """What was published since the house was opened."""
    since = terms.select().where(terms.c.version != "quiet")
    with house.office.database.read() as tx:
        return tx.rows(Statement(since.order_by(terms.c.kind, terms.c.valid_from_us)))


def charged(house: House) -> Money:
    with house.office.database.read() as tx:
        return queries.balance(tx, LUMITEK)


def test_only_a_supervisor_opens_and_publishes(enter: Door, house: House) -> None:
    sonia = enter("sonia")
    for page in ("/policy", "/tariff"):
        form = filled(sonia, page)
        for login in ("ruslan", "vera", CHEN):
            other = enter(login)
            form.values["_csrf_token"] = other.form("/language").values["_csrf_token"]
            assert 403 == other.open(page).status, (page, login)
            for action in (page, f"{page}/preview", f"{page}/edit"):
                form.action = action
                assert 403 == other.send(form).status, (action, login)
    assert [] == rows(house)


def test_every_number_of_the_policy_has_a_label_a_topic_and_a_field(enter: Door) -> None:
    form = enter("sonia").open("/policy").form("/policy/preview")
    fields = {name.partition(".")[0] for name in form.values}

    assert set(Policy.__struct_fields__) == set(POLICY_LABELS)
    assert set(Policy.__struct_fields__) == {name for topic in POLICY_TOPICS for name in topic.fields}
    assert set(POLICY_LABELS) | {"valid_from", "why", "seen", "drawn_from", "_csrf_token"} == fields
    for language in i18n.LANGUAGES:
        told = [i18n.gettext(language, label) for label in POLICY_LABELS.values()]
        assert len(told) == len({*told}), language


MISFITS = [
    ("decision_days", "0"),
    ("decision_days", "two"),
    ("reminder_hour", "24"),
    ("weight_off_pct", "101"),
    ("warehouses", "\n"),
    ("inspect_reason_groups", "defect\nno such group"),
    ("sign_up_languages", "de"),
    ("no_disposal_by_choice", "Turkey"),
    ("destinations_otherwise", "US"),
    ("destinations_by_country.0.value", ""),
    ("destinations_by_country.3.key", "TR"),
]


def test_what_does_not_fit_is_told_beside_its_field_and_stays_typed(enter: Door, house: House) -> None:
    sonia = enter("sonia")
    for name, text in MISFITS:
        sonia.send(filled(sonia, "/policy", **{name: text}))
        field = name.partition(".")[0]

        assert 422 == sonia.status, (name, text)
        assert f'id="f-{field}">{_escaped(POLICY_LABELS[field])}: this value does not fit.' in sonia.answer.text, name
        assert text.strip() == sonia.form("/policy/preview").values[name][0].strip()
    for price in ("", "-1", "free", "1.234", "1e3"):
        sonia.send(filled(sonia, "/tariff", **{RECEIPT: price}))
        assert (422, True) == (sonia.status, "Price of one unit: this value does not fit." in sonia.text), price
    assert [] == rows(house)


def _escaped(text: str) -> str:
    return text.replace("'", "&#39;")


def test_a_list_a_table_and_a_number_are_read_as_they_are_drawn(enter: Door, house: House) -> None:
    sonia = enter("sonia")
    sonia.send(filled(sonia, "/policy", **{
        "warehouses": "MSK-2\nKZN-1", "reminder_days": "5, 2", "destinations_by_country.3.key": "KZ",
        "destinations_by_country.3.value": "RU, HK", "destinations_by_country.0.key": "",
    }))  # fmt: skip

    assert "warehouses MSK-2 MSK-2, KZN-1" in sonia.text
    assert "reminder_days 7, 3, 1 5, 2" in sonia.text
    assert "destinations_by_country · TR RU — " in sonia.text
    assert "destinations_by_country · KZ — RU, HK" in sonia.text
    sonia.press("/policy")
    policy = msgspec.json.decode(rows(house)[0][3], type=Policy)
    lists = {"CN": ("RU", "CN", "HK"), "HK": ("RU", "CN", "HK"), "KZ": ("RU", "HK")}
    changes = {"warehouses": ("MSK-2", "KZN-1"), "reminder_days": (5, 2), "destinations_by_country": lists}
    assert msgspec.structs.replace(QUIET, **changes) == policy


def test_a_price_holds_from_its_instant_at_once_and_what_was_charged_keeps_its_price(enter: Door, house: House) -> None:
    """P21, R107: the desk of this house does not wait for its next look at the terms."""
    sonia = enter("sonia")
    shown = published(sonia, "/tariff", **{RECEIPT: "7.5"})
    assert "/tariff" == shown.path
    house.expects()
    house.expects(return_id=ID + 1, return_number="R-100018")
    house.arrives("2024-10-03 11:59")
    assert Money(6_00, "CNY") == charged(house)
    house.arrives("2024-10-03 12:00", parcel=ID + 1)

    assert Money(13_50, "CNY") == charged(house)
    assert "Version 2 is in force" in sonia.open("/tariff").text
    assert "2" == sonia.client.get("/api/v1/tariff").json()["version"]


def test_what_is_published_for_this_minute_holds_with_the_next_command(enter: Door, house: House) -> None:
    house.expects()
    house.clock.turn_to(moscow("2024-10-03 16:40"))
    house.office.desk.sweep()  # the terms are read: without a word they would be believed for some seconds
    published(enter("sonia"), "/policy", decision_days="10", valid_from="2024-10-03T16:40")
    house.arrives("2024-10-03 16:40")

    assert moscow("2024-10-14 00:00") == house.it().decide_by


def test_versions_say_who_when_and_why_and_the_database_keeps_them(enter: Door, house: House) -> None:
    sonia = enter("sonia")
    published(sonia, "/tariff", **{RECEIPT: "7"})
    published(sonia, "/tariff", **{RECEIPT: "8", "valid_from": "2024-10-04T00:00", "why": "The rent went up."})

    listed = sonia.open("/tariff").text.rpartition("Versions ")[2]
    assert listed.startswith(
        "3 Coming from 4 Oct 2024, 00:00 Moscow time · sonia The rent went up. What it changed · 3 "
        f"2 Coming from 3 Oct 2024, 12:00 Moscow time · sonia {WHY} What it changed · 2 "
        "1 In force as the product came"
    )
    kept = rows(house)
    for change in (Statement(terms.update().values(why="Another")), Statement(terms.delete())):
        with pytest.raises(Refused):
            house.errand(lambda tx, _, what=change: tx.run(what))
    assert kept == rows(house)


def test_of_two_who_publish_at_once_the_second_is_told(enter: Door, house: House) -> None:
    one, other = enter("sonia"), enter("sonia")
    other.send(filled(other, "/tariff", **{RECEIPT: "9"}))
    form = other.form("/tariff")
    published(one, "/tariff", **{RECEIPT: "7"})
    other.send(form)

    assert (409, True) == (other.status, "Somebody else published a version of the tariff meanwhile." in other.text)
    assert 1 == len(rows(house))


def test_the_price_that_somebody_else_changed_meanwhile_stays_changed(enter: Door, house: House) -> None:
    """Every price is a row of one field: who changes the second row does not take the first one back."""
    one, other = enter("sonia"), enter("sonia")
    late = filled(other, "/tariff", **{"prices_minor.1.value": "9"})
    published(one, "/tariff", **{RECEIPT: "7"})
    other.send(late)
    assert "What differs" in other.text
    other.press("/tariff")
    assert 409 == other.status
    again = other.form("/tariff/preview")
    other.send(again)
    other.press("/tariff")

    assert (200, 2) == (other.status, len(rows(house)))
    assert [7_00, 9_00] == list(msgspec.json.decode(rows(house)[1][3])["prices_minor"].values())[:2]
