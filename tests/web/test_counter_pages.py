"""The counter and the sorting point through real HTTP: nothing typed is lost, nobody touches their own, many go at once."""

import re
from typing import TYPE_CHECKING

import pytest

from backhaul.marketplace import queries
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import IRINA, KETTLE, OLEG, Market, moscow
from tests.web.company import SORTING, Door, picture
from tests.web.forms import NoSuchFormError

if TYPE_CHECKING:
    from tests.web.forms import Entries

TWO = [picture("indigo"), picture("white")]


def test_a_checklist_that_lacks_a_photo_keeps_the_other_and_every_answer(enter: Door, shop: Market) -> None:
    return_id = shop.in_status(Status.AWAITING_DROPOFF)
    path = f"/returns/{return_id}/check-in"
    oleg = enter("oleg").open(f"/returns/{return_id}")
    assert "It is not taken in only when:" in oleg.text
    assert "It is not the product of the request" in oleg.text
    answers: Entries = {"same_product": "yes", "used": "no", "complete": "no", "seal": "S-9", "photos": TWO[:1]}
    oleg.press(path, answers)

    assert oleg.status == 422
    assert "At least 2 photos are needed." in oleg.text
    assert "1 photo is kept already." in oleg.text
    kept = oleg.form(path).values
    assert (["yes"], ["no"], ["no"], ["S-9"]) == tuple(kept[n] for n in ("same_product", "used", "complete", "seal"))
    oleg.press(path, {"photos": TWO[1:]})
    check = shop.now_is(return_id).check
    assert check is not None
    assert (2, "S-9", False) == (len(check.photos), check.seal, check.complete)


def test_a_clerk_sees_that_an_order_is_their_own_and_has_no_button(enter: Door, shop: Market) -> None:
    """No clerk handles their own order; support says under which number they buy."""
    mine, waiting = shop.in_status(Status.AWAITING_DROPOFF), shop.in_status(Status.ACCEPTED_AT_PVZ)
    marina = enter("marina").open("/support/points")
    marina.send(marina.form("/support/points", login="oleg").fill(customer_ref="C-404"))
    assert (422, True) == (marina.status, "There is no customer C-404." in marina.text)
    assert marina.form("/support/points", login="oleg").values["customer_ref"] == ["C-404"]
    marina.send(marina.form("/support/points", login="oleg").fill(customer_ref=IRINA.subject))
    assert marina.form("/support/points", login="oleg").values["customer_ref"] == [IRINA.subject]

    oleg = enter("oleg").open(f"/returns/{mine}")
    assert "This is your own order" in oleg.text
    assert not oleg.offers(f"/returns/{mine}/check-in")
    assert not oleg.open(f"/returns/{waiting}").offers(f"/returns/{waiting}/dispatch")
    oleg.open("/counter")
    assert "Your own order" in oleg.text
    with pytest.raises(NoSuchFormError):
        oleg.form("/counter/dispatch").fill(return_ids=str(waiting))


def test_many_are_handed_over_at_once_with_a_result_for_each(enter: Door, shop: Market) -> None:
    first, second = shop.in_status(Status.ACCEPTED_AT_PVZ), shop.in_status(Status.ACCEPTED_AT_PVZ, KETTLE)
    oleg, colleague = enter("oleg").open("/counter"), enter("oleg").open(f"/returns/{second}")
    form = oleg.form("/counter/dispatch").fill(carrier="Linehaul North", waybill="WB-9")
    assert [str(first), str(second)] == form.values["return_ids"]
    assert colleague.press(f"/returns/{second}/dispatch", {"carrier": "Other"}).status == 200
    oleg.send(form)

    assert "Handed over: 1 of 2" in oleg.text
    assert "This cannot be done now" in oleg.text
    assert ["Linehaul North", "Other"] == [shop.now_is(it).carrier for it in (first, second)]
    [act] = [link for link in oleg.page.links if link.startswith("/counter/handover.pdf")]
    assert oleg.send(form).text.count("Handed over: 1 of 2") == 1  # the second click of a double click
    with shop.office.database.read() as tx:
        assert 1 == sum(h.kind == "Dispatched" for h in queries.history(tx, first))
    made = enter("oleg").open(act)
    assert (200, b"%PDF-") == (made.status, made.answer.content[:5])
    assert 404 == oleg.open(act.replace("WB-9", "WB-10")).status
    assert 404 == oleg.open("/counter/handover.pdf?day=yesterday").status
    assert 403 == enter("irina").open(act).status


def test_a_hand_over_of_nothing_is_refused_and_keeps_what_was_typed(enter: Door, shop: Market) -> None:
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    oleg = enter("oleg").open("/counter")
    form = oleg.form("/counter/dispatch").fill(carrier="Linehaul North", waybill="WB-9")
    form.values["return_ids"] = []
    oleg.send(form)

    assert (422, True) == (oleg.status, "Choose at least one product." in oleg.text)
    kept = oleg.form("/counter/dispatch").values
    assert (["Linehaul North"], ["WB-9"], None) == (kept["carrier"], kept["waybill"], kept.get("return_ids"))


def test_what_waits_too_long_is_an_alarm_at_the_counter_and_at_support(enter: Door, shop: Market) -> None:
    """R56: the third day after 2 September ends with the 5th; also before the sweep has passed."""
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.clock.turn_to(moscow("2024-09-05 23:59"))
    oleg, marina = enter("oleg"), enter("marina")
    assert "waits here longer than 3 days" not in oleg.open("/counter").text
    assert "Waits at a point longer than" not in marina.open("/support").text
    shop.clock.turn_to(moscow("2024-09-06 00:00"))

    assert "1 product waits here longer than 3 days." in oleg.open("/counter").text
    assert "Waits too long" in oleg.text
    for page in ("/support", "/support/points"):
        assert "Waits at a point longer than 3 days 1" in marina.open(page).text
        assert f"/returns/{return_id}" in marina.page.links


def test_the_points_page_counts_and_gives_limits_to_its_shares(enter: Door, shop: Market) -> None:
    """8.3, network lead: one refusal in three is between 6 and 79 percent (Wilson, 95 %)."""
    shop.in_status(Status.REFUSED_AT_PVZ)
    for _ in range(2):
        shop.in_status(Status.ON_THE_WAY)
    marina = enter("marina").open("/support/points")
    row = f"{OLEG.subject} Moscow, Tverskaya 1 2 1 6%–79% 0 0%–66% 0 0%–66% 0 0"

    assert row in marina.text
    assert row in marina.open("/support/points?days=90&by=unchecked").text


def test_the_sorting_point_receives_by_scan_checks_the_seal_and_certifies_before_a_witness(
    enter: Door, shop: Market
) -> None:
    """D3, R109: what the pick-up point sealed as S-1 arrives with another seal, is photographed, and destroyed."""
    return_id = shop.in_status(Status.AWAITING_DROPOFF)
    page = f"/returns/{return_id}"
    oleg = enter("oleg").open(page)
    oleg.press(f"{page}/check-in", {"same_product": "yes", "used": "no", "seal": "S-1", "photos": TWO})
    oleg.press(f"{page}/dispatch", {"carrier": "Linehaul"})
    assert not oleg.offers(f"{page}/receive-for-disposal")

    ravil = enter("ravil").press("/counter", {"number": f"r{return_id}"})
    assert ravil.path == page
    assert "S-1" not in ravil.text  # read off the seal, not off the screen
    ravil.press(f"{page}/receive-for-disposal", {"seal": "S-2"})
    assert (422, ["S-2"]) == (ravil.status, ravil.form(f"{page}/receive-for-disposal").values["seal"])
    assert ravil.press(f"{page}/receive-for-disposal", {"photos": TWO[:1]}).status == 200
    proof: Entries = {"method": "shredding", "witness": "ravil", "witness_role": "security", "photos": TWO[:1]}
    ravil.press(f"{page}/certify-disposal", proof)
    assert (422, True) == (ravil.status, "The witness must be another person." in ravil.text)
    assert ravil.form(f"{page}/certify-disposal").values["method"] == ["shredding"]
    ravil.press(f"{page}/certify-disposal", {"witness": "N. Orlova"})

    assert f"DC-{return_id}" in ravil.text
    elif_ = enter("elif").open(page).follow(f"{page}/certificate")
    for words in ("Shredded", "Security guard", "another number than at the pick-up point", SORTING):
        assert words in elif_.text
    assert "Orlova" not in elif_.text
    assert {elif_.client.get(link).status_code for link in elif_.page.links if link.startswith("/photos/")} == {200}
    assert enter("marina").open(f"{page}/certificate.pdf").answer.content.startswith(b"%PDF-")
    assert enter("irina").open(f"{page}/certificate").status == 404


def test_a_pass_is_on_its_return_s_page_and_is_a_picture_of_its_own(enter: Door, shop: Market) -> None:
    return_id = shop.in_status(Status.APPROVED)
    irina = enter("irina").open(f"/returns/{return_id}").follow(f"/returns/{return_id}/pass")
    assert "Valid until 7 Sep 2024, 23:59 Moscow time" in irina.text
    assert "The product with everything that came with it." in irina.text
    svg = irina.client.get(f"/returns/{return_id}/pass.svg")

    assert ("image/svg+xml", "no-store") == (svg.headers["content-type"].split(";")[0], svg.headers["cache-control"])
    assert re.search(r'viewBox="0 0 (\d+) \1"', svg.text)  # a square; what it says, test_passes.py reads
    assert not [link for link in enter("elif").open(f"/returns/{return_id}").page.links if link.endswith("/pass")]


@pytest.mark.parametrize("language", ["en", "ru", "zh", "tr"])
def test_every_screen_of_the_points_is_drawn_in_every_language(enter: Door, shop: Market, language: str) -> None:
    states = (
        Status.APPROVED, Status.REJECTED, Status.CANCELLED, Status.AWAITING_DROPOFF, Status.ACCEPTED_AT_PVZ,
        Status.REFUSED_AT_PVZ, Status.REFUNDED_WITHOUT_RETURN, Status.PARTIALLY_REFUNDED, Status.DISPUTE,
        Status.ON_THE_WAY, Status.DISPOSING_BY_MARKETPLACE, Status.DISPOSED_BY_MARKETPLACE, Status.AT_PARTNER,
    )  # fmt: skip
    ids = {status: shop.in_status(status) for status in states}
    pages = {
        "oleg": [f"/returns/{it}" for it in ids.values()],
        "ravil": [f"/returns/{ids[state]}" for state in states[-4:]],
        "irina": [f"/returns/{ids[Status.APPROVED]}/pass"],
        "marina": ["/support/points", f"/returns/{ids[Status.DISPOSED_BY_MARKETPLACE]}/certificate"],
    }
    for login, paths in pages.items():
        visit = enter(login).read_in(language)
        for path in paths:
            visit.open(path)
            assert (200, f'<html lang="{language}">') == (visit.status, visit.answer.text.splitlines()[1]), path
            assert " style=" not in visit.answer.text
