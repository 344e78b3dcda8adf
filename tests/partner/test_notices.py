"""Who is told what at the partner: arrival, deadlines, results and ends, for every linked company, on the page, by API and by mail."""

from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import msgspec
import pytest

from backhaul.kit import i18n
from backhaul.kit.machine import Refused
from backhaul.partner import access, errands, notices, platform_errands, queries, tables
from backhaul.partner.notice_texts import LANGUAGE, NOTICES
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import BusinessType, LinkState, Mark
from tests.letters import mail_to, mails, text_of
from tests.partner.cast import LUMITEK, TIMUR, VERA, moscow
from tests.partner.house import CHEN, ELIF, ID, LIU, PASSWORD, STRANGER, VIEWER, House, picture
from tests.rules.test_parcel_lifecycle import Happened, explored
from tests.web.forms import Visit
from tests.web.untranslated import foreign

SELLER = f"seller:{LUMITEK}"


def told(house: House, reader: str = SELLER) -> list[tuple[str, datetime]]:
    """What hangs for a reader, oldest first: the kind and when it counts."""
    with house.office.database.read() as tx:
        return [(one.kind, one.at) for one in reversed(tables.board.page(tx, [reader]))]


def kinds(house: House, reader: str = SELLER) -> list[str]:
    return [kind for kind, _ in told(house, reader)]


def words(house: House, reader: str = SELLER, language: str = "en") -> str:
    """The newest notice of a reader."""
    with house.office.database.read() as tx:
        newest = tables.board.page(tx, [reader])[0]
    return LANGUAGE.tell(newest.kind, newest.facts, newest.case_id, language).body


# -- The clock --------------------------------------------------------------------------------------------------------


def test_the_bound_is_announced_at_arrival_7_3_and_1_days_and_4_hours_before_and_when_it_is_missed(
    house: House,
) -> None:
    """R103, J9: arrival on 3 October 16:42; the workers were down until the 20th, every instant is the deadline's own."""
    house.expects()
    house.arrives()
    house.clock.turn_to(moscow("2024-10-20 12:00"))
    for _ in range(3):
        house.office.tick()

    assert [
        ("arrived", moscow("2024-10-03 16:42")),
        ("days_left", moscow("2024-10-10 10:00")),
        ("days_left", moscow("2024-10-14 10:00")),
        ("days_left", moscow("2024-10-16 10:00")),
        ("hours_left", moscow("2024-10-17 20:00")),
        ("missed", moscow("2024-10-18 00:00")),
    ] == told(house)
    assert "There is no compensation" in words(house)


def test_an_arrival_says_the_last_moment_and_the_days_left(house: House) -> None:
    house.expects()
    house.arrives()

    assert "Decide by 17 Oct 2024, 23:59 Moscow time. 14 days left." in words(house)
    assert "17 окт. 2024\u202fг., 23:59" in words(house, language="ru")


def test_a_decision_ends_the_reminders(house: House) -> None:
    house.expects()
    house.arrives()
    house.clock.turn_to(moscow("2024-10-11 12:00"))
    house.office.tick()
    chen = house.account(CHEN).by()
    house.gives(chen, do.Decide("ship_hk", house.hong_kong))
    house.clock.turn_to(moscow("2024-10-20 12:00"))
    house.office.tick()

    assert ["arrived", "days_left"] == kinds(house)


def test_a_substitution_is_told_when_two_people_are_sure(house: House) -> None:
    """P26: the first person's suspicion reaches nobody outside."""
    house.expects()
    house.arrives()
    house.gives(TIMUR, do.QueueInspection("the box was taped again"))
    photos = tuple(house.office.blobs.put_picture(picture(colour)).id for colour in ("red", "blue", "green"))
    house.gives(VERA, do.Mark(Mark.SUBSTITUTED, "other model", "", photos, "Another serial, another weight."))
    assert ["arrived"] == kinds(house)

    house.gives(TIMUR, do.ConfirmMark())
    assert ["arrived", "substituted"] == kinds(house)


def test_every_notice_that_can_come_about_has_words_with_no_gap_and_no_name_in_them() -> None:
    """Each parcel that the law can bring about: who is told what by its next event, in every language."""
    happened = explored().happened
    bound = next(one for one in happened if one.it.decide_by is not None)
    hours = Happened(bound.it, e.Reminded("4h", bound.it.decide_by or bound.at), bound.at)
    every = {
        (it.id, notice.kind, msgspec.json.encode(notice.facts)): notice.facts
        for it, event, at in [*happened, hours]
        for notice in notices.notices(it, event, at)
    }
    for (parcel_id, kind, _), facts in every.items():
        for language in i18n.LANGUAGES:
            worded = LANGUAGE.tell(kind, facts, parcel_id, language)
            assert "{" not in worded.subject + worded.body + worded.path
            assert language not in {"ru", "zh"} or set() == foreign(f"{worded.subject} {worded.body}", facts)
            assert ("/receiving/gate" if kind == "gate_late" else f"/parcels/{parcel_id}") == worded.path
            assert not {"ruslan", "vera", "timur", "sonia"} & set(worded.body.lower().split())

    said = {kind for _, kind, _ in every}
    of_no_parcel = {"authorization_lost", "key_expiring", "confirm_email", "link_reminder", "consignment_dispatched",
                    "consignment_delivered", "consignment_lost"}  # fmt: skip
    assert set(NOTICES) - of_no_parcel == said


# -- Who reads --------------------------------------------------------------------------------------------------------


def test_every_company_that_is_linked_to_the_seller_reads_and_gets_mail_and_no_other(
    house: House, tmp_path: Path
) -> None:
    house.expects()
    house.arrives()
    house.office.mailing.url = "https://partner.example"
    house.office.mailing.send_due()
    arrivals = [mail for mail in mails(tmp_path / "data" / "mail") if mail["subject"].startswith("Arrived")]

    assert {CHEN, LIU, VIEWER} == {mail["to"] for mail in arrivals}
    assert {"Arrived at the warehouse · R-100017"} == {mail["subject"] for mail in arrivals}
    assert all(f"https://partner.example/parcels/{ID}" in text_of(mail) for mail in arrivals)
    for login, reads in ((LIU, True), (VIEWER, True), (ELIF, False), (STRANGER, False)):
        with Visit(house.url) as visit:
            page = visit.sign_in(login, PASSWORD).open("/messages")
            assert reads is ("USB hub" in page.text)


def test_a_company_that_links_later_reads_what_has_happened_to_its_units(house: House) -> None:
    """R46: open returns are filled in, and so are their deadlines."""
    house.expects()
    house.arrives()
    stranger = house.account(STRANGER)
    house.links(stranger, LUMITEK, BusinessType.CANCEL_ORDERS)
    with Visit(house.url) as visit:
        assert "USB hub" in visit.sign_in(STRANGER, PASSWORD).open("/messages").text
        house.errand(lambda tx, _: errands.unlink(tx, stranger, LUMITEK))
        assert "USB hub" not in visit.open("/messages").text


def test_each_person_has_their_own_mark_of_what_they_have_read(house: House) -> None:
    house.expects()
    house.arrives()
    with Visit(house.url) as chen, Visit(house.url) as liu:
        chen.sign_in(CHEN, PASSWORD).read_in("en").open("/messages")
        assert "Messages 1" in chen.text
        assert f"/parcels/{ID}" in chen.page.links
        chen.press("/messages/read")
        assert "Messages 1" not in chen.text
        assert "Messages 1" in liu.sign_in(LIU, PASSWORD).read_in("en").open("/messages").text


@pytest.mark.parametrize(("login", "status"), [("ruslan", 200), ("sonia", 200), ("vera", 403)])
def test_the_dock_has_messages_of_its_own_and_inspectors_have_none(house: House, login: str, status: int) -> None:
    with Visit(house.url) as visit:
        assert status == visit.sign_in(login, PASSWORD).open("/messages").status


def test_the_api_gives_what_the_page_shows(house: House) -> None:
    house.expects()
    house.arrives()
    with httpx2.Client(base_url=f"{house.url}/api/v1") as client:
        token = client.post("/sessions", json={"login": LIU, "password": PASSWORD}).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        (message,) = client.get("/messages").json()

        assert ("arrived", True, ID) == (message["kind"], message["unread"], message["case_id"])
        assert 204 == client.post("/messages/read", json={"until": message["id"]}).status_code
        assert [False] == [one["unread"] for one in client.get("/messages").json()]
        client.headers["authorization"] = f"Bearer {house.key(CHEN, read_only=True)}"
        assert 403 == client.get("/messages").status_code


# -- No parcel --------------------------------------------------------------------------------------------------------


def test_a_lost_authorization_is_told_once_for_each_loss_and_says_that_the_clock_runs(
    house: House, tmp_path: Path
) -> None:
    """R102, J11.3: the owner gets a mail; however often the key is checked while it is dead."""
    company = house.account(CHEN).company_id or 0

    def marks(state: LinkState) -> None:
        house.errand(
            lambda tx, at: platform_errands.mark_link(tx, queries.links_of_company(tx, company)[0], state, Policy(), at)
        )
        house.clock.turn(timedelta(minutes=1))

    lost_at = house.clock.now()
    for _ in range(3):
        marks(LinkState.AUTHORIZATION_LOST)
    assert [("authorization_lost", lost_at)] == told(house, f"company:{company}")
    text = words(house, f"company:{company}")
    assert "the clock goes on running" in text
    assert "destruction waits until 1 Oct 2024, 12:00 Moscow time" in text

    marks(LinkState.ACTIVE)
    marks(LinkState.AUTHORIZATION_LOST)
    assert 2 == len(kinds(house, f"company:{company}"))
    house.office.mailing.send_due()
    to = [mail["to"] for mail in mails(tmp_path / "data" / "mail") if "Authorization" in mail["subject"]]
    assert [CHEN, CHEN, LIU, LIU] == sorted(to)


def test_the_owner_of_a_key_is_told_before_it_expires(house: House) -> None:
    made = house.clock.now()
    house.key(CHEN, read_only=False)
    company = house.account(CHEN).company_id
    for days in (149, 150, 172, 173, 178, 179, 180):
        house.clock.turn_to(made + timedelta(days=days))
        house.office.tick()

    expected = [("key_expiring", made + timedelta(days=days)) for days in (150, 173, 179)]
    assert expected == told(house, f"owner:{company}")


def test_who_signs_up_gets_the_link_by_mail_only_and_it_opens_the_account_once(house: House, tmp_path: Path) -> None:
    form = errands.NewCompany("ayse@volga.tr", "hash", "Ayşe", "tr", "Volga", "TR")
    house.errand(lambda tx, at: errands.sign_up(tx, form, "a-token", Policy(), at))
    house.office.mailing.url = "https://partner.example"
    house.office.mailing.send_due()

    assert "https://partner.example/confirm/a-token" in mail_to("ayse@volga.tr", tmp_path / "data" / "mail")
    account = house.account("ayse@volga.tr")
    with house.office.database.read() as tx:
        assert () == tuple(tables.board.page(tx, access.readers_of(tx, account)))
    house.errand(lambda tx, at: errands.confirm_email(tx, "a-token", at))
    with pytest.raises(Refused):
        house.errand(lambda tx, at: errands.confirm_email(tx, "a-token", at))


@pytest.mark.parametrize("login", ["a@b\r\nBcc: c@d.e", "nobody", "two@a.b, three@a.b"])
def test_nobody_signs_up_with_what_is_no_address(house: House, login: str) -> None:
    form = errands.NewCompany(login, "hash", "X", "en", "X", "CN")
    with pytest.raises(Refused) as refused:
        house.errand(lambda tx, at: errands.sign_up(tx, form, "t", Policy(), at))

    assert ("form_incomplete", "login") == (refused.value.code, refused.value.field)


def test_an_unconfirmed_address_gets_no_other_mail(house: House) -> None:
    form = errands.NewCompany("ayse@volga.tr", "hash", "Ayşe", "tr", "Volga", "TR")
    house.errand(lambda tx, at: errands.sign_up(tx, form, "a-token", Policy(), at))
    company = house.account("ayse@volga.tr").company_id or 0
    with house.office.database.read() as tx:
        assert {} == access.mailboxes(tx, [f"company:{company}", f"owner:{company}"])
