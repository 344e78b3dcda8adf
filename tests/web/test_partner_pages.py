"""The partner's pages through real HTTP: only forms that stand on the fetched page are sent."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backhaul.kit import i18n
from backhaul.kit.clock import TurnedClock
from backhaul.kit.money import Money
from backhaul.partner.doors import SESSION_COOKIE
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import Decision, Mark, Status
from backhaul.stage import Stage, sqlite_urls
from backhaul.world import PASSWORD as DEMO_PASSWORD
from backhaul.world import World, make_key, people
from tests.letters import mail_to
from tests.partner.cast import ANADOLU, MARKETPLACE, RUSLAN, VERA, moscow
from tests.partner.doors import Door, entering
from tests.partner.house import CHEN, ELIF, ID, LIU, PASSWORD, STRANGER, VIEWER, House, picture
from tests.stories.telling import deliver
from tests.web.forms import NoSuchFormError, Visit

PAGE = f"/parcels/{ID}"
THREE = [picture("red"), picture("green"), picture("blue")]


@pytest.fixture
def enter(house: House) -> Iterator[Door]:
    with entering(house) as door:
        yield door


# -- The entrance -----------------------------------------------------------------------------------------------------


def test_a_company_signs_up_confirms_its_address_and_sees_that_it_is_not_linked(house: House, tmp_path: Path) -> None:
    with Visit(house.url) as visit:
        visit.open("/sign-up")
        assert '<html lang="zh">' in visit.answer.text
        entries = {"company": "Volga", "country": "TR", "name": "Ayşe", "login": "Ayse@volga.tr", "password": PASSWORD}
        visit.press("/sign-up?lang=zh", entries)
        assert visit.status == 201
        visit.client.cookies.set("language", "en")

        assert "Confirm your e-mail address first" in visit.sign_in("ayse@volga.tr", PASSWORD).text
        house.office.mailing.send_due()
        link = re.search(r"/confirm/\S+", mail_to("ayse@volga.tr", tmp_path / "data" / "mail"))
        assert link is not None
        visit.open(link.group())
        visit.press("")
        assert "Your address is confirmed." in visit.text
        assert visit.sign_in("ayse@volga.tr", PASSWORD).path == "/start"
        assert "not linked to the marketplace yet" in visit.text
        assert "/system-settings/authorizations" in visit.page.links


def test_a_confirmation_works_once(house: House) -> None:
    with Visit(house.url) as visit:
        visit.open("/confirm/0123456789?lang=en").press("")

        assert visit.status == 404


def test_the_sign_up_form_keeps_to_the_languages_of_the_policy(house: House) -> None:
    with Visit(house.url) as visit:
        assert '<html lang="zh">' in visit.open("/sign-up?lang=tr").answer.text
        assert '<html lang="tr">' in visit.open("/sign-in?lang=tr").answer.text


@pytest.mark.parametrize(("password", "sentence"), [("short", "至少须有 10 个字符"), (PASSWORD, "已有账户使用此邮箱")])
def test_what_is_wrong_with_a_sign_up_is_said_and_nothing_is_lost(house: House, password: str, sentence: str) -> None:
    with Visit(house.url) as visit:
        visit.open("/sign-up")
        entries = {"company": "Again", "country": "CN", "name": "Chen", "login": CHEN, "password": password}
        visit.press("/sign-up?lang=zh", entries)

        assert visit.status in {409, 422}
        assert sentence in visit.text
        assert visit.form("/sign-up?lang=zh").values["company"] == ["Again"]


def test_a_wrong_password_is_told_and_nobody_is_signed_in(house: House) -> None:
    with Visit(house.url) as visit:
        visit.sign_in(CHEN, "guessed")

        assert visit.status == 401
        assert visit.open("/parcels").path == "/sign-in"


def test_what_was_typed_when_the_session_was_over_is_sent_after_signing_in_again(enter: Door) -> None:
    """T30, as at the marketplace: nothing is done without a session, nothing that was typed is lost."""
    chen = enter(CHEN).open("/destinations")
    chen.client.cookies.delete(SESSION_COOKIE)
    chen.press("/destinations", {"country": "HK", "city": "Kowloon", "street": "Nathan Road 1"})

    assert 401 == chen.status
    chen.press("/sign-in", {"login": CHEN, "password": PASSWORD})
    assert (200, True) == (chen.status, "Nathan Road 1" in chen.text)
    assert "Nathan Road 1" not in enter(CHEN).open("/destinations").text
    chen.press("/destinations")
    assert "Nathan Road 1" in enter(CHEN).open("/destinations").text


def test_a_form_without_its_csrf_token_is_refused(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()
    visit = enter(CHEN).open(PAGE)
    form = visit.form(f"{PAGE}/decide", decision="dispose")
    del form.values["_csrf_token"]

    assert visit.send(form).status == 403
    assert house.it().decision is Decision.NONE


# -- J2, the partner's part, by clicking ------------------------------------------------------------------------------


def test_a_unit_is_scanned_marked_decided_labelled_and_delivered(enter: Door, house: House) -> None:
    ruslan, vera, timur, chen = enter("ruslan"), enter("vera"), enter("timur"), enter(CHEN)
    house.expects(serial="SN-77")
    house.clock.turn_to(moscow("2024-10-03 16:42"))

    assert "Expected" in ruslan.text
    ruslan.send(ruslan.form("/warehouse").fill(code=" sn-77 "))
    assert ruslan.path == PAGE
    ruslan.press(f"{PAGE}/arrive", {"warehouse": "MSK-2", "weight_gram": "350", "photos": [picture("teal")]})
    assert (ruslan.path, house.it().status) == (PAGE, Status.ARRIVED)

    vera.send(vera.form("/warehouse").fill(code="R-100017"))
    assert "it has a serial number" in vera.text
    vera.press(f"{PAGE}/mark", {"mark": "substituted", "photos": THREE[:2], "comparison": "Serial SN-99"})
    assert (vera.status, "At least 3 photos are needed." in vera.text) == (422, True)
    vera.press(f"{PAGE}/mark", {"photos": THREE[2:]})
    assert "Waiting for a second person" in vera.text
    assert not vera.offers(f"{PAGE}/confirm-mark")
    assert "Wrong version" not in chen.open(PAGE).text
    timur.open("/warehouse?queue=second").follow(PAGE).press(f"{PAGE}/confirm-mark")

    chen.open("/parcels").follow(PAGE)
    assert "Wrong version of the goods" in chen.text  # the name of the mark in variant C
    assert "14 days left" in chen.text
    assert "Decide until 17 Oct 2024, 23:59 Moscow time" in chen.text
    assert re.search(r"Ship to Hong Kong 68\.00 CNY", chen.text)
    assert chen.answer.text.count("Photo by the inspection") == 3
    assert chen.client.get(f"/photos/{ID}/{house.it().inspection.photos[0]}").content[:3] == b"\xff\xd8\xff"
    chen.send(chen.form(f"{PAGE}/decide", decision="ship_hk").fill(destination_id=str(house.hong_kong)))
    assert Decision.SHIP_HK is house.it().decision
    assert "Chosen now" in chen.text

    ruslan.open("/warehouse?queue=labels").follow(PAGE).press(
        f"{PAGE}/print-label", {"carrier": "Line", "tracking": "T-9"}
    )
    assert not chen.open(PAGE).offers(f"{PAGE}/decide")
    ruslan.open("/warehouse?queue=sent").follow(PAGE).press(f"{PAGE}/confirm-delivery")
    assert "Shipment to Hong Kong 68.00 CNY" in chen.open(PAGE).text
    assert PAGE in chen.open("/parcels?tab=done").page.links


def test_a_seller_from_turkey_is_offered_russia_alone(enter: Door, house: House) -> None:
    house.expects(seller_id=ANADOLU, seller_country="TR", variant="T")
    house.arrives()
    elif_ = enter(ELIF).open(PAGE)

    offered = {form.values["decision"][0] for form in elif_.page.forms if form.action == f"{PAGE}/decide"}
    assert {"pickup", "ship_ru"} == offered  # 1.1: disposal is never this seller's choice
    assert "This is offered to sellers from China" in elif_.open("/returns-management").text

    book = elif_.open("/destinations")
    assert book.form("/destinations").choices["country"] == ["", "RU"]
    form = book.form("/destinations").fill(country="RU", city="Istanbul", street="OOO Volga Depo")
    assert book.send(form).status == 422
    assert "The address names a city in Turkey, but the country is Russia." in book.text
    form = book.form("/destinations")
    form.values["country"] = ["TR"]
    assert book.send(form).status == 422
    assert "Neither the marketplace nor its partners ship to Turkey." in book.text
    form = book.form("/destinations").fill(country="RU", city="Kazan", street="OOO Volga Depo")
    assert book.send(form).status == 200
    assert book.text.count("Kazan") == 2


def test_somebody_elses_parcel_is_not_found_and_a_view_only_link_offers_no_button(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()

    assert enter(STRANGER).open(PAGE).status == 404
    viewer = enter(VIEWER).open(PAGE)
    assert "View only: decisions must be made with a Returns key." in viewer.text
    assert not viewer.offers(f"{PAGE}/decide")
    assert not viewer.offers(f"{PAGE}/order-media")


def test_the_second_person_of_a_race_reads_who_decided_what_and_when(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()
    liu, chen = enter(LIU).open(PAGE), enter(CHEN).open(PAGE)

    liu.send(liu.form(f"{PAGE}/decide", decision="ship_hk"))
    chen.send(chen.form(f"{PAGE}/decide", decision="dispose"))

    assert chen.status == 409
    assert "Liu Na decided meanwhile, on 3 Oct 2024, 16:42 Moscow time: Ship to Hong Kong." in chen.text
    assert Decision.SHIP_HK is house.it().decision


def test_the_same_form_sent_twice_is_done_once(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()
    chen = enter(CHEN).open(PAGE)
    form = chen.form(f"{PAGE}/order-media")

    chen.send(form)
    version = house.it().version
    chen.send(form)

    assert (200, version) == (chen.status, house.it().version)


def test_a_seller_orders_a_video_and_the_warehouse_reads_so(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()
    enter(CHEN).open(PAGE).press(f"{PAGE}/order-media", {"kind": "video"})
    vera = enter("vera")

    assert "A short video" in vera.open("/warehouse?queue=media").text
    assert "A short video" in vera.open(PAGE).text
    refused = vera.press(f"{PAGE}/deliver-media", {"photos": [picture("teal")]})
    assert "The seller ordered a video: add one." in refused.text
    assert "A short video" in enter(CHEN).open(PAGE).text


def test_disposal_on_receipt_is_chosen_in_return_management_and_taken_back(enter: Door, house: House) -> None:
    house.expects()
    chen = enter(CHEN).open("/returns-management")

    chen.press(f"{PAGE}/dispose-on-arrival")
    assert house.it().dispose_on_arrival
    chen.open("/returns-management").press(f"{PAGE}/dispose-on-arrival")
    assert not house.it().dispose_on_arrival


def test_a_rule_disposes_of_cheap_units_and_a_person_may_change_it(enter: Door, house: House) -> None:
    chen = enter(CHEN).open("/returns-management")
    chen.press("/returns-management/2093311/rules", {"below_rub": "3000"})
    assert "cheaper than 3,000.00" in chen.text
    house.expects()
    house.arrives(photos=("gate",))
    assert (house.it().decision, house.it().decided_by) == (Decision.DISPOSE, "rule")

    chen.open(PAGE)
    chen.send(chen.form(f"{PAGE}/decide", decision="pickup"))
    assert Decision.PICKUP is house.it().decision
    assert house.code() in chen.text


def test_a_rule_may_be_for_units_with_a_defect_only(enter: Door, house: House) -> None:
    chen = enter(CHEN).open("/returns-management")
    chen.press("/returns-management/2093311/rules", {"below_rub": "3000", "only_units": "with_defect"})
    assert "cheaper than 3,000.00" in chen.text
    assert ", with a defect" in chen.text
    house.expects()
    house.arrives(photos=("gate",))
    assert house.it().decision is Decision.NONE  # it did not fit

    chen.press("/returns-management/2093311/rules", {"only_units": "without_defect"})
    assert "A rule needs at least one condition" in chen.text


def test_late_photos_move_the_deadline_and_both_clocks_are_shown(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()
    house.clock.turn_to(moscow("2024-10-14 12:00"))
    enter(CHEN).open(PAGE).press(f"{PAGE}/order-media")
    house.clock.turn_to(moscow("2024-10-19 12:00"))
    house.office.desk.sweep()
    vera = enter("vera").open("/warehouse?queue=media").follow(PAGE)
    vera.press(f"{PAGE}/deliver-media", {"photos": THREE})

    page = enter(CHEN).open(PAGE)

    assert "Decide until 20 Oct 2024, 23:59 Moscow time" in page.text
    assert "First it was 17 Oct 2024, 23:59 Moscow time. The photos were late: moved by 3 days." in page.text


def test_a_missed_deadline_is_told_and_a_supervisor_opens_it_again(enter: Door, house: House) -> None:
    house.expects()
    house.arrives("2024-10-04 16:42")
    chen = enter(CHEN).open(PAGE)
    house.clock.turn_to(moscow("2024-10-19 00:00"))
    chen.send(chen.form(f"{PAGE}/decide", decision="pickup"))
    assert (chen.status, "Too late: the time to decide ended on 18 Oct 2024, 23:59" in chen.text) == (409, True)

    house.office.desk.sweep()
    sonia = enter("sonia").open("/warehouse?queue=disposal_due").follow(PAGE)
    sonia.press(f"{PAGE}/reopen", {"reason": "short"})
    assert "Explain in at least 10 characters." in sonia.text
    sonia.press(f"{PAGE}/reopen", {"reason": "The seller was in hospital."})
    assert chen.open(PAGE).offers(f"{PAGE}/decide")
    assert "The seller was in hospital." in chen.text


def test_a_code_that_nobody_carries_is_told_and_one_that_several_carry_lets_choose(enter: Door, house: House) -> None:
    house.expects()
    house.expects(return_id=100_018, return_number="R-100018", posting_number="1-1-1", seal="S-89")
    ruslan = enter("ruslan")

    ruslan.send(ruslan.form("/warehouse").fill(code="nothing"))
    assert (ruslan.status, "Nothing here carries the code nothing." in ruslan.text) == (404, True)
    ruslan.send(ruslan.form("/warehouse").fill(code="700100"))
    assert "Several parcels carry this code." in ruslan.text
    assert {PAGE, "/parcels/100018"} <= set(ruslan.page.links)


def test_an_address_is_confirmed_by_the_supervisor_and_a_key_is_shown_once(enter: Door) -> None:
    chen, sonia = enter(CHEN), enter("sonia")
    chen.open("/destinations").press("/destinations", {"country": "CN", "city": "Shenzhen", "street": "Bao'an 12"})
    number = int(max(re.findall(r"destination-(\d+)", chen.answer.text), key=int))
    chen.press(f"/destinations/{number}/confirm")
    assert (chen.status, "A second person must do this." in chen.text) == (403, True)
    sonia.open("/addresses").press(f"/destinations/{number}/confirm")
    assert "No address waits." in sonia.text

    form = chen.open("/api-keys").form("/api-keys").fill(name="Robot", role="returns")
    key = re.search(r"bh_rw_\w+", chen.send(form).answer.text)
    assert key is not None
    assert key.group() not in chen.send(form).answer.text
    assert f"…{key.group()[-4:]}" in chen.text
    chen.press(next(form.action for form in chen.page.forms if form.action.endswith("/revoke")))
    assert "Revoked" in chen.text
    assert not enter(LIU).open("/api-keys").offers("/api-keys")


def test_a_page_of_another_role_is_refused(enter: Door) -> None:
    assert enter(CHEN).open("/warehouse").status == 403
    assert enter("vera").open("/parcels").status == 403
    assert enter("ruslan").open("/addresses").status == 403
    with pytest.raises(NoSuchFormError):
        enter("ruslan").form("/destinations")


# -- J1: linking, with its mistakes, against a real marketplace -------------------------------------------------------


def test_each_mistake_in_linking_has_its_own_message_and_nothing_is_saved(tmp_path: Path) -> None:
    at = moscow("2024-09-24 12:00")
    stage = Stage(tmp_path, sqlite_urls(tmp_path), TurnedClock(at))
    try:
        world = World(stage, at)
        people(world)
        deliver(world, "Woven throw", 12_400, 900, seller=(ANADOLU, "TR"))
        key = make_key(world, "TR", "Writing", read_only=False)
        reading = make_key(world, "TR", "Reading", read_only=True)
        with Visit(stage.partner_web.url) as elif_:
            elif_.sign_in("elif@example.com", DEMO_PASSWORD)
            elif_.client.cookies.set("language", "en")
            add = "/system-settings/authorizations"
            right = {"platform": "marketplace", "business_type": "RETURN_PRODUCT", "seller_id": "1180457", "key": key}
            for wrong, field, sentence in (
                ({"business_type": "CANCEL_ORDERS"}, "business_type", "Choose: Return the product."),
                ({"seller_id": "1180475"}, "seller_id", "This key belongs to another seller ID."),
                ({"key": f"{key[:-1]}!"}, "key", "This key is not known."),
            ):
                elif_.open(add).press(add, {**right, **wrong})
                assert (elif_.status, sentence in elif_.text) == (422, True)
                assert f'id="authorizations-{field}-wrong"' in elif_.answer.text
                assert key not in elif_.answer.text
                assert "There is no authorization yet" in elif_.text

            elif_.open(add).press(add, {**right, "key": reading})
            assert "View only: decisions must be made with a Returns key" in elif_.text
            elif_.open(add).press(add, right)
            assert "You can decide" in elif_.text
            elif_.press(f"{add}/1180457/remove")
            assert "There is no authorization yet" in elif_.text
    finally:
        stage.close()


# -- Every page, every role, every language ---------------------------------------------------------------------------

PAGES_BY_ROLE = {
    CHEN: (
        "/parcels", "/parcels?tab=decided", "/parcels?tab=work", "/parcels?tab=done", "/parcels?tab=coming",
        "/returns-management", "/destinations", "/system-settings/authorizations", "/api-keys", "/start",
    ),
    ELIF: ("/parcels", "/returns-management", "/destinations"),
    VIEWER: ("/parcels", "/returns-management"),
    STRANGER: ("/start", "/returns-management", "/destinations", "/system-settings/authorizations"),
    "ruslan": (
        "/receiving/shelves?age=0", *(f"/warehouse?queue={q}" for q in ("expected", "labels", "pickups", "sent", "destroy")),
    ),
    "vera": ("/inspections-today", *(f"/warehouse?queue={q}" for q in ("inspect", "second", "media"))),
    "sonia": ("/warehouse", "/warehouse?queue=disposal_due", "/addresses", "/sync"),
}  # fmt: skip
ENTRANCE = ("/sign-in", "/sign-up", "/confirm/0123456789")


def in_every_state(house: House) -> list[int]:
    """Parcels of Lumitek in every state, by short ways."""
    ids = [ID + n for n in range(9)]
    for n, parcel in enumerate(ids):
        serial = "SN" if n == 1 else None
        price = Money(2_000_00)
        house.expects(return_id=parcel, return_number=f"R-{parcel}", serial=serial, price=price)
    for parcel in ids[1:]:
        house.arrives("2024-10-03 16:42", parcel=parcel)
    by = house.account(CHEN).by()
    ship = do.Decide("ship_hk", house.hong_kong)
    for parcel, decision in (
        (ids[2], do.Decide("pickup")),
        (ids[3], do.Decide("dispose")),
        (ids[4], ship),
        (ids[5], ship),
    ):
        house.gives(by, decision, parcel)
    house.gives(RUSLAN, do.PrintLabel(), ids[4])
    house.gives(RUSLAN, do.PrintLabel(), ids[5])
    house.gives(RUSLAN, do.ConfirmDelivery(), ids[5])
    house.gives(by, do.Decide("pickup"), ids[6])
    house.gives(RUSLAN, do.HandOver("Ivan P.", house.code(ids[6])), ids[6])
    house.gives(by, do.OrderMedia(), ids[7])
    house.gives(VERA, do.QueueInspection("By hand"), ids[8])
    house.gives(VERA, do.Mark(Mark.SUBSTITUTED, comparison="Other", photos=("a", "b", "c")), ids[8])
    house.clock.turn(timedelta(hours=3))
    house.office.desk.sweep()
    house.gives(RUSLAN, do.StartDisposal(), ids[3])
    return ids


def test_every_page_is_drawn_for_everybody_in_every_language(enter: Door, house: House) -> None:
    ids = in_every_state(house)
    for login, paths in PAGES_BY_ROLE.items():
        visit = enter(login)
        for language in i18n.LANGUAGES:
            own = login in {CHEN, VIEWER, "ruslan", "vera", "sonia"}
            parcels = [f"/parcels/{i}" for i in (ids if login != "vera" else ids[1:])] if own else []
            for path in (*paths, *parcels):
                visit.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
                assert (200, path) == (visit.status, path)
                assert f'<html lang="{language}">' in visit.answer.text
    with Visit(house.url) as nobody:
        for path in ENTRANCE:
            for language in i18n.LANGUAGES:
                assert nobody.open(f"{path}?lang={language}").status == 200


def test_a_reader_keeps_the_language_of_the_switch(enter: Door, house: House) -> None:
    visit = enter(CHEN)
    visit.client.cookies.clear()
    visit.sign_in(CHEN, PASSWORD)

    visit.read_in("tr")

    assert '<html lang="tr">' in visit.answer.text
    assert visit.path == "/parcels"
    assert house.account(CHEN).language == "tr"


# -- What a stranger stumbled over --------------------------------------------------------------------------------------


def test_a_lost_unit_is_shown_as_lost_until_it_comes_after_all(enter: Door, house: House) -> None:
    house.expects()
    house.gives(MARKETPLACE, do.NoteLost())
    chen, ruslan = enter(CHEN), enter("ruslan")

    assert "Lost on the way" in chen.open("/parcels?tab=coming").text
    assert "Lost on the way" in chen.open("/returns-management").text
    assert not chen.offers(f"{PAGE}/dispose-on-arrival")
    assert "Lost on the way" in ruslan.open("/warehouse?queue=expected").text
    ruslan.open(PAGE).press(f"{PAGE}/arrive")
    assert "Lost on the way" not in re.sub("Lost on the way, says", "", ruslan.open(PAGE).text)
    assert (Status.ARRIVED, None) == (house.it().status, house.it().lost_at)


def test_what_was_to_be_disposed_of_and_is_lost_can_still_be_kept(enter: Door, house: House) -> None:
    house.expects()
    chen = enter(CHEN).open("/returns-management")
    chen.press(f"{PAGE}/dispose-on-arrival")
    house.gives(MARKETPLACE, do.NoteLost())
    chen.open("/returns-management").press(f"{PAGE}/dispose-on-arrival", {})

    assert not house.it().dispose_on_arrival
    assert not chen.open("/returns-management").offers(f"{PAGE}/dispose-on-arrival")


@pytest.mark.parametrize(("days", "said"), [(9, 0), (11, 1)])
def test_what_should_be_here_is_marked_as_overdue(enter: Door, house: House, days: int, said: int) -> None:
    """R87: 10 days after the pick-up point took it in."""
    house.expects()
    house.clock.turn_to(moscow("2024-09-24 12:00") + timedelta(days=days))

    for login, path in (
        (CHEN, "/parcels?tab=coming"),
        (CHEN, "/returns-management"),
        ("ruslan", "/warehouse?queue=expected"),
    ):
        assert said == enter(login).open(path).text.count("Overdue"), path


def test_a_parcel_is_found_by_each_of_its_waybills(enter: Door, house: House) -> None:
    house.expects()
    for waybill in ("wb 77", "WB78", "wb 77"):
        house.gives(MARKETPLACE, do.NoteDispatch("Linehaul", waybill))
    ruslan = enter("ruslan")

    for scanned in ("WB77", "wb-78".replace("-", "")):
        assert PAGE == ruslan.open(f"/warehouse?code={scanned}").path


def test_a_unit_is_received_at_a_house_of_the_partner_and_nowhere_else(enter: Door, house: House) -> None:
    house.expects()
    ruslan = enter("ruslan").open(PAGE)
    form = ruslan.form(f"{PAGE}/arrive")
    assert ["MSK-2"] == form.choices["warehouse"]
    form.values["warehouse"] = ["MSK-3"]

    assert (422, True) == (ruslan.send(form).status, "Choose a warehouse from the list." in ruslan.text)
    assert house.it().status is Status.EXPECTED


def test_a_refusal_stands_once_on_the_page_and_kept_pictures_once_in_the_form(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()
    house.gives(VERA, do.QueueInspection("By hand"))
    vera = enter("vera").open(PAGE)
    vera.press(f"{PAGE}/mark", {"mark": "partially_damaged", "photos": THREE[:1]})

    assert 1 == vera.text.count("Name the defect.")
    assert 1 == len(vera.form(f"{PAGE}/mark").values["photos"])


def test_work_on_an_inspection_is_told_when_it_has_begun(enter: Door, house: House) -> None:
    house.expects()
    house.arrives()
    house.gives(VERA, do.QueueInspection("By hand"))

    chen = enter(CHEN).open("/parcels")
    assert "Waits for inspection" in chen.text
    assert "Being inspected" not in chen.text
    house.gives(VERA, do.Mark(Mark.SUBSTITUTED, comparison="Other", photos=("a", "b", "c")))
    assert "Being inspected" in chen.open("/parcels").text


def test_disposal_on_arrival_is_asked_for_twice_and_withdrawn_at_once(enter: Door, house: House) -> None:
    house.expects()
    button = '<button type="submit" class="danger">Dispose of it once received</button>'
    chen = enter(CHEN).open("/returns-management")
    asked = chen.answer.text.partition('<details class="sure"><summary>Dispose of it once received')[2]
    assert button in asked.partition("</details>")[0]

    chen.press(f"{PAGE}/dispose-on-arrival")
    assert button not in chen.open("/returns-management").answer.text
    assert chen.offers(f"{PAGE}/dispose-on-arrival")


@pytest.mark.usefixtures("house")
def test_an_ended_key_does_not_say_until_when_it_works(enter: Door) -> None:
    chen = enter(CHEN).open("/api-keys")
    chen.send(chen.form("/api-keys").fill(name="Robot", role="returns"))
    assert "until 23 Mar 2025" in chen.open("/api-keys").text
    chen.press(next(form.action for form in chen.page.forms if form.action.endswith("/revoke")))

    assert "Revoked" in chen.text
    assert "until" not in chen.text


def test_the_shell_finds_a_parcel_from_every_page(enter: Door, house: House) -> None:
    """A seller from the invoices, the warehouse from the receiving; where a page has that field itself, there is one."""
    house.expects()
    chen, ruslan = enter(CHEN).open("/invoices"), enter("ruslan").open("/receiving")

    assert PAGE == chen.press("/parcels", {"code": f"R-{ID}"}).path
    assert PAGE == ruslan.press("/warehouse", {"code": f"R-{ID}"}).path
    assert 1 == sum(form.action == "/warehouse" for form in ruslan.open("/warehouse").page.forms)
