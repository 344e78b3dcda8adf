"""The owner's way through the pages: a webhook with its secret shown once, a test message, what came of it, another secret, pause."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from backhaul.kit import egress
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import Market
from tests.receiving import Receiver, receiving, verifies
from tests.web.company import Door
from tests.web.forms import Form


@pytest.fixture
def receiver(shop: Market) -> Iterator[Receiver]:
    sender = shop.office.webhooks
    sender.way = msgspec.structs.replace(sender.way, inside=egress.networks("127.0.0.0/8"))
    with receiving() as one:
        yield one


def test_an_owner_makes_a_webhook_tries_it_and_sees_what_came_back(
    shop: Market, enter: Door, receiver: Receiver
) -> None:
    office, visit = shop.office, enter("elif")
    receiver.answers(200, b"<b>thanks</b>")
    chosen = {"name": "ERP", "url": receiver.url, "which": "chosen", "types": "return.submitted"}
    visit.follow("/webhooks").press("/webhooks", chosen)
    made, said = visit.status, visit.answer.text
    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", said))
    [page] = set(re.findall(r"/webhooks/hook_\w+", said))
    visit.send(visit.form(page))  # I saved it
    visit.send(visit.form(f"{page}/act", what="ping"))
    office.webhooks.send_now()
    visit.open(visit.path)
    visit.send(visit.form(f"{visit.path}/redeliver"))
    office.webhooks.send_now()
    result = visit.open(visit.path).answer.text
    shop.in_status(Status.APPROVED)
    office.events.place_due()
    office.webhooks.send_now()
    one = visit.open(page).answer.text
    visit.send(visit.form(f"{page}/secrets").fill(keep_hours="24"))
    rotated, next_one = visit.status, visit.answer.text
    visit.open(page)
    visit.send(visit.form(f"{page}/act", what="pause"))
    now = int(shop.clock.now().timestamp())

    assert (201, 201) == (made, rotated)
    assert ["webhook.ping", "webhook.ping", "return.submitted"] == [got.said["type"] for got in receiver.got]
    assert all(verifies(secret, got.headers, got.body, now) for got in receiver.got)
    assert "Delivered" in result
    assert "&lt;b&gt;thanks&lt;/b&gt;" in result
    assert f"webhook-id: {receiver.got[0].id}\n" in result
    assert "Request sent" in one
    assert secret not in one
    assert secret not in next_one
    assert "whsec_" in next_one
    assert "It was paused by hand" in visit.text


def test_a_time_is_sent_again_and_a_wrong_one_is_told_beside_the_form(
    shop: Market, enter: Door, receiver: Receiver
) -> None:
    shop.in_status(Status.APPROVED)
    shop.office.events.place_due()
    visit = enter("elif").open("/webhooks").press("/webhooks", {"name": "ERP", "url": receiver.url})
    [page] = set(re.findall(r"/webhooks/hook_\w+", visit.answer.text))
    visit.open(page).press(f"{page}/redeliver", {"since": "2024-09-02T10:00", "until": "2024-09-02T10:00"})
    wrong = visit.status, visit.text, visit.form(f"{page}/redeliver").values["since"]
    visit.press(f"{page}/redeliver", {"since": "2024-09-02T10:00", "until": "2024-09-02T10:01"})
    shop.office.webhooks.send_now()
    shop.office.webhooks.send_now()

    assert (422, ["2024-09-02T10:00"]) == (wrong[0], wrong[2])
    assert "The end must be later than the beginning." in wrong[1]
    assert "Messages that are sent again: 2." in visit.text
    assert ["return.submitted", "return.approved"] == [got.said["type"] for got in receiver.got]


def test_an_address_inside_is_told_beside_the_form_and_what_was_typed_stays(enter: Door) -> None:
    visit = enter("elif").open("/webhooks").press("/webhooks", {"name": "Inner", "url": "https://10.0.0.1/in"})
    form = visit.form("/webhooks")

    assert 422 == visit.status
    assert "leads into a private network" in visit.text
    assert (["https://10.0.0.1/in"], ["Inner"]) == (form.values["url"], form.values["name"])


def test_who_is_not_the_owner_looks_and_changes_nothing(shop: Market, enter: Door, receiver: Receiver) -> None:
    made = enter("chen").open("/webhooks").press("/webhooks", {"name": "ERP", "url": receiver.url}).answer.text
    [page] = set(re.findall(r"/webhooks/hook_\w+", made))
    liu = enter("liu").open(page)
    offered = liu.offers(f"{page}/act")
    token = liu.form("/language").values["_csrf_token"]
    liu.send(Form(f"{page}/act", "post", values={"_csrf_token": token, "what": ["remove"]}))

    assert not offered
    assert 403 == liu.status
    assert 404 == enter("elif").open(page).status
    assert 403 == enter("irina").open("/webhooks").status
    assert [None] == [row[-1] for row in shop.dump()["webhooks"]]
