"""Who is told what at the marketplace: once for each cause, in the reader's language, never a name, on the page, by API and by mail."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import httpx2
import msgspec
import pytest

from backhaul.kit import i18n, keys
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Order, fingerprint
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.notices import Facts
from backhaul.marketplace import access, errands, notices, queries, tables
from backhaul.marketplace.notice_texts import LANGUAGE, NOTICES
from backhaul.marketplace.office import open_office
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Role, Status
from tests.letters import mails, text_of
from tests.marketplace.cast import (
    ANADOLU,
    CHEN,
    ELIF,
    EXPLAINED,
    IML,
    IRINA,
    KETTLE,
    LUMITEK,
    MARINA,
    MORNING,
    NADIA,
    RING,
    Market,
    market,
    moscow,
    served,
)
from tests.rules.happenings import happenings
from tests.rules.test_return_lifecycle import TERMS
from tests.web.forms import Visit
from tests.web.untranslated import foreign

PASSWORD = "correct horse battery"
PEOPLE = (
    ("irina", Role.CUSTOMER, IRINA.subject, "Irina S.", "ru", False),
    ("pavel", Role.CUSTOMER, "C-1002", "Pavel K.", "en", False),
    ("elif", Role.SELLER, str(ANADOLU), "Elif Kaya", "tr", True),
    ("chen", Role.SELLER, str(LUMITEK), "Chen Wei", "zh", True),
    ("liu", Role.SELLER, str(LUMITEK), "Liu Na", "en", False),
    ("nadia", Role.MODERATOR, "", "Nadia", "en", False),
)


@cache
def hashed() -> str:
    return keys.hash_password(PASSWORD)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


def let_in(tx: Tx, _: datetime) -> None:
    for login, role, subject, name, language, owner in PEOPLE:
        email = "" if role is Role.CUSTOMER else f"{login}@example.com"
        errands.add_account(tx, login, hashed(), role, subject, name, language, owner=owner, email=email)


def told(shop: Market, reader: str, return_id: int = 0) -> list[tuple[str, datetime]]:
    """What hangs for a reader, oldest first: the kind and when it counts."""
    with shop.office.database.read() as tx:
        found = tables.board.page(tx, [reader])
    return [(one.kind, one.at) for one in reversed(found) if return_id in (0, one.case_id)]


def kinds(shop: Market, reader: str, return_id: int = 0) -> list[str]:
    return [kind for kind, _ in told(shop, reader, return_id)]


def words(shop: Market, reader: str, language: str) -> str:
    """The newest notice of a reader, in words."""
    with shop.office.database.read() as tx:
        newest = tables.board.page(tx, [reader])[0]
    return LANGUAGE.tell(newest.kind, newest.facts, newest.case_id, language).body


CUSTOMER, ANADOLU_READS, LUMITEK_READS = "customer:C-1001", f"seller:{ANADOLU}", f"seller:{LUMITEK}"


# -- Once for each cause ----------------------------------------------------------------------------------------------


def test_a_request_and_its_approval_are_told_to_both_sides_once(shop: Market) -> None:
    return_id = shop.in_status(Status.APPROVED)

    assert ["request_sent", "approved_by_seller"] == kinds(shop, CUSTOMER, return_id)
    assert ["request"] == kinds(shop, ANADOLU_READS, return_id)


def test_the_same_command_sent_again_tells_nobody_again(shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    order = Order(return_id, do.Approve(), access.Known(ELIF), "key-1", fingerprint(b"x"))
    first, second = (shop.office.desk.perform_now(order) for _ in range(2))

    assert first.body == second.body
    assert ["request_sent", "approved_by_seller"] == kinds(shop, CUSTOMER, return_id)


def test_a_refused_command_tells_nobody(shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    with pytest.raises(Refused):
        shop.does(ELIF, return_id, do.Reject("looks_used", "too short"))

    assert ["request_sent"] == kinds(shop, CUSTOMER, return_id)


def test_after_a_restart_nothing_is_told_again(shop: Market, database_url: str, tmp_path: Path) -> None:
    return_id = shop.in_status(Status.APPROVED)
    again = open_office(database_url, tmp_path / "again", shop.clock)
    again.desk.start()
    again.tick()
    again.mailing.send_due()
    sent = len(mails(tmp_path / "again" / "mail"))
    again.mailing.send_due()
    again.close()

    assert ["request_sent", "approved_by_seller"] == kinds(shop, CUSTOMER, return_id)
    assert sent == len(mails(tmp_path / "again" / "mail")) > 0


def test_a_timer_that_fires_late_is_told_once_with_its_own_instant(shop: Market) -> None:
    """J4.2: the request is of 2 September, so 6 September 00:00 approves it, whenever the house is up again."""
    return_id = shop.in_status(Status.SELLER_REVIEW)
    shop.clock.turn_to(moscow("2024-09-06 01:10"))
    for _ in range(3):
        shop.office.tick()

    by_itself = moscow("2024-09-06 00:00")
    assert ("approved_by_calendar", by_itself) == told(shop, CUSTOMER, return_id)[-1]
    reminders = [moscow("2024-09-04 00:00"), moscow("2024-09-05 00:00")]
    expected = [("answer_reminder", at) for at in reminders] + [("approved_by_timer", by_itself)]
    assert expected == told(shop, ANADOLU_READS, return_id)[1:]


# -- Words ------------------------------------------------------------------------------------------------------------


def test_a_bound_is_told_as_its_last_moment_and_in_the_language_of_the_reader(shop: Market) -> None:
    """P3: asked on 2 September, answered by the end of the 5th; people read 23:59, not 00:00 of the next day."""
    shop.in_status(Status.SELLER_REVIEW)

    assert "by 5 Sep 2024, 23:59 Moscow time" in words(shop, ANADOLU_READS, "en")
    assert "5 сент. 2024\u202fг., 23:59" in words(shop, CUSTOMER, "ru")


def test_the_last_day_is_told_as_such(shop: Market) -> None:
    """J4: the second reminder comes as the last day begins."""
    shop.in_status(Status.SELLER_REVIEW)
    shop.clock.turn_to(moscow("2024-09-05 00:00"))
    shop.office.tick()

    assert "until 5 Sep 2024, 23:59 Moscow time. This is the last day." in words(shop, ANADOLU_READS, "en")


def test_an_offer_names_its_amount_as_the_reader_writes_it(shop: Market) -> None:
    shop.in_status(Status.OFFER_SENT)

    assert i18n.money(Money(500_00), "ru") in words(shop, CUSTOMER, "ru")
    assert "500.00" in words(shop, CUSTOMER, "en")


def test_a_rejection_says_why_and_until_when_it_can_be_disputed(shop: Market) -> None:
    """R9, R106: the reason and the explanation reach the customer; five days for a dispute."""
    shop.in_status(Status.REJECTED)
    text = words(shop, CUSTOMER, "en")

    assert "The product looks used" in text
    assert EXPLAINED in text
    assert "open a dispute on the page of the return by 7 Sep 2024, 23:59" in text


def test_who_approved_is_visible(shop: Market) -> None:
    """J4: the seller, the marketplace's moderators or nobody in time."""
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, ANADOLU, "55-1204", "2024-11", "Reject nothing."))
    moderated = shop.draft()
    shop.does(IRINA, moderated, do.Submit())
    shop.does(NADIA, moderated, do.Approve())

    assert ["request_sent", "approved_by_moderator"] == kinds(shop, CUSTOMER, moderated)
    assert ["approved_for_you"] == kinds(shop, ANADOLU_READS, moderated)
    assert [] == kinds(shop, "role:moderator")


def test_a_cancelled_refund_is_explained_with_the_right_to_object(shop: Market) -> None:
    """P26: the customer is told why no money comes, and by no one's name."""
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordMark(Mark.SUBSTITUTED, 1, "Another model", ()))

    assert ["handed_in", "refund_cancelled"] == kinds(shop, CUSTOMER, return_id)[-2:]
    assert "you have the right to object" in words(shop, CUSTOMER, "en")
    assert "substituted" in kinds(shop, LUMITEK_READS, return_id)
    assert "refund_saved" in kinds(shop, LUMITEK_READS, return_id)


# What the partner may report besides the payloads of the exploration.
def test_a_request_that_the_pre_moderation_did_not_take_says_why(shop: Market) -> None:
    """J4.4: not free any more, no consent to a price: the request goes to the seller."""
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, ANADOLU, "55-1204", "", "Reject nothing."))
    shop.clock.turn_to(moscow("2024-11-01 00:00"))
    return_id = shop.draft()
    shop.does(IRINA, return_id, do.Submit())

    assert ["request_not_moderated"] == kinds(shop, ANADOLU_READS, return_id)
    assert "not free any more" in words(shop, ANADOLU_READS, "en")


PLACES = {
    "dwelling": "/counter",
    "dwelling_at_points": "/support/points#dwelling",
    "claims_unanswered": "/support#claims",
}


def all_told() -> dict[tuple[int, str, bytes], Facts]:
    """Each return that the law can bring about, each command that it allows there: who is told what, once each."""
    found: dict[tuple[int, str, bytes], Facts] = {}
    for it, event, at in happenings():
        for notice in notices.notices(it, event, at, TERMS):
            found[it.id, notice.kind, msgspec.json.encode(notice.facts)] = notice.facts
    return found


def test_every_notice_that_can_come_about_has_words_with_no_gap_and_no_name_in_them() -> None:
    people = {"irina", "oleg", "nadia", "marina", "elif", "chen", "C-1"}
    every = all_told()
    for (return_id, kind, _), facts in every.items():
        for language in i18n.LANGUAGES:
            worded = LANGUAGE.tell(kind, facts, return_id, language)
            assert "{" not in worded.subject + worded.body + worded.path
            assert language not in {"ru", "zh"} or set() == foreign(f"{worded.subject} {worded.body}", facts)
            assert PLACES.get(kind, f"/returns/{return_id}") == worded.path
            assert not people & set(worded.body.split())

    said = {kind for _, kind, _ in every}
    elsewhere = {
        "key_expiring",
        "request_not_moderated",
        "payout_in_doubt",
        "bank_breaks",
        "refund_attempts_used",
        "breaks_found",
        "compensations_late",
        "support_wrote",
    }  # tests of their own
    # A loss of what is claimed already, a disposal for which the card has no class: the law does not lead there today.
    corners = {"lost", "accepted_without_quote"}
    of_blocks = {kind for kind in NOTICES if kind.startswith("block_")}  # test_blocks.py
    of_blocks |= {
        kind for kind in NOTICES if kind.startswith(("webhook_", "pushes_", "second_factor_"))
    }  # test_webhooks.py, test_seller_api_notifications.py, test_second_factor.py
    assert set(NOTICES) - elsewhere - corners - of_blocks <= said <= set(NOTICES)


# -- Sellers who never linked the partner -----------------------------------------------------------------------------


def arrived(shop: Market, *, linked: bool) -> int:
    shop.errand(lambda tx, _: errands.link_seller(tx, LUMITEK, linked=linked))
    return shop.in_status(Status.AT_PARTNER)


def test_an_unlinked_seller_is_reminded_from_day_0_on_with_the_way_to_sign_up(shop: Market) -> None:
    """D2, R82: on arrival, then 7, 3 and 1 days before the last one; arrived on 2 September, the last day is the 16th."""
    return_id = arrived(shop, linked=False)
    assert ("arrived_unlinked", MORNING) == told(shop, LUMITEK_READS, return_id)[-1]
    text = words(shop, LUMITEK_READS, "en")
    assert "Sign up on the partner's site" in text
    assert "16 Sep 2024, 23:59" in text

    shop.clock.turn_to(moscow("2024-09-20 12:00"))
    for _ in range(3):
        shop.office.tick()

    instants = [moscow(f"2024-09-{day} 10:00") for day in ("09", "13", "15")]
    reminders = [(kind, at) for kind, at in told(shop, LUMITEK_READS, return_id) if kind == "unlinked_reminder"]
    assert [("unlinked_reminder", at) for at in instants] == reminders
    assert "1 day left" in words(shop, LUMITEK_READS, "en")


def test_a_linked_seller_is_told_by_the_partner_and_the_calendar_comes_to_rest(shop: Market) -> None:
    return_id = arrived(shop, linked=True)
    shop.clock.turn_to(moscow("2024-09-20 12:00"))
    for _ in range(3):
        shop.office.tick()

    assert "arrived" == kinds(shop, LUMITEK_READS, return_id)[-1]
    assert 0 == shop.office.desk.sweep()
    with shop.office.database.read() as tx:
        reminded = [h.event.told for h in queries.history(tx, return_id) if h.kind == "Reminded"]
    assert [False, False, False] == reminded


def test_a_seller_who_links_in_between_is_reminded_by_the_partner_from_then_on(shop: Market) -> None:
    return_id = arrived(shop, linked=False)
    shop.clock.turn_to(moscow("2024-09-10 12:00"))
    shop.office.tick()
    shop.errand(lambda tx, _: errands.link_seller(tx, LUMITEK, linked=True))
    shop.clock.turn_to(moscow("2024-09-20 12:00"))
    shop.office.tick()

    assert ["arrived_unlinked", "unlinked_reminder"] == kinds(shop, LUMITEK_READS, return_id)[-2:]


def test_a_decision_ends_the_reminders(shop: Market) -> None:
    return_id = arrived(shop, linked=False)
    shop.does(IML, return_id, do.RecordDecision("pickup", "arrived", "seller", 0))
    shop.clock.turn_to(moscow("2024-09-20 12:00"))
    shop.office.tick()

    assert "unlinked_reminder" not in kinds(shop, LUMITEK_READS, return_id)
    assert "decided" == kinds(shop, LUMITEK_READS, return_id)[-1]


# -- Keys -------------------------------------------------------------------------------------------------------------


def days_after(days: int) -> datetime:
    return MORNING + timedelta(days=days)


def test_the_owner_of_a_key_is_told_30_7_and_1_days_before_its_end_each_once(shop: Market, tmp_path: Path) -> None:
    """J11.4, P19: 180 days."""
    shop.key(CHEN, "IML prod")
    for days in range(140, 182):
        shop.clock.turn_to(days_after(days))
        shop.office.tick()
        shop.office.tick()

    owner = f"owner:{LUMITEK}"
    assert [("key_expiring", days_after(days)) for days in (150, 173, 179)] == told(shop, owner)
    assert [] == kinds(shop, LUMITEK_READS)
    shop.office.mailing.send_due()
    assert ["chen@example.com"] * 3 == [mail["to"] for mail in mails(tmp_path / "data" / "mail")]
    assert "“IML prod”" in words(shop, owner, "en")


def test_after_a_long_sleep_only_the_nearest_reminder_of_a_key_is_told(
    shop: Market, database_url: str, tmp_path: Path
) -> None:
    shop.key(CHEN)
    shop.clock.turn_to(days_after(175))
    again = open_office(database_url, tmp_path / "again", shop.clock)
    again.desk.start()
    assert 1 == again.tick()
    shop.clock.turn(timedelta(minutes=2))
    assert 0 == again.tick()
    again.close()

    assert [("key_expiring", days_after(173))] == told(shop, f"owner:{LUMITEK}")
    assert "5 days left" in words(shop, f"owner:{LUMITEK}", "en")


def test_nobody_is_reminded_of_a_revoked_key_or_of_one_that_was_made_for_less_time(shop: Market) -> None:
    revoked = shop.key(CHEN, "old")
    shop.revoke(revoked, CHEN)
    short = tables.api_keys.update().values(expires_us=to_us(days_after(20)))
    shop.key(ELIF, "short")
    shop.errand(lambda tx, _: tx.run(Statement(short.where(tables.api_keys.c.name == "short"))))
    shop.office.tick()
    shop.clock.turn_to(days_after(175))
    shop.office.tick()

    assert [] == kinds(shop, f"owner:{LUMITEK}") + kinds(shop, f"owner:{ANADOLU}")


# -- Mail -------------------------------------------------------------------------------------------------------------


def test_each_reader_gets_mail_in_their_own_language_at_their_own_address(shop: Market, tmp_path: Path) -> None:
    shop.in_status(Status.SELLER_REVIEW, KETTLE)
    shop.office.mailing.url = "https://shop.example"
    assert 3 == shop.office.mailing.send_due()

    by_address = {mail["to"]: mail for mail in mails(tmp_path / "data" / "mail")}
    assert {"irina@example.com", "chen@example.com", "liu@example.com"} == set(by_address)
    liu = by_address["liu@example.com"]
    assert "New request · R-100001" == liu["subject"]
    assert "A customer wants to return Kettle: Did not like it." in text_of(liu)
    assert "https://shop.example/returns/100001" in text_of(liu)
    chinese = by_address["chen@example.com"].get_body(("html",))
    assert chinese is not None
    assert '<html lang="zh">' in chinese.get_content()
    assert "Заявка отправлена · R-100001" == by_address["irina@example.com"]["subject"]
    everything = "".join(mail.as_string() for to, mail in by_address.items() if to != "irina@example.com")
    assert "irina" not in everything.lower()
    assert "C-1001" not in everything


def test_what_people_typed_is_inert_in_the_html(shop: Market, tmp_path: Path) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, KETTLE)
    shop.does(CHEN, return_id, do.Reject("looks_used", "<script>alert(1)</script> and the laces\r\nare gone."))
    shop.office.mailing.send_due()
    (rejection,) = [
        mail
        for mail in mails(tmp_path / "data" / "mail")
        if "<script>" in text_of(mail) and mail["to"].startswith("irina")
    ]
    html = rejection.get_body(("html",))

    assert html is not None
    assert "<script>" not in html.get_content()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; and the laces are gone." in html.get_content()


# -- The page and the API ---------------------------------------------------------------------------------------------

Door = Callable[[str], Visit]


@pytest.fixture
def door(shop: Market) -> Iterator[Door]:
    """A signed-in person's browser."""
    with ExitStack() as visits:
        url = visits.enter_context(served(shop))

        def sign_in(login: str) -> Visit:
            return visits.enter_context(Visit(url)).sign_in(login, PASSWORD)

        yield sign_in


def test_a_person_reads_their_messages_and_marks_them_for_themselves_alone(shop: Market, door: Door) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, KETTLE)
    liu, chen = door("liu"), door("chen")
    liu.read_in("en").open("/messages")

    assert "Messages 1" in liu.text
    assert "A customer wants to return Kettle" in liu.text
    assert f"/returns/{return_id}" in liu.page.links
    liu.press("/messages/read")
    assert "/messages" == liu.path
    assert "Messages 1" not in liu.text
    assert not liu.offers("/messages/read")
    assert chen.open("/messages").offers("/messages/read")


def test_nobody_reads_what_others_are_told(shop: Market, door: Door) -> None:
    shop.in_status(Status.SELLER_REVIEW, KETTLE)

    for login in ("elif", "pavel", "nadia"):
        assert "Kettle" not in door(login).open("/messages").text
    assert "Kettle" in door("irina").open("/messages").text


def test_marking_as_read_never_reaches_into_the_future(shop: Market, door: Door) -> None:
    shop.in_status(Status.SELLER_REVIEW, KETTLE)
    liu = door("liu").open("/messages")
    form = liu.form("/messages/read")
    form.values["until"] = [str(2**40)]
    liu.send(form)
    shop.in_status(Status.SELLER_REVIEW, RING)

    assert liu.open("/messages").offers("/messages/read")


def test_older_messages_are_a_page_further(shop: Market, door: Door) -> None:
    for _ in range(26):
        shop.in_status(Status.CANCELLED, KETTLE)
    chen = door("chen").read_in("en").open("/messages")
    first = set(chen.page.links)
    (older,) = [link for link in chen.page.links if link.startswith("/messages?before=")]
    chen.follow(older)

    seen = {link for link in chen.page.links if link.startswith("/returns/")}
    assert {"/returns/100001"} == seen
    assert 25 == sum(link.startswith("/returns/") for link in first)


def test_a_person_says_where_their_mail_goes_and_a_mistake_loses_nothing(door: Door) -> None:
    liu = door("liu").read_in("en").open("/messages")
    liu.press("/messages/email", {"email": "liu na@lumitek"})
    assert 422 == liu.status
    assert "This is not an e-mail address." in liu.text
    assert ["liu na@lumitek"] == liu.form("/messages/email").values["email"]

    liu.press("/messages/email", {"email": "liu.na@lumitek.example"})
    assert ["liu.na@lumitek.example"] == liu.open("/messages").form("/messages/email").values["email"]
    assert not door("irina").open("/messages").offers("/messages/email")


def test_the_api_gives_what_the_page_shows(shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, KETTLE)
    with served(shop) as url, httpx2.Client(base_url=f"{url}/api/v1") as client:
        assert 401 == client.get("/messages").status_code
        token = client.post("/sessions", json={"login": "liu", "password": PASSWORD}).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        (message,) = client.get("/messages").json()

        assert ("request", True, return_id) == (message["kind"], message["unread"], message["case_id"])
        assert "New request · R-100001" == message["subject"]
        assert "Yeni" not in client.get("/messages").text
        assert 204 == client.post("/messages/read", json={"until": message["id"]}).status_code
        assert [False] == [one["unread"] for one in client.get("/messages").json()]
        assert 422 == client.post("/messages/email", json={"email": "nobody"}).status_code
        assert 204 == client.post("/messages/email", json={"email": ""}).status_code
        assert 422 == client.post("/messages/read", json={"until": "yesterday"}).status_code

        client.headers["authorization"] = f"Bearer {shop.key(CHEN)}"
        assert 403 == client.get("/messages").status_code


def test_notices_hang_in_the_order_of_their_writing_and_each_has_one_cause(shop: Market) -> None:
    shop.in_status(Status.AT_PARTNER)
    hung = tables.board.notices
    with shop.office.database.read() as tx:
        found = tx.rows(Statement(hung.select().order_by(hung.c.id)))
    causes = [(row[1], row[2], row[3]) for row in found]

    assert len(set(causes)) == len(causes) > 0
    assert sorted(from_us(row[7]) for row in found) == [from_us(row[7]) for row in found]


def test_an_errand_that_comes_again_hangs_nothing_twice(shop: Market) -> None:
    shop.key(CHEN)
    shop.clock.turn_to(days_after(155))
    shop.office.tick()
    posted = shop.office.key_reminders
    posted._looked_at = None  # noqa: SLF001 -- as after a restart

    assert 0 == posted.tell_due((30, 7, 1))
    assert ["key_expiring"] == kinds(shop, f"owner:{LUMITEK}")
