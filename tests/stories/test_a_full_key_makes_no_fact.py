"""D17, D18: whoever holds only the seller's full key cannot produce an arrival, a mark or a disposal, at no door of either house;
and the key that a company links stands nowhere but under its seal.
"""

import logging
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul import wire
from backhaul.kit import webhooks
from backhaul.kit.database import Database, Statement
from backhaul.kit.days import to_us
from backhaul.marketplace import queries as m_queries
from backhaul.marketplace import tables as m_tables
from backhaul.marketplace.rules import commands as m
from backhaul.partner import access, linking, queries, tables
from backhaul.partner.doors import ACTS as PARTNER_ACTS
from backhaul.world import PASSWORD, World, make_key
from tests.stories.conftest import Raise
from tests.stories.telling import OPEN, deliver, moscow
from tests.stories.test_ship_to_hong_kong import browse

LUMITEK = (2093311, "CN")
FACTS = {"Arrived", "Marked", "DisposalMirrored", "HandoverMirrored", "DisposalCertified", "ReceivedForDisposal"}
AT_PARTNER = {"Arrived", "Marked", "MarkProposed", "Destroyed", "DisposalStarted", "HandedOver", "LabelPrinted"}


def on_the_way(world: World) -> tuple[int, str]:
    """A unit that the partner expects, and Lumitek's full key, with which its company is linked."""
    deliver(world, "Headset", 7900, 350, seller=LUMITEK)
    key = make_key(world, "CN", "Everything", read_only=False)
    with world.stage.partner.database.read() as tx:
        chen = access.account_of_login(tx, "chen@example.com", PASSWORD)
    assert chen is not None
    linking.link(world.stage.partner, chen, "marketplace", "CANCEL_ORDERS", LUMITEK[0], key)
    return_id, _ = world.request("CN", "did_not_fit", "Too tight.")
    world.stage.pump()
    return return_id, key


def facts(world: World, return_id: int) -> set[str]:
    """The physical facts that either house believes."""
    with world.stage.marketplace.database.read() as tx:
        there = {h.kind for h in m_queries.history(tx, return_id)} & FACTS
    with world.stage.partner.database.read() as tx:
        here = {h.kind for h in queries.history(tx, return_id)} & AT_PARTNER
    return there | here


def reports(return_id: int, at_us: int) -> list[tuple[str, Any]]:
    """Everything that a warehouse could report."""
    return [
        (wire.ARRIVED, wire.Arrival(return_id, "MSK-2", at_us, at_us + 10**12, 350, packaging_intact=True)),
        (wire.MARKED, wire.Marking(return_id, "serviceable", 1, "", ())),
        (wire.HANDED_OVER, wire.Handover(return_id, "delivered", "HK")),
        (wire.DISPOSED, wire.Disposal(return_id, "DC-1", undecided=False)),
    ]


def test_no_door_takes_a_fact_from_the_sellers_full_key(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    return_id, key = on_the_way(world)
    chen = world.seller("CN")
    world.act(return_id, m.Approve(), chen)
    world.stored(return_id)
    clock, there, here = world.stage.clock, world.stage.marketplace_web.url, world.stage.partner_web.url
    client = httpx2.Client(timeout=30)
    OPEN.append(client)
    both = {"authorization": f"Bearer {key}", "client-id": str(LUMITEK[0]), "api-key": key}
    statuses: dict[str, int] = {}
    # The reports' door: with the key as a bearer, and with the key as if it were the secret of a signature.
    for topic, data in reports(return_id, to_us(clock.now())):
        body = msgspec.json.encode(wire.Message(topic, clock.now().isoformat(), msgspec.Raw(msgspec.json.encode(data))))
        statuses[f"{topic} bearer"] = client.post(f"{there}/api/v1/reports", content=body, headers=both).status_code
        signed = webhooks.headers("whsec_" + key.encode().hex(), f"msg_{topic}", clock.now(), body)
        statuses[f"{topic} signed"] = client.post(
            f"{there}/api/v1/reports", content=body, headers={**both, **signed}
        ).status_code
        statuses[f"{topic} at the partner"] = client.post(
            f"{here}/api/v1/events", content=body, headers={**both, **signed}
        ).status_code
    for path in ("/api/v1/partner/units", "/api/v1/partner/send-again", "/api/v1/partner/link-check"):
        statuses[path] = client.post(f"{there}{path}", json={}, headers=both).status_code
    # Every act of API v1 in both houses.
    schema = client.get(f"{there}/api/v1/openapi.json").json()["paths"]
    names = [path for path in schema if path.startswith("/api/v1/returns/{return_id}/") and "post" in schema[path]]
    assert len(names) > 20
    physical = [path for path in names if path.rsplit("/", 1)[1] in
                {"check-in", "dispatch", "receive-for-disposal", "certify-disposal", "record-arrival", "record-mark"}]  # fmt: skip
    for path in physical:
        url = f"{there}{path.replace('{return_id}', str(return_id))}"
        statuses[path] = client.post(url, json={}, headers=both).status_code
    for word in PARTNER_ACTS:
        statuses[word] = client.post(f"{here}/api/v1/parcels/{return_id}/{word}", json={}, headers=both).status_code
    # The Seller API: every method, with everything in the body that anybody could believe.
    claim = {"return_id": return_id, "id": -10, "comment": "It has arrived and was destroyed, says the seller.",
             "rejection_reason_id": 1, "arrived_at_us": 1, "mark": "serviceable", "certificate": "DC-1"}  # fmt: skip
    for path in ("/v2/returns/rfbs/receive-return", "/v1/returns/rfbs/action/set", "/v2/returns/rfbs/verify"):
        statuses[path] = client.post(f"{there}{path}", json=claim, headers=both).status_code
    world.stage.pump()

    assert {} == {door: status for door, status in statuses.items() if status < 400}
    assert set() == facts(world, return_id)


def everything(database: Database, metadata: Any) -> str:
    """Every value of every table."""
    with database.read() as tx:
        return "".join(repr(tx.rows(Statement(table.select()))) for table in metadata.sorted_tables)


def test_a_linked_key_is_sealed_and_stands_in_no_table_log_page_or_mail(
    raise_curtain: Raise, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    world = raise_curtain(moscow(9, 1, 10))
    _, key = on_the_way(world)
    world.stage.in_step = True
    world.stage.pump()
    chen = browse(world.stage.partner_web.url, "chen@example.com")
    typed = {"platform": "marketplace", "business_type": "RETURN_PRODUCT", "seller_id": str(LUMITEK[0]), "key": key}
    pages = chen.open("/system-settings/authorizations").press("/system-settings/authorizations", typed).answer.text
    for path in ("/system-settings/authorizations", "/parcels?tab=coming", "/messages", "/start"):
        pages += chen.open(path).answer.text
    pages += browse(world.stage.partner_web.url, "vera").open("/sync").answer.text
    secret = key.split("_")[-1]
    printed = capfd.readouterr()

    assert len(secret) > 20
    assert secret not in everything(world.stage.partner.database, tables.metadata)
    assert secret not in everything(world.stage.marketplace.database, m_tables.metadata)
    assert secret not in pages
    assert secret not in caplog.text + printed.out + printed.err
    with world.stage.partner.database.read() as tx:
        [link] = [row for row in queries.all_links(tx) if row.seller_id == LUMITEK[0]]
    assert key == world.stage.partner.seal.open(bytes(link.sealed_key))
