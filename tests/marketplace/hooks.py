"""A marketplace whose sellers' programs listen on this machine, and the owner's client of API v1."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from backhaul.kit import egress
from tests.marketplace.cast import MORNING, Market, market
from tests.marketplace.people import Call, calling, let_in
from tests.receiving import Receiver, receiving

ALL_TYPES: tuple[str, ...] = ()


class Hooks:
    """The owner's client, a receiver, and the worker's rounds."""

    def __init__(self, shop: Market, call: Call, receiver: Receiver) -> None:
        self.shop = shop
        self.call = call
        self.owner = call("elif")
        self.receiver = receiver
        sender = shop.office.webhooks
        sender.way = msgspec.structs.replace(sender.way, inside=egress.networks("127.0.0.0/8"))
        sender.jitter = lambda: 1.0

    def make(self, url: str = "", types: tuple[str, ...] = ALL_TYPES, client: httpx2.Client | None = None) -> Any:
        """A webhook, as the answer that made it tells it."""
        wanted = {"url": url or self.receiver.url, "name": "ERP", "types": types}
        answer = (client or self.owner).post("/api/v1/webhooks", json=wanted)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def rounds(self) -> int:
        """Until the worker has nothing more to do at this instant; how many messages were sent."""
        office, sent = self.shop.office, 0
        while done := office.events.place_due() + (now := office.webhooks.send_now()):
            sent += now
            assert done < 10_000
        return sent

    def events(self, client: httpx2.Client | None = None, after: str = "", limit: int = 500) -> list[Any]:
        """What `GET /events` tells, all pages."""
        found: list[Any] = []
        while True:
            answer = (client or self.owner).get("/api/v1/events", params={"after": after, "limit": limit})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["events"]
            after = page["last"]
            if not page["more"]:
                return found

    def get(self, path: str) -> Any:
        answer = self.owner.get(f"/api/v1/webhooks{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> httpx2.Response:
        return self.owner.post(f"/api/v1/webhooks{path}", json=body)


@contextmanager
def hooks(database_url: str, directory: Path, at: datetime = MORNING) -> Iterator[Hooks]:
    with market(database_url, directory, at) as shop, receiving() as receiver:
        shop.errand(let_in)
        with calling(shop) as call:
            yield Hooks(shop, call, receiver)
