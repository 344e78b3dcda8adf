"""J8: another product comes back. The refund had been sent, or not; the customer is blocked, told why, and may object.

R72-R75, P26, P29, D7. Weights of the journey: 0.112 kg arrived, the catalogue says 0.250 kg.
"""

import sqlite3
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy.engine import make_url

from backhaul import verifying
from backhaul.kit.days import to_us
from backhaul.marketplace import block_queries, queries
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.returns import Return
from backhaul.world import World, link_seller, load
from tests.stories.books import FRAUD_FUND, IN_TRANSIT, OWED, balances
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, moscow
from tests.stories.test_ship_to_hong_kong import browse, pictures
from tests.web.forms import Visit

CHEN = "payable:seller:2093311"
OBJECTION = "The seller sent me the other model: the video shows how I open the parcel."
UPHELD = "The weight of the outbound parcel, 0.115 kg, had not been loaded when the mark was made."
REVIEWED = "Two watches of the same series came back as other models within one month."


def bought(world: World, posting: str, name: str = "Watch", price_minor: int = 18_500_50, weight_gram: int = 250,
           serial: str | None = "LMT-0771") -> None:  # fmt: skip
    """One unit that Pavel was delivered yesterday."""
    load(world, [
        OrderLine(
            posting_number=posting, line_number=1, sku=500001, offer_id=f"OF-{posting[:8]}", name=name,
            category="electronics", unit_price_minor=price_minor, currency="RUB", order_rate="1",
            price_rub_minor=price_minor, paid_price_rub_minor=price_minor, weight_gram=weight_gram,
            outbound_weight_gram=None, quantity=1, seller_id=2093311, seller_country="CN", customer_ref="C-1002",
            customer_email="pavel@example.com", customer_language="en", serial=serial, marking_code=None,
            ordered_on="2024-09-10", delivered_at_us=to_us(world.stage.clock.now() - timedelta(days=1)),
        )
    ])  # fmt: skip


def opened(raise_curtain: Raise, orders: int = 2) -> World:
    """20 September: Pavel has bought watches of the linked Chinese seller."""
    world = raise_curtain(moscow(9, 20, 10))
    for n in range(orders):
        bought(world, f"8000000{n}-0001-1")
    link_seller(world, "CN")
    return world


def pavel_of(world: World) -> Caller:
    return Caller(world.stage.marketplace_web.url, "pavel")


def asks(pavel: Caller, line_id: int | None = None) -> httpx2.Response:
    """Pavel starts a return of a unit that he still has."""
    free = [line["line_id"] for line in pavel.get("/orders") if line["units_free"]]
    return pavel.post(f"/orders/{line_id or free[0]}/returns", {"reason": "did_not_fit", "comment": "Too wide."})


def handed_in(world: World, at: datetime | None = None) -> int:
    """24 to 27 September: asked, approved, accepted at the point without scales, dispatched. The refund is not sent yet."""
    url, pavel = world.stage.marketplace_web.url, pavel_of(world)
    world.stage.turn_to(at or moscow(9, 24, 10))
    return_id: int = asks(pavel).json()["return_id"]
    pavel.post(f"/returns/{return_id}/add-photos", {"photos": pavel.photos(pictures(world, 2))}).raise_for_status()
    pavel.post(f"/returns/{return_id}/submit").raise_for_status()
    Caller(url, "chen").post(f"/returns/{return_id}/approve", {}).raise_for_status()
    world.stage.turn_to((at or moscow(9, 24, 10)) + timedelta(days=3, hours=5))
    oleg = Caller(url, "oleg")
    checklist = {"point_id": "77-0412", "same_product": True, "used": False, "photos": oleg.photos(pictures(world, 2))}
    oleg.post(f"/returns/{return_id}/check-in", checklist).raise_for_status()
    oleg.post(f"/returns/{return_id}/dispatch", {"carrier": "Linehaul South"}).raise_for_status()
    world.stage.pump()
    return return_id


def found_another(world: World, return_id: int, *, confirmed: bool = True) -> None:
    """At the partner: 0.112 kg at the gate, Timur finds another model, Vera looks as well and agrees."""
    url = world.stage.partner_web.url
    gate = {
        "warehouse": "MSK-2", "arrived_at_us": to_us(world.stage.clock.now()), "weight_gram": 112,
        "packaging_intact": True, "shelf": "A-17",
    }  # fmt: skip
    Caller(url, "darya").post(f"/parcels/{return_id}/arrive", gate).raise_for_status()
    found_other_model(world, return_id, confirmed=confirmed)


def found_other_model(world: World, return_id: int, *, confirmed: bool = True) -> None:
    """Timur's mark, and Vera's confirmation of it."""
    url = world.stage.partner_web.url
    timur = Caller(url, "timur")
    said = {
        "mark": "substituted", "defect": "Other model", "note": "Ask Vera Petrovna to look at the strap.",
        "comparison": "Serial LMT-9999 on the case, 138 g lighter.", "photos": timur.photos(partner_pictures(world)),
    }  # fmt: skip
    timur.post(f"/parcels/{return_id}/mark", said).raise_for_status()
    assert (403, "second_person_needed") == code_of(timur.post(f"/parcels/{return_id}/confirm-mark"))
    world.stage.pump()
    if confirmed:
        Caller(url, "vera").post(f"/parcels/{return_id}/confirm-mark").raise_for_status()
        world.stage.pump()


def revised(world: World, return_id: int) -> None:
    """Timur marks anew: serviceable after all."""
    timur = Caller(world.stage.partner_web.url, "timur")
    timur.post(f"/parcels/{return_id}/mark", {"mark": "serviceable"}).raise_for_status()
    world.stage.pump()


def partner_pictures(world: World) -> list[bytes]:
    return [world.partner_picture(side, f"{world.stage.clock.now():%H:%M:%S}") for side in range(3)]


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def the_return(world: World, return_id: int) -> Return:
    with world.stage.marketplace.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    return it


def blocks_of(world: World) -> list[b.Block]:
    with world.stage.marketplace.database.read() as tx:
        return block_queries.of_customer(tx, "C-1002")


def kinds(world: World, block_id: int) -> list[str]:
    with world.stage.marketplace.database.read() as tx:
        return [h.kind for h in block_queries.history(tx, block_id)]


def blocked(raise_curtain: Raise, orders: int = 2) -> tuple[World, int]:
    """8 October 10:20, J8.1: refunded on 28 September, another watch arrived."""
    world = opened(raise_curtain, orders)
    return_id = handed_in(world)
    world.stage.turn_to(moscow(10, 8, 10, 20))
    found_another(world, return_id)
    return world, return_id


# -- After the refund -------------------------------------------------------------------------------------------------


def test_a_substitution_after_the_refund_drafts_a_claim_and_blocks_the_customer_in_one_step(
    raise_curtain: Raise,
) -> None:
    """J8.1-J8.3: nothing before the second person; then claim and level 1, with the mark, naming the return."""
    world = opened(raise_curtain)
    return_id = handed_in(world)
    world.stage.turn_to(moscow(10, 8, 10, 20))
    found_another(world, return_id, confirmed=False)
    assert ([], "none") == (blocks_of(world), the_return(world, return_id).claim.status)

    Caller(world.stage.partner_web.url, "vera").post(f"/parcels/{return_id}/confirm-mark").raise_for_status()
    world.stage.pump()
    it = the_return(world, return_id)
    [block] = blocks_of(world)

    # Sent ten days ago, and no bank answers in this story.
    assert ("in_doubt", "filed", 18_500_50) == (it.refund.status, it.claim.status, it.claim.amount.minor)  # type: ignore[union-attr]
    assert ("level_1", it.number, "substituted_product") == (block.status, block.names, block.reason)
    assert (moscow(10, 8, year=2025), moscow(10, 23)) == (block.until, block.appeal_by)
    with world.stage.marketplace.database.read() as tx:
        [imposed] = block_queries.history(tx, block.id)
        marked = next(h for h in queries.history(tx, return_id) if h.kind == "Marked")
    assert ("Imposed", marked.at, marked.recorded_at, marked.actor) == (
        imposed.kind, imposed.at, imposed.recorded_at, imposed.actor,
    )  # fmt: skip


def test_the_customer_reads_what_was_compared_but_no_name_and_no_note(raise_curtain: Raise) -> None:
    """J8: "customer sees the evidence summary, not staff names"; the partner's photos and words stay with the partner."""
    world, return_id = blocked(raise_curtain)
    pavel = browse(world.stage.marketplace_web.url, "pavel").open(f"/returns/{return_id}")
    told = pavel.text
    photos = [link for link in pavel.page.links if link.startswith(f"/photos/{return_id}/")]

    for said in ("0.250", "0.112", "not weighed", "LMT-0771", "18,500.50", "nothing is taken back from you"):
        assert said in told
    for hidden in ("Timur", "Vera", "timur", "vera", "LMT-9999", "Other model", "strap", "138 g"):
        assert hidden not in told
    assert set(the_return(world, return_id).check.photos) <= {link.rsplit("/", 1)[-1] for link in photos}  # type: ignore[union-attr]
    assert [200] == list({pavel.client.get(link).status_code for link in photos})
    shown = pavel_of(world).get(f"/returns/{return_id}/substitution")
    assert (250, None, None, 112, "LMT-0771", "in_doubt") == tuple(
        shown[name] for name in (
            "weight_catalogue_gram", "weight_outbound_gram", "weight_point_gram", "weight_partner_gram", "serial",
            "refund",
        )
    )  # fmt: skip


def test_a_blocked_customer_is_told_everywhere_and_starts_no_return_but_what_runs_goes_on(raise_curtain: Raise) -> None:
    """P29, question 10: the self-service ends; a draft of before is sent, a refund that is owed is paid."""
    world = opened(raise_curtain, orders=3)
    first = handed_in(world)
    world.stage.turn_to(moscow(10, 7, 10))
    pavel = pavel_of(world)
    second = asks(pavel).json()["return_id"]
    pavel.post(f"/returns/{second}/add-photos", {"photos": pavel.photos(pictures(world, 1))}).raise_for_status()
    world.stage.turn_to(moscow(10, 8, 10, 20))
    found_another(world, first)

    answer = asks(pavel)
    assert (403, "customer_blocked") == code_of(answer)
    problem = answer.json()
    assert ("2025-10-07T21:00:00Z", f"R-{first}", "substituted_product", "/my-block") == (
        problem["until"], problem["returns"], problem["reason"], problem["appeal"],
    )  # fmt: skip
    assert 200 == pavel.post(f"/returns/{second}/submit").status_code
    Caller(world.stage.marketplace_web.url, "chen").post(f"/returns/{second}/refund-without-return").raise_for_status()
    world.stage.turn_to(moscow(10, 9, 12))
    assert "sent" == the_return(world, second).refund.status

    visit = browse(world.stage.marketplace_web.url, "pavel")
    for path in ("/orders", "/my-returns", f"/returns/{second}"):
        assert "You cannot start new returns here until 8 Oct 2025, 00:00 Moscow time" in visit.open(path).text
    order = next(link for link in visit.open("/orders").page.links if link.startswith("/orders/"))
    visit.open(order)
    visit.press(order, {"reason": "did_not_fit", "comment": "Typed with care.", "photos": pictures(world, 1)})
    assert (403, ["Typed with care."]) == (visit.status, visit.form(order).values["comment"])
    assert f"another product was found in R-{first}" in visit.text
    assert "You can write to support at any time" in visit.open("/my-block").text


def appeals(world: World) -> Visit:
    """10 October: Pavel objects on the return's page, with two photos."""
    [return_id] = [case.return_id for case in blocks_of(world)[0].cases]
    pavel = browse(world.stage.marketplace_web.url, "pavel").open(f"/returns/{return_id}")
    return pavel.press("/my-block/appeal", {"comment": OBJECTION, "photos": pictures(world, 2)})


def test_an_upheld_appeal_restores_everything_and_sends_the_claim_to_support(raise_curtain: Raise) -> None:
    """J8.2, J8.3: claim paid, appeal with photos, upheld with reasons: unblocked, the claim reversed by support."""
    world, return_id = blocked(raise_curtain)
    url = world.stage.marketplace_web.url
    marina = Caller(url, "marina")
    world.stage.turn_to(moscow(10, 9, 10))
    world.stage.turn_to(moscow(10, 14, 10))
    marina.post(f"/returns/{return_id}/take-up-claim").raise_for_status()
    marina.post(f"/returns/{return_id}/approve-claim").raise_for_status()
    world.stage.turn_to(moscow(10, 17, 10))
    marina.post(f"/returns/{return_id}/pay-claim").raise_for_status()

    assert {IN_TRANSIT: 18_500_50, FRAUD_FUND: -18_500_50} == balances(world)  # the seller's account comes to nothing

    pavel = appeals(world)
    assert ("/my-block", 200) == (pavel.path, pavel.status)
    assert OBJECTION in pavel.text
    assert [200, 200] == [
        pavel.client.get(link).status_code for link in pavel.page.links if link.startswith("/blocks/1/photos/")
    ]
    anna = browse(url, "anna").open("/blocks").follow("/blocks/1")
    assert OBJECTION in anna.text
    assert anna.press("/blocks/1/decide-appeal", {"upheld": "yes", "comment": UPHELD}).status == 200

    [block] = blocks_of(world)
    assert ("lifted", "appeal_upheld", "upheld") == (block.status, block.over_because, block.appeal.status)
    assert UPHELD in pavel.open("/my-block").text
    assert "You cannot start new returns" not in pavel.open("/orders").text
    seller = browse(url, "chen").open(f"/returns/{return_id}").text
    assert UPHELD in seller
    assert 201 == asks(pavel_of(world)).status_code

    support = browse(url, "marina").open("/blocks")
    assert "Reverse the claim" in support.text
    [unsettled] = marina.get("/blocks/unsettled")
    assert (return_id, "paid", 18_500_50) == (
        unsettled["return_id"], unsettled["claim"], unsettled["claim_amount"]["minor"],
    )  # fmt: skip
    support.follow(f"/returns/{return_id}").press(f"/returns/{return_id}/reverse-claim", {"comment": UPHELD})
    assert ("reversed", "in_doubt") == (
        the_return(world, return_id).claim.status, the_return(world, return_id).refund.status,
    )  # fmt: skip
    assert [] == marina.get("/blocks/unsettled")
    assert {CHEN: -18_500_50, IN_TRANSIT: 18_500_50} == balances(world)


def test_a_refused_appeal_leaves_the_block_and_there_is_no_second_one(raise_curtain: Raise) -> None:
    world, _ = blocked(raise_curtain)
    appeals(world)
    anna = Caller(world.stage.marketplace_web.url, "anna")
    decided = anna.post("/blocks/1/decide-appeal", {"upheld": False, "comment": UPHELD}, If_Match='"2"')
    pavel = pavel_of(world)

    assert (200, "refused", True) == (decided.status_code, decided.json()["appeal"]["status"], decided.json()["stands"])
    assert (409, "appealed_already") == code_of(pavel.post("/my-block/appeal", {"comment": OBJECTION}))
    assert (403, "customer_blocked") == code_of(asks(pavel))
    assert [] == Caller(world.stage.marketplace_web.url, "marina").get("/blocks/unsettled")


def test_an_appeal_on_day_fifteen_is_refused_and_its_form_is_gone(raise_curtain: Raise) -> None:
    """J8.3: marked on 8 October, appeal until 22 October 23:59:59 Moscow time."""
    world, _ = blocked(raise_curtain)
    pavel = pavel_of(world)
    world.stage.turn_to(moscow(10, 23))
    late = pavel.post("/my-block/appeal", {"comment": OBJECTION})
    page = browse(world.stage.marketplace_web.url, "pavel").open("/my-block")

    assert (409, "too_late") == code_of(late)
    assert not page.offers("/my-block/appeal")
    assert "The time for an appeal ended on 22 Oct 2024, 23:59" in page.text
    assert (409, "too_late") == code_of(pavel.post("/my-block/appeal", {"comment": OBJECTION}))


def test_a_refused_form_keeps_what_was_typed_and_what_was_attached(raise_curtain: Raise) -> None:
    """Too short, no picture, too many: a clear sentence, nothing lost, nothing stored."""
    world, _ = blocked(raise_curtain)
    pavel = browse(world.stage.marketplace_web.url, "pavel").open("/my-block")
    pavel.press("/my-block/appeal", {"comment": "Too short.", "photos": pictures(world, 2)})
    assert (422, ["Too short."]) == (pavel.status, pavel.form("/my-block/appeal").values["comment"])
    assert "at least 30 characters" in pavel.text
    assert "2 photos are attached already" in pavel.text
    pavel.press("/my-block/appeal", {"comment": OBJECTION, "photos": [b"no picture at all"]})
    assert (422, [OBJECTION]) == (pavel.status, pavel.form("/my-block/appeal").values["comment"])
    assert ["Imposed"] == kinds(world, 1)
    foreign = {"comment": OBJECTION, "photos": ["0" * 64]}
    assert (422, "photos_unknown") == code_of(pavel_of(world).post("/my-block/appeal", foreign))
    assert (422, "explanation_required") == code_of(pavel_of(world).post("/my-block/appeal", {"comment": "  no  "}))


def test_two_appeals_at_once_are_one(raise_curtain: Raise) -> None:
    """On two connections, each with a key of its own; and a double click, with one key, is answered twice alike."""
    world, _ = blocked(raise_curtain)
    callers = [pavel_of(world) for _ in range(2)]
    start = threading.Barrier(2)
    answers: list[httpx2.Response] = []

    def object_to(caller: Caller, key: str) -> None:
        start.wait()
        answers.append(caller.post("/my-block/appeal", {"comment": OBJECTION}, idempotency_key=key))

    threads = [threading.Thread(target=object_to, args=(caller, f"key-{n}")) for n, caller in enumerate(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    key = answers[winner].request.headers["idempotency-key"]
    again = callers[0].post("/my-block/appeal", {"comment": OBJECTION}, idempotency_key=key)

    assert {(200, ""): 1, (409, "appealed_already"): 1} == Counter(code_of(answer) for answer in answers)
    assert (200, answers[winner].json()["appeal"]) == (again.status_code, again.json()["appeal"])
    assert ["Imposed", "Appealed"] == kinds(world, 1)


# -- Before the refund ------------------------------------------------------------------------------------------------


def held_and_found(raise_curtain: Raise) -> tuple[World, int]:
    """J8.4: support holds the refund for a risk check; the other watch arrives on 2 October, before the legal ceiling."""
    world = opened(raise_curtain)
    return_id = handed_in(world)
    marina = Caller(world.stage.marketplace_web.url, "marina")
    marina.post(f"/returns/{return_id}/hold-refund", {"comment": "Risk check."}).raise_for_status()
    world.stage.turn_to(moscow(10, 2, 10))
    found_another(world, return_id)
    return world, return_id


def test_a_substitution_before_the_refund_cancels_it_and_a_revised_mark_gives_everything_back(
    raise_curtain: Raise,
) -> None:
    """J8.4: no claim object is created; when the mark is revised, refund and block follow by themselves."""
    world, return_id = held_and_found(raise_curtain)
    it = the_return(world, return_id)
    pavel = browse(world.stage.marketplace_web.url, "pavel").open(f"/returns/{return_id}")

    assert ("cancelled", "none", None) == (it.refund.status, it.claim.status, it.claim.kind)
    assert {} == balances(world)  # the seller keeps the money, nobody else moved any
    assert "18,500.50" in pavel.text
    assert "was not sent yet and is cancelled" in pavel.text
    assert pavel.offers("/my-block/appeal")
    assert "level_1" == blocks_of(world)[0].status

    revised(world, return_id)
    [block] = blocks_of(world)
    assert ("lifted", "mark_revised", ()) == (block.status, block.over_because, block.cases)
    assert ("held", ["Imposed", "CaseWithdrawn", "Lifted"]) == (
        the_return(world, return_id).refund.status, kinds(world, 1),
    )  # fmt: skip
    assert {CHEN: -18_500_50, OWED: 18_500_50} == balances(world)
    assert 201 == asks(pavel_of(world)).status_code
    assert "it was your product" in pavel.open("/my-block").text


def test_after_an_upheld_appeal_the_cancelled_refund_is_on_supports_list_until_the_mark_is_revised(
    raise_curtain: Raise,
) -> None:
    """No second way of moving money: the refund comes back as it always does, with the partner's revised mark."""
    world, return_id = held_and_found(raise_curtain)
    appeals(world)
    url = world.stage.marketplace_web.url
    answer = Caller(url, "anna").post("/blocks/1/decide-appeal", {"upheld": True, "comment": UPHELD})
    marina = Caller(url, "marina")

    assert 200 == answer.status_code
    assert [("cancelled", return_id)] == [(row["refund"], row["return_id"]) for row in marina.get("/blocks/unsettled")]
    revised(world, return_id)
    assert "held" == the_return(world, return_id).refund.status
    assert [] == marina.get("/blocks/unsettled")


# -- Level 2 and the end ----------------------------------------------------------------------------------------------


def test_a_second_case_joins_the_block_whose_end_stays_and_a_review_may_raise_it(raise_curtain: Raise) -> None:
    """P29, D7: level 2 never by itself; it ends disputes, and falls back when a case was none."""
    world = opened(raise_curtain, orders=4)
    url, pavel = world.stage.marketplace_web.url, pavel_of(world)
    first, second = handed_in(world), handed_in(world, moscow(9, 28, 10))
    world.stage.turn_to(moscow(10, 6, 10))
    third = asks(pavel).json()["return_id"]
    pavel.post(f"/returns/{third}/add-photos", {"photos": pavel.photos(pictures(world, 1))}).raise_for_status()
    pavel.post(f"/returns/{third}/submit").raise_for_status()
    world.stage.turn_to(moscow(10, 8, 10, 20))
    found_another(world, first)
    marina = Caller(url, "marina")
    assert (409, "not_enough_cases") == code_of(marina.post("/blocks/1/raise-level", {"comment": REVIEWED}))
    world.stage.turn_to(moscow(10, 8, 18))
    found_another(world, second)
    [block] = blocks_of(world)
    assert ("level_1", [first, second]) == (block.status, [case.return_id for case in block.cases])
    assert (moscow(10, 8, year=2025), ["Imposed", "CaseAdded"]) == (block.until, kinds(world, 1))

    support = browse(url, "marina").open("/blocks").follow("/blocks/1")
    assert "2 confirmed cases of this customer" in support.text
    support.press("/blocks/1/raise-level", {"comment": REVIEWED})
    rejection = {"reason": "looks_used", "comment": "The photos show clear signs of use on the strap."}
    Caller(url, "chen").post(f"/returns/{third}/reject", rejection).raise_for_status()
    dispute = {"comment": "The strap was like that when I opened the parcel."}
    assert (403, "customer_blocked") == code_of(pavel.post(f"/returns/{third}/open-dispute", dispute))
    assert [] == pavel.get(f"/returns/{third}")["available_actions"]
    page = browse(url, "pavel").open(f"/returns/{third}")
    assert not page.offers(f"/returns/{third}/open-dispute")
    assert "A dispute can be opened" not in page.text
    assert "open a dispute" not in page.open("/my-returns").text
    assert REVIEWED in page.open("/my-block").text

    revised(world, first)
    assert ("level_1", f"R-{second}") == (blocks_of(world)[0].status, blocks_of(world)[0].names)
    assert 200 == pavel.post(f"/returns/{third}/open-dispute", dispute).status_code


def test_a_block_ends_after_a_year_exactly_once_with_its_own_instant_also_after_downtime(raise_curtain: Raise) -> None:
    """R95, D7: the house slept at the bound; the history has the bound, and when it was written."""
    world, _ = blocked(raise_curtain)
    stage = world.stage
    bound = moscow(10, 8, year=2025)
    stage.clock.turn_to(bound - timedelta(seconds=1))  # type: ignore[attr-defined]
    assert (403, "customer_blocked") == code_of(asks(pavel_of(world)))
    stage.clock.turn_to(bound)  # type: ignore[attr-defined]
    assert 201 == asks(pavel_of(world)).status_code  # before any sweep
    woken = bound + timedelta(days=3)
    stage.clock.turn_to(woken)  # type: ignore[attr-defined]
    for _ in range(3):
        stage.pump()

    [block] = blocks_of(world)
    with stage.marketplace.database.read() as tx:
        ended = [(h.at, h.recorded_at) for h in block_queries.history(tx, block.id) if h.kind == "Expired"]
    assert ("expired", bound, [(bound, woken)]) == (block.status, block.over_at, ended)


# -- Who may look -----------------------------------------------------------------------------------------------------


def test_a_block_is_for_its_customer_and_the_marketplaces_people(raise_curtain: Raise) -> None:
    world, return_id = blocked(raise_curtain)
    appeals(world)
    url = world.stage.marketplace_web.url
    picture = f"/blocks/1/photos/{blocks_of(world)[0].appeal.photos[0]}"
    decision = {"upheld": True, "comment": UPHELD}
    for login in ("irina", "chen", "oleg"):
        caller, visit = Caller(url, login), browse(url, login)

        assert (403, "not_your_role") == code_of(caller.post("/blocks/1/decide-appeal", decision))
        assert (403, "not_your_role") == code_of(caller.http.get("/blocks/1"))
        assert (404, "not_found") == code_of(caller.http.get("/my-block"))
        assert 404 == visit.client.get(picture).status_code
        assert [403, 403] == [visit.client.get(path).status_code for path in ("/blocks", "/blocks/1")]
        assert "C-1002" not in visit.open(f"/returns/{return_id}").text
    assert "open" == blocks_of(world)[0].appeal.status


def test_support_does_not_decide_appeals_and_moderators_do_not_lift(raise_curtain: Raise) -> None:
    world, _ = blocked(raise_curtain)
    appeals(world)
    url = world.stage.marketplace_web.url
    anna, marina = Caller(url, "anna"), Caller(url, "marina")
    decision = {"upheld": True, "comment": UPHELD}

    assert (403, "not_your_role") == code_of(marina.post("/blocks/1/decide-appeal", decision))
    assert (403, "not_your_role") == code_of(anna.post("/blocks/1/lift", {"comment": REVIEWED}))
    assert (409, "version_conflict") == code_of(anna.post("/blocks/1/decide-appeal", decision, If_Match='"1"'))
    assert [{"decide-appeal"}, {"lift"}] == [
        {act["act"] for act in who.get("/blocks/1")["available_actions"]} for who in (anna, marina)
    ]
    visit = browse(url, "anna").open("/blocks/1")
    form = visit.form("/blocks/1/decide-appeal")
    form.values["comment"] = [UPHELD]
    visit.send(form)  # neither yes nor no
    assert (422, "open") == (visit.status, blocks_of(world)[0].appeal.status)
    assert [UPHELD] == visit.form("/blocks/1/decide-appeal").values["comment"]


# -- The chain --------------------------------------------------------------------------------------------------------


def execute(url: str, statement: str) -> None:
    """Plain SQL behind the house's back."""
    address = make_url(url)
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(str(address.database))
    else:
        connection = psycopg.connect(address.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def test_a_blocks_history_verifies_cannot_be_changed_and_tampering_is_found(
    raise_curtain: Raise, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, _ = blocked(raise_curtain)
    appeals(world)
    url = str(world.stage.marketplace.database.url.render_as_string(hide_password=False))
    assert [(blocks_of(world)[0], True)] == replayed(world)
    assert 0 == verifying.verify("marketplace", tmp_path / "marketplace", url)
    doc = msgspec.json.encode(replace(blocks_of(world)[0], until=moscow(10, 9))).hex()
    literal = f"X'{doc}'" if url.startswith("sqlite") else f"'\\x{doc}'::bytea"
    execute(url, f"UPDATE blocks SET doc = {literal}")  # noqa: S608 -- ours
    assert 1 == verifying.verify("marketplace", tmp_path / "marketplace", url)
    assert "block 1: the row differs from its events" in capsys.readouterr().err
    for statement in ("UPDATE block_events SET role = 'support'", "DELETE FROM block_events"):
        with pytest.raises((sqlite3.Error, psycopg.Error), match="append-only"):
            execute(url, statement)

    if database_url.startswith("sqlite"):
        execute(url, "DROP TRIGGER block_events_no_update")
    else:
        execute(url, "ALTER TABLE block_events DISABLE TRIGGER block_events_append_only")
    execute(url, "UPDATE block_events SET data = data || ' ' WHERE seq = 2")
    assert [False] == [chained for _, chained in replayed(world)]
    assert 1 == verifying.verify("marketplace", tmp_path / "marketplace", url)
    assert "block 1: the chain is broken" in capsys.readouterr().err


def replayed(world: World) -> list[tuple[b.Block | None, bool]]:
    with world.stage.marketplace.database.read() as tx:
        return [block_queries.replay(tx, block_id) for block_id, _ in block_queries.all_ids(tx)]
