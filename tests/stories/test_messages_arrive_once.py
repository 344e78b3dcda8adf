"""R99, D37: messages between the houses count once and in order, whatever breaks; forged ones change nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul import wire
from backhaul.kit import webhooks
from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.kit.outbox import Mailroom
from backhaul.kit.server import Served
from backhaul.marketplace import access as marketplace_access
from backhaul.marketplace import app as marketplace_app
from backhaul.marketplace import queries as marketplace_queries
from backhaul.marketplace import tables as marketplace_tables
from backhaul.marketplace.perform import THE_PARTNER
from backhaul.partner import access as partner_access
from backhaul.partner import queries as partner_queries
from backhaul.partner import tables as partner_tables
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.world import World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import OPEN, Caller, deliver, moscow

LUMITEK = (2093311, "CN")
ARRIVAL = moscow(9, 20, 11, 5)


class PowerCut(BaseException):
    """The process is gone: nothing catches this."""


class Torn(httpx2.BaseTransport):
    """The real network, on which something happens after the n-th answer has been given and before it is read."""

    def __init__(self, nth: int, error: Callable[[httpx2.Request], BaseException]) -> None:
        self.real = httpx2.HTTPTransport()
        self.left = nth
        self.error = error
        self.answers: list[int] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self.real.handle_request(request)
        self.left -= 1
        if self.left != 0:
            return answer
        answer.read()
        answer.close()
        self.answers.append(answer.status_code)
        raise self.error(request)

    def close(self) -> None:
        self.real.close()


def through(mailroom: Mailroom, transport: httpx2.BaseTransport) -> None:
    """From now on letters go this way."""
    mailroom.client = httpx2.Client(transport=transport)
    OPEN.append(mailroom.client)


def on_the_way(world: World, count: int = 1) -> list[int]:
    """Headsets of Lumitek between the pick-up point and the partner, all announced."""
    postings = [f"7000001{n}-0001-1" for n in range(count)]
    for posting in postings:
        deliver(world, "Headset", 7900, 350, seller=LUMITEK, posting=posting)
    link_seller(world, "CN")
    found = []
    for posting in postings:
        return_id, _ = world.request("CN", "did_not_fit", "", lambda line, it=posting: line.posting_number == it)  # type: ignore[misc]
        assert Caller(world.stage.marketplace_web.url, "chen").post(f"/returns/{return_id}/approve").status_code == 200
        world.stored(return_id)
        found.append(return_id)
    world.stage.turn_to(ARRIVAL)
    return found


def scan(world: World, *return_ids: int) -> None:
    """Darya scans them in; the reports wait in the partner's outbox."""
    darya = Caller(world.stage.partner_web.url, "darya")
    for return_id in return_ids:
        body = {"warehouse": "MSK-2", "arrived_at_us": to_us(ARRIVAL), "weight_gram": 350}
        assert darya.post(f"/parcels/{return_id}/arrive", body).status_code == 200


def at_marketplace(world: World, return_id: int) -> list[str]:
    """What the partner's reports have done to the return, in order."""
    with world.stage.marketplace.database.read() as tx:
        return [h.kind for h in marketplace_queries.history(tx, return_id) if h.role == "partner"]


def outbox(world: World, *case_ids: int) -> list[tuple[str, int, bool, bool]]:
    """(topic, tries, sent, waits) of the partner's letters about these cases, in order."""
    box = partner_tables.journal.outbox
    with world.stage.partner.database.read() as tx:
        rows = tx.rows(Statement(box.select().order_by(box.c.case_id, box.c.seq)))
    return [
        (r.topic, r.tries, r.sent_us is not None, r.next_us is not None)
        for r in map(_letter, rows)
        if r.case in case_ids
    ]


class Row(msgspec.Struct):
    """A letter of the outbox."""

    id: str
    receiver: str
    case: int
    seq: int
    topic: str
    body: bytes
    written_us: int
    next_us: int | None
    tries: int
    sent_us: int | None
    answer: str


def _letter(row: tuple[Any, ...]) -> Row:
    return Row(*row)


def dump(world: World, house: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a house but its access log and the sessions of those who look."""
    office = getattr(world.stage, house)
    metadata = {"marketplace": marketplace_tables, "partner": partner_tables}[house].metadata
    kept = [table for table in metadata.sorted_tables if table.name not in {"access_log", "sessions"}]
    with office.database.read() as tx:
        return {t.name: tx.rows(Statement(t.select().order_by(*t.primary_key.columns))) for t in kept}


# -- Crashes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nth", [1, 3])
def test_a_crash_between_sending_and_marking_sends_again_and_counts_once(raise_curtain: Raise, nth: int) -> None:
    """R99: the power goes after the n-th of three letters was accepted, and before any was marked as sent."""
    world = raise_curtain(moscow(9, 1, 10))
    partner = world.stage.partner
    ids = on_the_way(world, 3)
    scan(world, *ids)
    network = Torn(nth, lambda _: PowerCut())
    through(partner.mailroom, network)
    with pytest.raises(PowerCut):
        partner.mailroom.send_due()
    assert network.answers == [200]
    assert sorted(len(at_marketplace(world, one)) for one in ids) == sorted([1] * nth + [0] * (3 - nth))
    assert outbox(world, *ids) == [("parcel.arrived", 0, False, True)] * 3

    through(partner.mailroom, httpx2.HTTPTransport())
    sent = partner.mailroom.send_due()
    again = partner.mailroom.send_due()

    assert (sent, again) == (3, 0)
    assert [at_marketplace(world, one) for one in ids] == [["Arrived"]] * 3
    assert outbox(world, *ids) == [("parcel.arrived", 1, True, False)] * 3


def test_an_answer_that_is_lost_is_asked_for_again_and_counts_once(raise_curtain: Raise) -> None:
    """R99: the marketplace took the report, the connection broke before it could say so."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    [return_id] = on_the_way(world)
    scan(world, return_id)
    through(stage.partner.mailroom, Torn(1, lambda request: httpx2.ReadTimeout("no answer", request=request)))

    first = stage.partner.mailroom.send_due()
    waits = outbox(world, return_id)
    too_soon = stage.partner.mailroom.send_due()
    stage.turn(timedelta(seconds=10))

    assert (first, too_soon) == (0, 0)
    assert waits == [("parcel.arrived", 1, False, True)]
    assert at_marketplace(world, return_id) == ["Arrived"]
    assert outbox(world, return_id) == [("parcel.arrived", 2, True, False)]


def test_announcements_of_the_marketplace_survive_a_crash_too(raise_curtain: Raise) -> None:
    """R99, the other direction: one parcel, although its announcement came twice."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    deliver(world, "Headset", 7900, 350, seller=LUMITEK)
    link_seller(world, "CN")
    return_id, _ = world.request("CN", "did_not_fit", "Too tight.")
    Caller(stage.marketplace_web.url, "chen").post(f"/returns/{return_id}/approve")
    world.take_in(return_id)
    through(stage.marketplace.mailroom, Torn(1, lambda _: PowerCut()))
    with pytest.raises(PowerCut):
        stage.marketplace.mailroom.send_due()

    through(stage.marketplace.mailroom, httpx2.HTTPTransport())
    world.send_off(return_id)

    with stage.partner.database.read() as tx:
        kinds = [h.kind for h in partner_queries.history(tx, return_id)]
        assert tx.rows(Statement(partner_tables.metadata.tables["parcels"].select())) != []
    assert kinds == ["Expected", "DispatchNoted"]


# -- A receiver that is away ------------------------------------------------------------------------------------------


def test_a_unit_that_is_lost_is_lost_in_both_houses_until_it_is_scanned_in(raise_curtain: Raise) -> None:
    """P10: lost 30 days after the pick-up point took it in; the partner hears of it once."""
    world = raise_curtain(moscow(9, 1, 10))
    (return_id,) = on_the_way(world)
    world.stage.turn_to(moscow(10, 20, 12))

    assert marketplace_status(world, return_id) == "lost"
    assert parcel_lost_at(world, return_id) is not None
    world.stage.pump()
    with world.stage.partner.database.read() as tx:
        assert [h.kind for h in partner_queries.history(tx, return_id)].count("LostNoted") == 1

    scan(world, return_id)
    world.stage.pump()
    assert marketplace_status(world, return_id) == "at_partner"
    assert parcel_lost_at(world, return_id) is None


def marketplace_status(world: World, return_id: int) -> str | None:
    with world.stage.marketplace.database.read() as tx:
        it = marketplace_queries.one(tx, return_id)
    return None if it is None else it.status.value


def parcel_lost_at(world: World, return_id: int) -> datetime | None:
    with world.stage.partner.database.read() as tx:
        it = partner_queries.one(tx, return_id)
    return None if it is None else it.lost_at


def test_while_the_receiver_is_down_the_outbox_waits_and_the_order_of_each_return_is_kept(raise_curtain: Raise) -> None:
    """R99, D11: three hours without the marketplace; then everything arrives, each return's news in their order."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    ids = on_the_way(world, 2)
    port = stage.marketplace_web.port
    stage.marketplace_web.stop()
    scan(world, *ids)
    chen, darya = Caller(stage.partner_web.url, "chen@example.com"), Caller(stage.partner_web.url, "darya")
    hong_kong = {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]}
    for return_id in ids:
        stage.turn(timedelta(minutes=30))
        assert chen.post(f"/parcels/{return_id}/decide", hong_kong).status_code == 200
        stage.turn(timedelta(minutes=30))
        assert darya.post(f"/parcels/{return_id}/print-label", {"carrier": "Pearl Freight"}).status_code == 200
    stage.turn(timedelta(hours=1))
    waiting = outbox(world, *ids)

    assert [(topic, sent, waits) for topic, _, sent, waits in waiting] == [
        ("parcel.arrived", False, True),
        ("parcel.decided", False, True),
        ("parcel.handed_over", False, True),
    ] * 2
    assert [tries > 0 for _, tries, _, _ in waiting] == [True, False, False] * 2  # nobody overtakes
    assert [at_marketplace(world, one) for one in ids] == [[], []]

    stage.marketplace_web = Served(marketplace_app.make_app(stage.marketplace), port=port).start()
    stage.turn(timedelta(hours=3))
    stage.pump()

    assert [at_marketplace(world, one) for one in ids] == [["Arrived", "DecisionMirrored", "HandoverMirrored"]] * 2
    assert [(sent, waits) for _, _, sent, waits in outbox(world, *ids)] == [(True, False)] * 6


# -- Forgeries --------------------------------------------------------------------------------------------------------


class Door(msgspec.Struct):
    """A house's door for signed messages, a genuine message for it, and the secret that signs."""

    url: str
    secret: str
    message_id: str
    body: bytes


def door(world: World, house: str, return_id: int) -> Door:
    stage = world.stage
    if house == "marketplace":
        box, office = partner_tables.journal.outbox, stage.partner
        with office.database.read() as tx:
            letters = [_letter(row) for row in tx.rows(Statement(box.select()))]
            _, url, _, secret = tx.one(partner_access.MARKETPLACE, id=THE_MARKETPLACE) or ()
        [letter] = [one for one in letters if one.case == return_id and one.sent_us is None]
        return Door(f"{url}/api/v1/reports", office.seal.open(bytes(secret)), letter.id, bytes(letter.body))
    with stage.marketplace.database.read() as tx:
        _, url, _, secret = tx.one(marketplace_access.PARTNER, id=THE_PARTNER) or ()
    data = msgspec.Raw(msgspec.json.encode(wire.DispatchedParcel(return_id, "Another carrier", "WB-X")))
    body = msgspec.json.encode(wire.Message(wire.DISPATCHED, ARRIVAL.isoformat(), data))
    return Door(f"{url}/api/v1/events", stage.marketplace.seal.open(bytes(secret)), "msg_test_1", body)


def post(there: Door, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    with httpx2.Client() as client:
        answer = client.post(there.url, content=body, headers={"content-type": "application/json", **headers})
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("house", ["marketplace", "partner"])
def test_a_forged_altered_or_old_message_is_refused_and_changes_nothing(raise_curtain: Raise, house: str) -> None:
    """D17, D37: wrong secret, other body, other id, no signature, five minutes too old or too early: 401."""
    world = raise_curtain(moscow(9, 1, 10))
    [return_id] = on_the_way(world)
    scan(world, return_id)
    there = door(world, house, return_id)
    now = world.stage.clock.now()
    genuine = webhooks.headers(there.secret, there.message_id, now, there.body)
    before = dump(world, house)
    age = timedelta(seconds=301)
    old = webhooks.headers(there.secret, there.message_id, now - age, there.body)
    early = webhooks.headers(there.secret, there.message_id, now + age, there.body)
    unsigned = {name: value for name, value in genuine.items() if name != "webhook-signature"}
    forged = webhooks.headers("whsec_" + "QUFB" * 8, there.message_id, now, there.body)

    answers = [
        post(there, there.body, forged),
        post(there, there.body.replace(str(return_id).encode(), str(return_id + 1).encode()), genuine),
        post(there, there.body, {**genuine, "webhook-id": "msg_other"}),
        post(there, there.body, {**genuine, "webhook-timestamp": str(int(genuine["webhook-timestamp"]) + 1)}),
        post(there, there.body, unsigned),
        post(there, there.body, {}),
    ]
    stale = [post(there, there.body, old), post(there, there.body, early)]
    after = dump(world, house)

    assert answers == [(401, "bad_signature")] * 6
    assert stale == [(401, "message_too_old")] * 2
    assert after == before
    assert post(there, there.body, genuine) == (200, "")  # the same message with nothing wrong is taken
    assert dump(world, house) != before


@pytest.mark.parametrize("house", ["marketplace", "partner"])
def test_a_replayed_message_is_answered_again_and_does_nothing_and_its_id_holds_no_other(
    raise_curtain: Raise, house: str
) -> None:
    """D37: the inbox is keyed by the message id."""
    world = raise_curtain(moscow(9, 1, 10))
    [return_id] = on_the_way(world)
    scan(world, return_id)
    there = door(world, house, return_id)
    now = world.stage.clock.now()
    first = post(there, there.body, webhooks.headers(there.secret, there.message_id, now, there.body))
    taken = dump(world, house)

    world.stage.clock.turn_to(now + timedelta(hours=2))  # type: ignore[attr-defined]
    later = world.stage.clock.now()
    second = post(there, there.body, webhooks.headers(there.secret, there.message_id, later, there.body))
    other = there.body.replace(b"MSK-2", b"MSK-3").replace(b"WB-X", b"WB-Y")
    third = post(there, other, webhooks.headers(there.secret, there.message_id, later, other))

    assert (first, second) == ((200, ""), (200, ""))
    assert third == (422, "key_used_for_another_request")
    assert dump(world, house) == taken
