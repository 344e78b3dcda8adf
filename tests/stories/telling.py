"""How stories speak: Moscow instants, order lines by hand, people who use the API."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.marketplace.orders import OrderLine
from backhaul.partner.errands import put_terms
from backhaul.partner.office import Office
from backhaul.partner.rules.policy import Policy
from backhaul.world import PASSWORD, World, load

MOSCOW = ZoneInfo("Europe/Moscow")


def moscow(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, year: int = 2024) -> datetime:
    """An instant as the journeys write it."""
    return datetime(year, month, day, hour, minute, second, tzinfo=MOSCOW).astimezone(UTC)


def deliver(world: World, name: str, price_rub: int, weight_gram: int, *, seller: tuple[int, str], customer: str = "C-1001",
            posting: str = "70000001-0001-1", marking_code: str | None = None) -> None:  # fmt: skip
    """One order line of one unit, delivered yesterday."""
    delivered_us = int(world.stage.clock.now().timestamp() - 86_400) * 1_000_000
    load(world, [
        OrderLine(
            posting_number=posting, line_number=1, sku=400001, offer_id=f"OF-{weight_gram}", name=name, category="home",
            unit_price_minor=price_rub * 100, currency="RUB", order_rate="1", price_rub_minor=price_rub * 100,
            paid_price_rub_minor=price_rub * 100, weight_gram=weight_gram, outbound_weight_gram=None, quantity=1,
            seller_id=seller[0], seller_country=seller[1], customer_ref=customer, customer_email="c@example.com",
            customer_language="en", serial=None, marking_code=marking_code, ordered_on="2024-08-01", delivered_at_us=delivered_us,
        )
    ])  # fmt: skip


def follow(partner: Office, policy: Policy, version: str = "quiet") -> None:
    """The partner follows a policy from now on, and has published the epochs of its draw by it."""

    def put(tx: Tx, at: datetime) -> None:
        put_terms(tx, "policy", version, policy, at)
        partner.house.read_terms_again(tx, at)

    partner.desk.perform_now(Errand(put))
    partner.publish_epochs()


OPEN: list[httpx2.Client] = []


class Caller:
    """A person who uses a house's API v1. The fixture closes what is still open when the story ends."""

    def __init__(self, url: str, login: str) -> None:
        self.http = httpx2.Client(base_url=f"{url}/api/v1", timeout=30)
        OPEN.append(self.http)
        answer = self.http.post("/sessions", json={"login": login, "password": PASSWORD})
        answer.raise_for_status()
        self.http.headers["authorization"] = f"Bearer {answer.json()['token']}"

    def get(self, path: str) -> Any:
        """What stands there."""
        answer = self.http.get(path)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Ask for something; the answer, whatever it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, json={} if body is None else body, headers=named)

    def photos(self, pictures: list[bytes]) -> list[str]:
        """Upload pictures; their ids."""
        return [self.http.post("/photos", content=picture).json()["id"] for picture in pictures]
