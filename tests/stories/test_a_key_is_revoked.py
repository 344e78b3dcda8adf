"""J11: a read-only key tries to decide; a key is revoked in the middle of 120 decisions; three refusals that differ."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Statement
from backhaul.kit.desk import Order
from backhaul.kit.machine import Refused
from backhaul.marketplace import access as m_access
from backhaul.marketplace import errands as m_errands
from backhaul.marketplace import perform, users
from backhaul.marketplace import queries as m_queries
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules import commands as m
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Rights, Role
from backhaul.partner import access, errands, linking, queries, tables
from backhaul.partner.rules import commands as p
from backhaul.world import PASSWORD, POINT, RECEIVER, WAREHOUSE, World, make_key
from tests.stories.conftest import Raise
from tests.stories.telling import OPEN, Caller, deliver, moscow
from tests.web.forms import Visit

LUMITEK = (2093311, "CN")
CHEN = "chen@example.com"
BULK, DONE = 120, 74
AT_THREE = moscow(9, 20, 15)
ALWAYS_THERE = {"/language", "/sign-out"}


def integrator(world: World, key: str) -> httpx2.Client:
    """A program that speaks the Seller API."""
    client = httpx2.Client(
        base_url=world.stage.marketplace_web.url, headers={"Client-Id": str(LUMITEK[0]), "Api-Key": key}
    )
    OPEN.append(client)
    return client


def with_key(url: str, key: str) -> httpx2.Client:
    """A program that speaks API v1 of a house."""
    client = httpx2.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {key}"}, timeout=30)
    OPEN.append(client)
    return client


def company_account(world: World) -> access.Account:
    with world.stage.partner.database.read() as tx:
        found = access.account_of_login(tx, CHEN, PASSWORD)
    assert found is not None
    return found


def links(world: World, key: str) -> None:
    linking.link(world.stage.partner, company_account(world), "marketplace", "CANCEL_ORDERS", LUMITEK[0], key)
    world.stage.pump()


def company_key(world: World) -> str:
    """A key of the company's own at the partner; it decides as long as the link does."""
    new, policy = keys.make_key(read_only=False), world.stage.partner.house.terms.policy
    account = company_account(world)
    world.partner_errand(lambda tx, at: errands.create_key(tx, account, "WMS", access.RETURNS, new, policy, at))
    return new.text


def at_the_partner(world: World, count: int) -> list[int]:
    """So many headsets on the partner's shelf, walked there by the commands of everybody on the way."""
    line = OrderLine(
        posting_number="70000001-0001-1", line_number=1, sku=400001, offer_id="HS-1", name="Headset", category="home",
        unit_price_minor=790_000, currency="RUB", order_rate="1", price_rub_minor=790_000, paid_price_rub_minor=790_000,
        weight_gram=350, outbound_weight_gram=None, quantity=count, seller_id=LUMITEK[0], seller_country="CN",
        customer_ref="C-1001", customer_email="c@example.com", customer_language="en", serial=None, marking_code=None,
        ordered_on="2024-08-01", delivered_at_us=int(world.stage.clock.now().timestamp() - 86_400) * 1_000_000,
    )  # fmt: skip
    world.errand(lambda tx, _: m_errands.import_lines(tx, [line]))
    irina, clerk, seller = By(Role.CUSTOMER, "irina", "C-1001"), world.people["clerk"], world.seller("CN")
    photos, checked = world.photos(irina), world.photos(clerk, 2)
    desk = world.stage.marketplace.desk
    request = m.RequestReturn("did_not_fit", "Too tight.", photos)

    def ask(tx: Any, at: datetime) -> list[int]:
        return [perform.request_returns(tx, desk, 1, request, irina, at)[0].id for _ in range(count)]

    ids: list[int] = world.errand(ask)
    steps = (
        (irina, m.Submit()), (seller, m.Approve()),
        (clerk, m.CheckIn(POINT, same_product=True, used=False, photos=checked)), (clerk, m.Dispatch("Linehaul", "WB-1")),
    )  # fmt: skip
    for by, command in steps:
        together(desk, [Order(return_id, command, m_access.Known(by)) for return_id in ids])
    world.stage.pump()
    arrived_us = int(world.stage.clock.now().timestamp()) * 1_000_000
    scan = p.Arrive(WAREHOUSE, arrived_us, None, packaging_intact=True, shelf="A-01")
    together(world.stage.partner.desk, [Order(return_id, scan, access.Known(RECEIVER)) for return_id in ids])
    world.stage.pump()
    return ids


def together(desk: Any, orders: list[Order]) -> None:
    """Many commands, each as an order of its own."""
    for order in orders:
        desk.perform_now(order)


def decided(world: World, ids: list[int]) -> Counter[int]:
    """How often each parcel was decided."""
    events = tables.journal.events
    with world.stage.partner.database.read() as tx:
        rows = tx.rows(Statement(events.select().with_only_columns(events.c.case_id).where(events.c.kind == "Decided")))
    return Counter(row[0] for row in rows if row[0] in ids)


# -- 1. The analyst's key and the analyst ------------------------------------------------------------------------------


def test_a_read_only_key_lists_and_reads_and_its_decision_is_refused_and_noted(raise_curtain: Raise) -> None:
    """J11.1, R101: lists and photos work; a decision does not, whichever door it comes through."""
    world = raise_curtain(moscow(9, 1, 10))
    deliver(world, "Headset", 7900, 350, seller=LUMITEK)
    return_id, _ = world.request("CN", "did_not_fit", "Too tight.")
    key = make_key(world, "CN", "BI", read_only=True)
    url = world.stage.marketplace_web.url
    old, fresh = integrator(world, key), with_key(url, key)

    listed = old.post("/v2/returns/rfbs/list", json={"limit": 10}).json()["returns"]
    shown = old.post("/v2/returns/rfbs/get", json={"return_id": return_id}).json()["returns"]
    view = fresh.get(f"/returns/{return_id}").json()
    assert [return_id] == [row["return_id"] for row in listed]
    assert [] == shown["available_actions"]
    assert [] == view["available_actions"]
    assert b"\xff\xd8\xff" == old.get(shown["client_photo"][0]).content[:3]
    assert b"\xff\xd8\xff" == fresh.get(f"/returns/{return_id}/photos/{view['photos'][0]}").content[:3]

    by_old_door = old.post("/v2/returns/rfbs/verify", json={"return_id": return_id})
    by_new_door = fresh.post(f"/returns/{return_id}/approve", json={})
    uploaded = fresh.post("/photos", content=b"not even looked at")
    assert (403, 7) == (by_old_door.status_code, by_old_door.json()["code"])
    assert "missing a required role" in by_old_door.json()["message"]
    assert (403, "role_read_only") == (by_new_door.status_code, by_new_door.json()["code"])
    assert (403, "role_read_only") == (uploaded.status_code, uploaded.json()["code"])
    with world.stage.marketplace.database.read() as tx:
        assert "seller_review" == m_queries.one(tx, return_id).status  # type: ignore[union-attr]

    with Visit(url) as visit:
        visit.sign_in("marina", PASSWORD).open(f"/support/attempts?key={keys.public_id_of(key)}")
        assert 2 == visit.text.count(f"Approve {return_id}")
        assert "role_read_only" in visit.text
        assert "Used" in visit.text


def test_an_analysts_pages_have_no_act_forms_at_all(raise_curtain: Raise) -> None:
    """J11.1: buttons are absent, not merely grey; what is sent all the same is refused and noted."""
    world = raise_curtain(moscow(9, 1, 10))
    deliver(world, "Headset", 7900, 350, seller=LUMITEK)
    return_id, _ = world.request("CN", "did_not_fit", "Too tight.")
    url, link = world.stage.marketplace_web.url, "a link that only Zhao has"
    with world.stage.marketplace.database.read() as tx:
        chen = m_access.account_of_login(tx, "chen", PASSWORD)
    assert chen is not None
    zhao = users.NewUser("zhao", "Zhao", "en", Rights.ANALYST)
    world.errand(lambda tx, at: users.add_user(tx, chen, zhao, link, at))
    hashed = keys.hash_password(PASSWORD)
    world.errand(lambda tx, at: users.accept_invitation(tx, link, hashed, at))

    with Visit(url) as visit:
        visit.sign_in("zhao", PASSWORD)
        for path in (
            "/to-decide",
            "/returns",
            f"/returns/{return_id}",
            "/keys",
            "/settings",
            "/returns?tab=on_the_road",
        ):
            visit.open(path)
            forms = {form.action for form in visit.page.forms if form.method == "post"}
            assert (200, ALWAYS_THERE) == (visit.status, forms), path
            assert "disabled" not in visit.answer.text, path
        csrf = visit.form("/language").values["_csrf_token"][0]
        answer = visit.client.post(f"/returns/{return_id}/approve", data={"_csrf_token": csrf, "seen": "1"})
        assert 403 == answer.status_code
        answer = visit.client.post("/settings", data={"_csrf_token": csrf, "what": "moderation_off"})
        assert 403 == answer.status_code
    api = Caller(url, "zhao")
    refused = api.post(f"/returns/{return_id}/approve")
    assert (403, "role_read_only") == (refused.status_code, refused.json()["code"])
    assert [] == api.get(f"/returns/{return_id}")["available_actions"]
    with Visit(url) as visit:
        attempts = visit.sign_in("marina", PASSWORD).open("/support/attempts").text
        assert 2 == attempts.count(f"seller:zhao Approve {return_id}")


# -- 2. A partner account linked with a read-only key -------------------------------------------------------------------


def test_a_partner_account_linked_with_a_read_only_key_is_view_only(raise_curtain: Raise) -> None:
    """J11.2: the page says so, and a decision fails before any label."""
    world = raise_curtain(moscow(9, 1, 10))
    links(world, make_key(world, "CN", "BI", read_only=True))
    [parcel_id] = at_the_partner(world, 1)
    chen = Caller(world.stage.partner_web.url, CHEN)

    refused = chen.post(f"/parcels/{parcel_id}/decide", {"decision": "dispose"})

    assert (403, "link_view_only") == (refused.status_code, refused.json()["code"])
    assert Counter() == decided(world, [parcel_id])
    with Visit(world.stage.partner_web.url) as visit:
        visit.sign_in(CHEN, PASSWORD).read_in("en").open("/system-settings/authorizations")
        assert "View only" in visit.text
        visit.open(f"/parcels/{parcel_id}")
        assert not any(form.action.endswith("/decide") for form in visit.page.forms)


def test_a_key_that_does_not_work_from_the_partners_network_is_told_so_and_nothing_is_saved(
    raise_curtain: Raise,
) -> None:
    """D18: each mistake has its own message; P19: allowed networks."""
    world = raise_curtain(moscow(9, 1, 10))
    key = make_key(world, "CN", "Office only", read_only=False)
    chen = Caller(world.stage.marketplace_web.url, "chen")
    office_only = {"networks": ["192.0.2.0/24"]}
    assert 200 == chen.http.put(f"/keys/{keys.public_id_of(key)}/networks", json=office_only).status_code

    with pytest.raises(Refused) as refused:
        links(world, key)

    assert "key_network_not_allowed" == refused.value.code
    with world.stage.partner.database.read() as tx:
        assert [] == queries.all_links(tx)


# -- 3. Revoked in the middle -------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_a_key_revoked_in_the_middle_stops_within_a_minute_and_a_new_one_goes_on(raise_curtain: Raise) -> None:
    """J11.3, R102: 74 of 120 are applied, 46 are refused, and with a new key the same requests finish the work once."""
    world = raise_curtain(moscow(9, 12, 10))
    stage = world.stage
    links(world, make_key(world, "CN", "Partner prod", read_only=False))
    ids = at_the_partner(world, BULK)
    program = with_key(stage.partner_web.url, company_key(world))
    stage.turn_to(AT_THREE - timedelta(seconds=DONE))
    bound = program.get(f"/parcels/{ids[-1]}").json()["decide_by"]

    def sends(parcel_id: int) -> httpx2.Response:
        named = {"Idempotency-Key": f"bulk-{parcel_id}"}
        return program.post(f"/parcels/{parcel_id}/decide", json={"decision": "dispose"}, headers=named)

    first = [sends(parcel_id) for parcel_id in ids[:DONE]]
    assert {200} == {answer.status_code for answer in first}
    stage.turn_to(AT_THREE)
    with Visit(stage.marketplace_web.url) as chen:
        chen.sign_in("chen", PASSWORD).read_in("en").open("/keys")
        [revoke] = [form for form in chen.page.forms if form.action.endswith("/revoke")]
        assert "Revoked" in chen.send(revoke).text
    stage.turn(timedelta(seconds=60))

    refused = [sends(parcel_id) for parcel_id in ids[DONE:]]

    assert {(403, "authorization_lost")} == {(answer.status_code, answer.json()["code"]) for answer in refused}
    assert dict.fromkeys(ids[:DONE], 1) == decided(world, ids)
    with Visit(stage.partner_web.url) as visit:
        visit.sign_in(CHEN, PASSWORD).read_in("en").open("/parcels")
        assert "Authorization lost" in visit.text
        assert "the clocks keep running" in visit.text
        assert 200 == visit.open(f"/parcels/{ids[-1]}").status
    assert bound == program.get(f"/parcels/{ids[-1]}").json()["decide_by"]
    with stage.partner.database.read() as tx:
        left = [queries.one(tx, parcel_id) for parcel_id in ids[DONE:]]
    assert [BULK - DONE, {"none"}] == [len(left), {it.decision for it in left if it is not None}]

    links(world, make_key(world, "CN", "Partner prod 2", read_only=False))
    again = [sends(parcel_id) for parcel_id in ids]
    stage.pump()

    assert {200} == {answer.status_code for answer in again}
    assert [answer.content for answer in first] == [answer.content for answer in again[:DONE]]
    assert dict.fromkeys(ids, 1) == decided(world, ids)
    with stage.marketplace.database.read() as tx:
        mirrored = [m_queries.one(tx, return_id) for return_id in ids]
    assert ["dispose"] * BULK == [it.parcel.decision for it in mirrored if it is not None and it.parcel is not None]


def test_the_sellers_own_program_stops_with_the_very_commit_of_the_revocation(raise_curtain: Raise) -> None:
    """R102 allows 60 s; at the marketplace it is at once, and what came before stays."""
    world = raise_curtain(moscow(9, 1, 10))
    ids = []
    for n in range(6):
        deliver(world, "Headset", 7900, 350, seller=LUMITEK, posting=f"7000000{n}-0001-1")
        ids.append(world.request("CN", "did_not_fit", "Too tight.")[0])
    key = make_key(world, "CN", "ERP", read_only=False)
    program, chen = integrator(world, key), Caller(world.stage.marketplace_web.url, "chen")

    before = [program.post("/v2/returns/rfbs/verify", json={"return_id": n}).status_code for n in ids[:3]]
    assert 200 == chen.post(f"/keys/{keys.public_id_of(key)}/revoke").status_code
    after = [program.post("/v2/returns/rfbs/verify", json={"return_id": n}).status_code for n in ids[3:]]

    assert ([200] * 3, [403] * 3) == (before, after)
    assert ["approved"] * 3 + ["seller_review"] * 3 == [chen.get(f"/returns/{n}")["status"] for n in ids]


# -- Assert: three different refusals -----------------------------------------------------------------------------------


def test_role_revocation_and_expiry_are_three_different_refusals(raise_curtain: Raise) -> None:
    """J11, P19: which one it is stands in API v1; a key ends by itself after its six months."""
    world = raise_curtain(moscow(9, 1, 10))
    deliver(world, "Headset", 7900, 350, seller=LUMITEK)
    return_id, _ = world.request("CN", "did_not_fit", "Too tight.")
    url = world.stage.marketplace_web.url
    reading, writing = make_key(world, "CN", "BI", read_only=True), make_key(world, "CN", "ERP", read_only=False)
    lasting = make_key(world, "CN", "Forgotten", read_only=False)
    chen = Caller(url, "chen")
    chen.post(f"/keys/{keys.public_id_of(writing)}/revoke")
    days = world.stage.marketplace.house.terms.policy.key_valid_days
    acts = [with_key(url, key) for key in (reading, writing, lasting)]
    codes = [act.post(f"/returns/{return_id}/approve", json={}).json() for act in acts[:2]]
    still_good = acts[2].get(f"/returns/{return_id}")
    clock: Any = world.stage.clock
    clock.turn_to(moscow(9, 1, 10) + timedelta(days=days))
    codes.append(acts[2].post(f"/returns/{return_id}/approve", json={}).json())

    assert 180 == days
    assert 200 == still_good.status_code
    assert ["role_read_only", "key_revoked", "key_expired"] == [told["code"] for told in codes]
    assert 3 == len({told["detail"] for told in codes})
