"""The marketplace's pages through real HTTP: only forms that stand on the fetched page are sent."""

import re
import time
from datetime import timedelta

import httpx2
import pytest

from backhaul.kit import i18n, keys
from backhaul.kit.days import to_us
from backhaul.marketplace import errands
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import (
    ANADOLU,
    CHEN,
    ELIF,
    EXPLAINED,
    IML,
    IRINA,
    KETTLE,
    MARINA,
    NADIA,
    OLEG,
    THROW,
    Market,
    moscow,
)
from tests.web.company import PASSWORD, SORTING, THREE_PHOTOS, Door
from tests.web.forms import Entries, NoSuchFormError, Visit

SELLER = f"payable:seller:{ANADOLU}"


# -- The entrance -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "first_page"),
    [
        ("irina", "/my-returns"),
        ("elif", "/to-decide"),
        ("oleg", "/counter"),
        ("nadia", "/moderation"),
        ("marina", "/support"),
    ],
)
def test_everybody_signs_in_to_their_own_first_page(enter: Door, login: str, first_page: str) -> None:
    visit = enter(login)

    assert (200, first_page) == (visit.status, visit.path)


def test_a_wrong_password_is_told_and_nobody_is_signed_in(url: str) -> None:
    with Visit(url) as visit:
        visit.sign_in("irina", "guessed")

        assert visit.status == 401
        assert "The login or the password is wrong." in visit.text
        assert visit.open("/my-returns").path == "/sign-in"


def test_a_form_without_its_csrf_token_is_refused(enter: Door) -> None:
    visit = enter("irina").open("/orders/1/return")
    form = visit.form("/orders/1/return").fill(reason="did_not_like")
    del form.values["_csrf_token"]
    visit.send(form)

    assert visit.status == 403
    assert "This form has expired." in visit.text
    assert visit.open("/my-returns").text.count("R-1") == 0


# -- J3, the marketplace's part, by clicking --------------------------------------------------------------------------


def test_a_turkish_seller_is_compensated_for_a_disposal_after_an_offer_was_declined(enter: Door, shop: Market) -> None:
    irina, elif_, oleg, marina = enter("irina"), enter("elif"), enter("oleg"), enter("marina")

    irina.open("/orders").follow("/orders/1/return")
    request: Entries = {"reason": "did_not_like", "comment": "Too dark.", "photos": THREE_PHOTOS}
    irina.press("/orders/1/return", request)
    page = irina.path
    assert page == "/returns/100001"
    assert irina.answer.text.count("Photo by the customer") == 3
    assert irina.client.get(f"/photos/100001/{shop.now_is(100001).photos[0]}").content[:3] == b"\xff\xd8\xff"
    irina.press(f"{page}/submit")

    shop.clock.turn_to(moscow("2024-09-03 11:00"))
    assert "R-100001" in elif_.open("/returns").text
    elif_.follow(page).press(f"{page}/offer", {"amount_rub": "2000"})

    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    assert "You have an offer" in irina.open("/my-returns").text
    irina.follow(page).press(f"{page}/decline-offer")

    elif_.open(page)
    assert "3,720.00" in elif_.text
    assert "30%" in elif_.text
    elif_.press(f"{page}/approve", {"route": "A"})
    assert "Approved" in elif_.text

    irina.open(page).press(f"{page}/choose-point", {"point_id": OLEG.subject})
    shop.clock.turn_to(moscow("2024-09-06 15:00"))
    oleg.open("/counter")
    assert "R-100001" in oleg.text
    oleg.press("/counter", {"number": "r-100001"})
    assert oleg.path == page
    checks: Entries = {"same_product": "yes", "used": "no", "photos": THREE_PHOTOS[:2]}
    oleg.press(f"{page}/check-in", checks)
    assert oleg.status == 200
    assert "R-100001" in elif_.open("/returns?tab=on_the_road").text

    shop.clock.turn_to(moscow("2024-09-07 12:00"))
    shop.office.desk.sweep()
    marina.open("/support").follow(page)
    assert re.search(r"Sent · \S* ?12,400\.00", marina.text)
    assert re.search(r"Accrued · \S* ?3,720\.00", marina.text)
    assert "due by 14 Sep 2024, 23:59 Moscow time" in marina.text  # J3
    assert [entry.amount.minor for entry in shop.entries(100001) if entry.debit != SELLER] == [12_400_00, 3_720_00]
    assert "Your money is on its way to your bank." in irina.open("/my-returns").text


# -- The customer -----------------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_starts_one_return(enter: Door) -> None:
    visit = enter("irina").open("/orders/1/return")
    form = visit.form("/orders/1/return").fill(reason="did_not_fit", photos=THREE_PHOTOS)
    first = visit.send(form).path
    second = visit.send(form).path

    assert (first, second) == ("/returns/100001", "/returns/100001")
    assert visit.open("/my-returns").text.count("R-1000") == 1
    assert "39 of 40" in visit.open("/orders").text


def test_a_form_that_is_refused_says_why_and_keeps_what_was_typed(enter: Door) -> None:
    visit = enter("irina").open("/orders/1/return")
    visit.press("/orders/1/return", {"comment": "Too dark.", "photos": [b"not a picture"]})

    assert visit.status == 422
    assert "This file is not a picture" in visit.text
    form = visit.form("/orders/1/return")
    assert form.values["comment"] == ["Too dark."]
    form.values["reason"] = ["a reason of my own"]
    visit.send(form)
    assert visit.status == 422
    assert "Choose a reason from the list." in visit.text


def test_a_point_that_is_none_is_refused_at_the_page_and_at_the_api(enter: Door, shop: Market, url: str) -> None:
    """R53: the sorting point takes nothing in from customers; the answer names those that do."""
    return_id = shop.in_status(Status.APPROVED)
    irina = enter("irina").open(f"/returns/{return_id}")
    form = irina.form(f"/returns/{return_id}/choose-point")
    assert form.choices["point_id"] == ["", OLEG.subject]
    form.values["point_id"] = [SORTING]
    assert irina.send(form).status == 422
    assert "Choose a pick-up point from the list." in irina.text

    with httpx2.Client(base_url=f"{url}/api/v1") as api:
        token = api.post("/sessions", json={"login": "irina", "password": PASSWORD}).json()["token"]
        answer = api.post(
            f"/returns/{return_id}/choose-point",
            json={"point_id": "nowhere"},
            headers={"authorization": f"Bearer {token}"},
        )

    assert (422, "unknown_point", "point_id", [OLEG.subject]) == (
        answer.status_code, *(answer.json()[name] for name in ("code", "field", "known"))
    )  # fmt: skip
    assert shop.now_is(return_id).status is Status.APPROVED


def test_pictures_that_were_sent_with_a_refused_form_need_not_be_sent_again(enter: Door, shop: Market) -> None:
    visit = enter("irina").open("/orders/1/return")
    form = visit.form("/orders/1/return").fill(comment="Too dark.", photos=THREE_PHOTOS)
    form.values["reason"] = ["a reason of my own"]
    assert visit.send(form).status == 422
    assert "3 photos are kept already." in visit.text
    again = visit.form("/orders/1/return").fill(reason="did_not_like")
    visit.send(again)

    assert visit.path == "/returns/100001"
    assert len(shop.now_is(100_001).photos) == 3
    assert "Too dark." in visit.text


def test_several_units_of_a_line_are_asked_for_in_one_form_and_sent_at_once(enter: Door, shop: Market) -> None:
    """D1, R111: each unit is a return of its own, all or none of them."""
    visit = enter("irina").open("/orders/1/return")
    form = visit.form("/orders/1/return").fill(reason="did_not_like", units="3", photos=THREE_PHOTOS)
    form.values["send"] = ["yes"]  # the button
    visit.send(form)

    assert visit.path == "/my-returns"
    asked = [shop.now_is(return_id) for return_id in (100_001, 100_002, 100_003)]
    assert {Status.SELLER_REVIEW} == {it.status for it in asked}
    assert [100_001] * 3 == [it.request_id for it in asked]
    assert [1, 2, 3] == [it.line.unit_no for it in asked]
    assert "37 of 40" in visit.open("/orders").text

    form = visit.open("/orders/1/return").form("/orders/1/return").fill(reason="did_not_like", photos=THREE_PHOTOS)
    form.values["units"] = ["38"]
    assert visit.send(form).status == 409
    assert "Only 37 units of this order line can still be returned." in visit.text
    assert "37 of 40" in visit.open("/orders").text


@pytest.mark.parametrize("path", ["/returns/100001", "/photos/100001/{photo}"])
def test_another_persons_return_does_not_exist(enter: Door, shop: Market, path: str) -> None:
    shop.in_status(Status.SELLER_REVIEW)
    for login in ("pavel", "chen"):
        visit = enter(login).open(path.format(photo=shop.photo))

        assert visit.status == 404
        assert "There is nothing here, or it is not yours." in visit.text


def test_another_persons_order_line_cannot_be_returned(enter: Door) -> None:
    assert enter("pavel").open("/orders/1/return").status == 404
    assert enter("irina").open("/orders/999/return").status == 404


# -- The seller -------------------------------------------------------------------------------------------------------


def test_what_waits_stands_by_urgency_and_every_return_in_its_tab(enter: Door, shop: Market) -> None:
    later = shop.in_status(Status.REJECTED)
    first = shop.in_status(Status.SELLER_REVIEW)
    shop.clock.turn_to(moscow("2024-09-03 10:00"))
    second = shop.in_status(Status.SELLER_REVIEW)
    road = shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.draft()
    visit = enter("elif").open("/to-decide")

    assert [f"/returns/{n}" for n in (first, second)] == [
        link for link in visit.page.links if link.startswith("/returns/")
    ]
    assert "2 days left" in visit.text
    visit.open("/returns")
    links = [link for link in visit.page.links if link.startswith("/returns/")]
    assert [f"/returns/{n}" for n in (second, first, later)] == links
    assert "Requests 3 On the road 1 Resolved 0" in visit.text
    visit.follow("/returns?tab=requests&state=rejected")
    assert [f"/returns/{later}"] == [link for link in visit.page.links if link.startswith("/returns/")]
    visit.open("/returns?tab=on_the_road")
    assert f"/returns/{road}" in visit.page.links
    assert "On the way At the pick-up point" in visit.text


def test_at_the_partner_both_labels_and_the_days_left_are_shown(enter: Door, shop: Market) -> None:
    shop.in_status(Status.AT_PARTNER)
    visit = enter("chen").open("/returns?tab=resolved")

    assert "Passed on to partner Return transferred to the logistics partner" in visit.text
    assert "Decision needed at partner, 14 days left" in visit.text


def test_long_lists_go_on_with_older(enter: Door, shop: Market) -> None:
    for number in range(53):
        shop.clock.turn_to(moscow(f"2024-09-02 10:{number:02}"))
        shop.in_status(Status.SELLER_REVIEW if number < 27 else Status.REJECTED)
    visit = enter("elif").open("/returns")
    first = [link for link in visit.page.links if link.startswith("/returns/")]
    older = next(link for link in visit.page.links if "older=" in link)
    rest = [link for link in visit.follow(older).page.links if link.startswith("/returns/")]

    assert (len(first), len(rest)) == (50, 3)
    assert len({*first, *rest}) == 53
    assert not any("older=" in link for link in visit.page.links)


def test_a_key_is_shown_once(enter: Door) -> None:
    visit = enter("chen").open("/keys")
    form = visit.form("/keys").fill(name="IML prod", role="returns")
    visit.send(form)
    shown = [word for word in visit.text.split() if word.startswith("bh_rw_")]

    assert visit.status == 201
    assert "it is shown only once" in visit.text
    assert [shown[0]] == shown
    visit.send(form)
    assert visit.status == 200
    assert shown[0] not in visit.answer.text
    assert "was made and shown already" in visit.text
    assert visit.text.count(f"…{shown[0][-4:]}") == 1
    assert shown[0] not in visit.open("/keys").answer.text
    visit.press("/keys", {"name": "IML prod"})
    assert visit.status == 409
    assert "Another active key has this name." in visit.text


def test_a_revoked_key_is_told_so_and_its_name_is_free_again(enter: Door, shop: Market) -> None:
    public_id = keys.public_id_of(shop.key(CHEN, "ERP"))
    visit = enter("chen").open("/keys")
    form = visit.form(f"/keys/{public_id}/revoke")
    visit.send(form)

    assert "Revoked" in visit.text
    assert visit.send(form).path == "/keys"
    visit.press("/keys", {"name": "ERP", "role": "returns_read_only"})
    assert visit.status == 201
    assert "bh_ro_" in visit.text


def test_only_the_owner_makes_keys(enter: Door) -> None:
    visit = enter("liu").open("/keys")

    assert not visit.offers("/keys")
    csrf = visit.form("/language").values["_csrf_token"][0]
    answer = visit.client.post("/keys", data={"_csrf_token": csrf, "name": "x", "role": "returns"})
    assert answer.status_code == 403
    assert "Only the owner, and whom the owner lets manage keys, may do this." in answer.text


def test_a_turkish_owner_chooses_the_default_route_and_a_chinese_one_has_none(enter: Door) -> None:
    visit = enter("elif").open("/settings")
    assert visit.form("/settings", what="route").values["default_route"] == [""]
    visit.send(visit.form("/settings", what="route").fill(default_route="B"))
    assert visit.form("/settings", what="route").values["default_route"] == ["B"]
    assert "Linked to the logistics partner No" in visit.text

    other = enter("chen").open("/settings")
    assert "always go to the logistics partner" in other.text
    with pytest.raises(NoSuchFormError):
        other.form("/settings", what="route")


def test_pre_moderation_is_switched_on_by_support_paid_by_consent_and_off_by_the_seller(
    enter: Door, shop: Market
) -> None:
    shop.clock.turn_to(moscow("2024-11-05 10:00"))
    marina, elif_ = enter("marina").open("/support/sellers"), enter("elif").open("/settings")
    assert "It is off." in elif_.text
    form = marina.form("/support/sellers", seller_id=str(ANADOLU))
    marina.send(form.fill(ticket="55-1204", rules="Approve up to 2,000 roubles."))
    assert "55-1204" in marina.text

    elif_.open("/settings")
    assert "Paused" in elif_.text
    assert "Approve up to 2,000 roubles." in elif_.text
    elif_.send(elif_.form("/settings", what="moderation_price"))
    assert "You agreed to version 2024-11." in elif_.text
    marina.open("/support/sellers")
    marina.send(marina.form("/support/sellers", seller_id=str(ANADOLU)).fill(ticket="55-1300", rules="Ask me."))
    assert "Agreed to price version 2024-11." in marina.text
    elif_.open("/settings").send(elif_.form("/settings", what="moderation_off"))
    assert "It is off." in elif_.text


# -- The counter ------------------------------------------------------------------------------------------------------


def test_the_counter_jumps_to_a_number_and_says_when_there_is_none(enter: Door, shop: Market) -> None:
    hidden, shown = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.APPROVED)
    visit = enter("oleg")

    assert visit.press("/counter", {"number": f" r-{shown} "}).path == f"/returns/{shown}"
    assert visit.open("/counter").press("/counter", {"number": str(shown)}).path == f"/returns/{shown}"
    for number in (f"R-{hidden}", "R-1", "?"):
        visit.open("/counter").press("/counter", {"number": number})
        assert (visit.status, visit.path) == (404, "/counter")
        assert f"There is no return {number} here" in visit.text


def test_the_counter_lists_what_is_expected_and_what_waits_and_the_sorting_point_its_own(
    enter: Door, shop: Market
) -> None:
    expected, accepted = shop.in_status(Status.AWAITING_DROPOFF), shop.in_status(Status.ACCEPTED_AT_PVZ)
    coming, disposing = shop.in_status(Status.ON_THE_WAY), shop.in_status(Status.DISPOSING_BY_MARKETPLACE)
    to_partner = shop.in_status(Status.ON_THE_WAY, KETTLE)
    at_point = [link for link in enter("oleg").page.links if link.startswith("/returns/")]
    sorting = [link for link in enter("ravil").page.links if link.startswith("/returns/")]

    assert [
        f"/returns/{n}" for n in (expected, accepted, to_partner, disposing, coming)
    ] == at_point  # dispatched today
    assert [f"/returns/{n}" for n in (coming, disposing)] == sorting
    assert f"/returns/{to_partner}" not in sorting


# -- Moderators and support -------------------------------------------------------------------------------------------


def test_the_moderator_sees_three_queues_by_time_left(enter: Door, shop: Market) -> None:
    rules = "Approve what is unworn."
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, ANADOLU, "55-1204", "", rules))
    asked = shop.draft()
    shop.does(IRINA, asked, do.Submit())
    shop.does(NADIA, asked, do.AskPhotos("A video, please."))
    first = shop.draft()
    shop.does(IRINA, first, do.Submit())
    shop.clock.turn_to(moscow("2024-09-03 10:00"))
    second = shop.draft()
    shop.does(IRINA, second, do.Submit())
    dispute = shop.in_status(Status.DISPUTE, KETTLE)
    visit = enter("nadia")
    assert "Approve what is unworn." in visit.text
    links = [
        link
        for queue in ("", "?queue=disputes", "?queue=photos")
        for link in visit.open(f"/moderation{queue}").page.links
        if link.startswith("/returns/")
    ]

    assert [f"/returns/{n}" for n in (first, second, dispute, asked)] == links
    visit.open("/moderation").follow(f"/returns/{first}").press(f"/returns/{first}/approve")
    assert "Approved by the pre-moderation" in enter("elif").open("/returns").text


def test_support_sees_refunds_that_need_somebody_and_claims_to_review(enter: Door, shop: Market) -> None:
    held = shop.in_status(Status.REFUNDED_WITHOUT_RETURN)
    failed, doubtful, sent = (shop.in_status(Status.ACCEPTED_AT_PVZ) for _ in range(3))
    for return_id in (failed, doubtful, sent):
        shop.does(MARINA, return_id, do.SendRefund())
    shop.does(MARINA, failed, do.FailRefund("The card is closed."))
    shop.does(MARINA, doubtful, do.QuestionRefund())
    lost = shop.in_status(Status.ON_THE_WAY, KETTLE)
    visit = enter("marina")
    refunds = visit.text.split("Refunds that need somebody")[1].split("Claims to review")[0]

    assert [f"R-{n}" in refunds for n in (held, failed, doubtful, sent)] == [False, True, True, False]
    assert "Failed" in refunds
    assert "In doubt" in refunds
    shop.clock.turn_to(moscow("2024-10-10 10:00"))
    shop.office.desk.sweep()
    shop.does(CHEN, lost, do.FileClaim())
    visit = enter("marina")  # the session of a month ago is over
    claims = visit.text.split("Claims to review")[1].split("Latest returns")[0]
    assert f"R-{lost}" in claims
    assert f"R-{doubtful}" in visit.text.split("Refunds that need somebody")[1].split("Claims to review")[0]
    assert f"R-{held}" not in visit.text.split("Refunds that need somebody")[1].split("Claims to review")[0]
    assert visit.press("/support", {"number": str(lost)}).path == f"/returns/{lost}"


def test_support_reads_who_was_refused(enter: Door, shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    visit = enter("oleg")
    csrf = visit.form("/language").values["_csrf_token"][0]
    visit.client.post(f"/returns/{return_id}/send-refund", data={"_csrf_token": csrf})
    seller = enter("liu")
    csrf = seller.form("/language").values["_csrf_token"][0]
    seller.client.post("/keys", data={"_csrf_token": csrf, "name": "x", "role": "returns"})
    marina = enter("marina").follow("/support/attempts")

    assert "seller:liu" in marina.text
    assert "key_rights_needed" in marina.text
    assert "/docs/errors#key_rights_needed" in marina.page.links


def test_the_error_codes_are_public_and_each_has_its_place(url: str) -> None:
    with Visit(url) as visit:
        visit.open("/docs/errors")

        assert visit.status == 200
        assert 'id="version_conflict"' in visit.answer.text
        assert "Somebody else changed this return meanwhile." in visit.text


# -- Every page of every role -----------------------------------------------------------------------------------------

PAGES_OF = {
    "irina": ("/orders", "/orders/1/return", "/my-returns", "/returns/{id}", "/docs/errors"),
    "elif": (
        "/to-decide",
        "/returns",
        "/returns?tab=on_the_road",
        "/returns?tab=resolved",
        "/keys",
        "/settings",
        "/settings/users",
        "/account",
        "/returns/{id}",
    ),
    "chen": ("/returns", "/keys", "/settings"),
    "oleg": ("/counter",),
    "ravil": ("/counter",),
    "nadia": ("/moderation", "/returns/{id}"),
    "marina": (
        "/support",
        "/support/sellers",
        "/support/points",
        f"/support/sellers/{ANADOLU}/keys",
        "/support/attempts",
        "/returns/{id}",
    ),
}


def fill(shop: Market) -> int:
    """A return in every state; the first one's id."""
    shop.key(ELIF, "ERP")
    ways = [status for status in Status if status not in UNREACHED]
    ids = [shop.in_status(status) for status in ways]
    shop.does(IML, ids[ways.index(Status.AT_PARTNER)], do.RecordDecision("ship_cn", "in_work", "seller", 0))
    shop.in_status(Status.AT_PARTNER)
    return ids[ways.index(Status.SELLER_REVIEW)]


UNREACHED = {
    Status.PRE_MODERATION, Status.AWAITING_CUSTOMER, Status.CLOSED_NO_REPLY, Status.DROPOFF_EXPIRED, Status.LOST,
    Status.FOUND_AFTER_CLAIM,
}  # fmt: skip


def test_every_page_of_every_role_is_drawn_in_every_language(enter: Door, shop: Market) -> None:
    return_id = fill(shop)
    for login, paths in PAGES_OF.items():
        visit = enter(login)
        for language in i18n.LANGUAGES:
            visit.open(paths[0]).read_in(language)
            for path in paths:
                visit.open(path.format(id=return_id))

                assert (200, f'<html lang="{language}">') == (visit.status, visit.answer.text.splitlines()[1]), path
                assert " style=" not in visit.answer.text
                assert "onclick" not in visit.answer.text


def test_the_pages_of_another_role_are_refused(enter: Door) -> None:
    own = {"irina": "customer", "elif": "seller", "oleg": "clerk", "nadia": "moderator", "marina": "support"}
    pages = {
        "customer": ("/orders", "/orders/1/return", "/my-returns"),
        "seller": ("/returns", "/keys", "/settings", "/settings/users"),
        "clerk": ("/counter",),
        "moderator": ("/moderation",),
        "support": (
            "/support",
            "/support/sellers",
            "/support/points",
            f"/support/sellers/{ANADOLU}/keys",
            "/support/attempts",
        ),
    }
    for login, role in own.items():
        visit = enter(login)
        for other, paths in pages.items():
            for path in paths:
                assert (200 if other == role else 403) == visit.open(path).status, (login, path)


def test_a_page_without_a_session_leads_to_the_sign_in(url: str) -> None:
    with Visit(url) as visit:
        for path in ("/orders", "/returns", "/keys", "/settings", "/settings/users", "/account", "/counter", "/moderation",
                     "/support", "/returns/1"):  # fmt: skip
            assert visit.open(path).path == "/sign-in"


def test_words_of_a_customer_are_text_and_never_markup(enter: Door, shop: Market) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    return_id = shop.draft(THROW, comment=evil)
    shop.does(IRINA, return_id, do.Submit())
    shop.does(ELIF, return_id, do.Reject("looks_used", evil + EXPLAINED))
    visit = enter("elif").open(f"/returns/{return_id}")

    assert "<script>alert" not in visit.answer.text
    assert "<img src=x" not in visit.answer.text
    assert "script-src 'nonce-" in visit.answer.headers["content-security-policy"]


@pytest.mark.parametrize("number", ["9" * 30, "-1", "x", "²", "' OR 1=1"])
def test_nonsense_in_an_address_is_the_start_of_the_list(enter: Door, shop: Market, number: str) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    paths = {
        "irina": (f"/my-returns?before={number}",),
        "elif": (f"/returns?older={number}", f"/to-decide?after=1-{number}-{number}", f"/returns?tab={number}"),
        "marina": (f"/support?before={number}", f"/support/attempts?before={number}"),
    }
    for login, addresses in paths.items():
        visit = enter(login)
        for address in addresses:
            assert visit.open(address).status == 200, address
    assert f"/returns/{return_id}" in enter("marina").page.links


def test_a_line_number_that_no_database_can_hold_is_just_not_there(enter: Door) -> None:
    visit = enter("irina").open("/orders/1/return")
    form = visit.form("/orders/1/return").fill(reason="did_not_fit", photos=THREE_PHOTOS)
    form.action = f"/orders/{'9' * 30}/return"

    assert visit.send(form).status == 404
    assert visit.open("/my-returns").status == 200


# -- What a stranger stumbled over --------------------------------------------------------------------------------------


def test_a_customer_reads_their_own_words_for_an_earlier_return_too(enter: Door, shop: Market) -> None:
    """R100: what is done with the goods is the seller's; the seller reads where they are."""
    shop.in_status(Status.AT_PARTNER, KETTLE)
    page = f"/returns/{shop.in_status(Status.SELLER_REVIEW, KETTLE)}"

    asked = "Earlier requests of this order R-100001 "
    assert f"{asked}Handed in" in enter("irina").open(page).text
    assert f"{asked}Handed in" not in enter("chen").open(page).text


def test_a_refused_form_never_turns_an_answer_round(enter: Door, shop: Market) -> None:
    page = f"/returns/{shop.in_status(Status.APPROVED)}"
    oleg = enter("oleg").open(page)
    assert "Photos of the product, at least 2" in oleg.text
    oleg.press(f"{page}/check-in", {"same_product": "yes", "used": "no", "complete": "no", "photos": THREE_PHOTOS[:1]})

    assert (422, True) == (oleg.status, "At least 2 photos are needed." in oleg.text)
    again = oleg.form(f"{page}/check-in")
    assert (["yes"], ["no"], ["no"]) == tuple(again.values[name] for name in ("same_product", "used", "complete"))


def test_what_does_not_fit_is_told_in_the_readers_words(enter: Door, shop: Market) -> None:
    page = f"/returns/{shop.in_status(Status.SELLER_REVIEW)}"
    elif_ = enter("elif").open(page)
    form = elif_.form(f"{page}/reject").fill(reason="looks_used")
    form.values["comment"] = ["x" * 2001]

    assert "Comment: at most 2000 characters." in elif_.send(form).text
    form = elif_.open(page).form(f"{page}/offer")
    assert "Fill in this field: Amount, whole roubles." in elif_.send(form).text
    form.values["amount_rub"] = ["many"]
    assert "Amount, whole roubles: a whole number is needed." in elif_.send(form).text
    assert "field_invalid" not in elif_.answer.text


def test_the_api_keeps_the_name_of_a_field_and_tells_the_problem_by_a_code(shop: Market, url: str) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    headers = {"authorization": f"Bearer {shop.key()}", "accept-language": "en"}
    with httpx2.Client(base_url=f"{url}/api/v1", headers=headers) as api:
        told = api.post(f"/returns/{return_id}/reject", json={"reason": "looks_used"}).json()

    assert ("field_invalid", "comment", "missing") == (told["code"], told["field"], told["problem"])
    assert told["detail"] == "Fill in this field: comment."


def test_a_refusal_names_the_state_and_the_acts_by_their_labels(enter: Door, shop: Market, url: str) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    page = f"/returns/{return_id}"
    elif_ = enter("elif").open(page)
    late = elif_.form(f"{page}/refund-without-return")
    shop.does(ELIF, return_id, do.Offer(500))
    late.values["seen"] = [str(shop.now_is(return_id).version)]

    assert "the state is “Partial compensation offered”." in elif_.send(late).text
    assert "Possible now" not in elif_.text
    with httpx2.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {shop.key()}"}) as api:
        told = api.post(f"/returns/{return_id}/refund-without-return?lang=en", json={}).json()
    assert ("offer_sent", []) == (told["state"], told["allowed"])
    assert "Partial compensation offered" in told["detail"]


def at_partner(shop: Market) -> int:
    """A kettle of Lumitek's, scanned in at the partner, that nobody has decided about."""
    return shop.in_status(Status.AT_PARTNER)


def test_a_customer_reads_nothing_of_the_partner(enter: Door, shop: Market) -> None:
    page = f"/returns/{at_partner(shop)}"
    irina = enter("irina")

    for path in (page, "/my-returns"):
        assert "Handed in" in irina.open(path).text
        assert "partner" not in irina.text.lower()


def test_the_bound_is_told_while_it_runs_and_on_its_last_day_in_words(enter: Door, shop: Market) -> None:
    return_id = at_partner(shop)
    page, chen = f"/returns/{return_id}", enter("chen")
    parcel = shop.now_is(return_id).parcel
    assert parcel is not None
    assert parcel.decide_by is not None
    assert "Decide until" in chen.open(page).text

    shop.clock.turn_to(parcel.decide_by - timedelta(hours=1))
    assert "Decide at the partner: last day" in chen.open(page).text
    assert "Decision needed at partner, last day" in chen.open("/returns?tab=resolved").text
    shop.does(IML, return_id, do.RecordDecision("ship_cn", "arrived", "seller", to_us(parcel.decide_by)))
    assert "Decide until" not in chen.open(page).text
    assert "last day" not in chen.text
    assert "Decision at the partner: Ship to China" in chen.text


def test_a_missed_deadline_is_told_and_so_is_the_one_that_follows_it(enter: Door, shop: Market) -> None:
    """P14."""
    return_id = at_partner(shop)
    page, chen = f"/returns/{return_id}", enter("chen")
    shop.does(IML, return_id, do.RecordDecision("none", "disposal_due", "calendar", 0))

    assert chen.open(page).text.count("Deadline missed at the partner") == 2  # the badge and the timeline
    assert "Nobody decided in time." in chen.text
    assert "Decide until" not in chen.text
    assert "Deadline missed at the partner" in chen.open("/returns?tab=resolved").text
    again = moscow("2024-10-20 00:00")
    shop.does(IML, return_id, do.RecordDecision("none", "arrived", "supervisor", to_us(again)))
    assert "Deadline at the partner moved or opened again" in chen.open(page).text
    assert "decide until 19 Oct 2024, 23:59 Moscow time" in chen.text


def test_refunds_that_only_wait_stand_apart_from_those_that_need_somebody(enter: Door, shop: Market) -> None:
    return_id = shop.in_status(Status.REFUNDED_WITHOUT_RETURN)
    marina = enter("marina").open("/support")

    before, _, after = marina.text.partition("Refunds that wait for the payout run")
    assert "No refund failed or is in doubt." in before
    assert f"R-{return_id}" in after


def test_support_is_told_that_a_number_is_nobodys(enter: Door) -> None:
    marina = enter("marina").open("/support?number=R-42")

    assert (404, True) == (marina.status, "There is no return R-42." in marina.text)


def test_a_ticket_that_is_too_long_is_refused_and_not_cut(enter: Door) -> None:
    marina = enter("marina").open("/support/sellers")
    form = next(f for f in marina.page.forms if f.values.get("seller_id") == [str(ANADOLU)])
    marina.send(form.fill(ticket="T" * 41, rules="Approve what is unused."))

    assert (422, True) == (marina.status, "Support ticket: at most 40 characters." in marina.text)


def test_a_paused_pre_moderation_is_told_to_support_as_to_its_seller(enter: Door, shop: Market) -> None:
    marina = enter("marina").open("/support/sellers")
    form = next(f for f in marina.page.forms if f.values.get("seller_id") == [str(ANADOLU)])
    marina.send(form.fill(ticket="T-1", rules="Approve what is unused."))
    assert "Paused" not in marina.text

    shop.clock.turn_to(moscow("2024-11-02 12:00"))
    assert "Paused" in enter("marina").open("/support/sellers").text
    assert "Paused" in enter("elif").open("/settings").text


def test_nothing_chosen_is_told_on_the_list(enter: Door, shop: Market) -> None:
    shop.in_status(Status.SELLER_REVIEW)
    elif_ = enter("elif").open("/returns")
    form = elif_.form("/returns/selected")
    form.values["act"] = ["approve"]

    assert (422, "/returns") == (elif_.send(form).status, elif_.path)
    assert "Choose at least one return." in elif_.text


def test_who_looks_for_what_is_anothers_stands_in_the_log_once_a_second(enter: Door, shop: Market) -> None:
    page = f"/returns/{shop.in_status(Status.SELLER_REVIEW)}"
    chen, marina = enter("chen"), enter("marina")
    assert [404, 404] == [chen.open(page).status for _ in range(2)]
    shop.clock.turn(timedelta(seconds=1))
    assert 403 == chen.open("/support").status
    assert 404 == chen.open("/nowhere").status

    until = time.monotonic() + 30  # the log is written once the answer is given
    while "GET /support" not in marina.open("/support/attempts").text and time.monotonic() < until:
        time.sleep(0.1)
    assert [1, 1, 0] == [marina.text.count(f"GET {path}") for path in (page, "/support", "/nowhere")]


def test_staff_read_names_of_staff_and_sellers_do_not(enter: Door, shop: Market) -> None:
    page = f"/returns/{shop.in_status(Status.ACCEPTED_AT_PVZ)}"

    assert "Pick-up point, Oleg" in enter("marina").open(page).text
    assert "Oleg" not in enter("elif").open(page).text
