"""Whole returns at our marketplace over HTTP: a customer asks, the seller approves, a point takes in, support sends the refund."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image

from backhaul.kit import keys
from backhaul.kit.clock import Clock
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand
from backhaul.marketplace import access, errands, key_errands, queries
from backhaul.marketplace.office import Office, open_office
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules.words import Role, Status
from bench.fixture import PAID, PRICE_MINOR
from bench.flows import Flow, Line

CUSTOMERS, SELLERS, LINES_AT_ONCE = 64, 8, 2_000
POINT = "77-0412"
CALLS = (
    ("create", "POST /api/v1/orders/{id}/returns"),
    ("approve", "POST /api/v1/returns/{id}/approve"),
    ("receive", "POST /api/v1/returns/{id}/check-in"),
    ("refund", "POST /api/v1/returns/{id}/send-refund"),
)


@dataclass(frozen=True)
class Ordered:
    """One unit of an order line, and what its customer and its seller show at the door."""

    line_id: int
    customer: str
    seller: str


@dataclass(frozen=True)
class People:
    """What everybody shows at the door, and the orders."""

    orders: list[Ordered]
    customers: list[str]
    clerk: str
    support: str


@dataclass(frozen=True)
class Photos:
    """Pictures uploaded before: one of each customer, two of the point. The other side has none."""

    of_customer: dict[str, str]
    of_point: list[str]


def prepare(database_url: str, data: Path, count: int) -> People:
    """Fill an empty database with `count` delivered order lines of 64 customers and 8 sellers, who are all signed in."""
    office = open_office(database_url, data, Clock())
    try:
        _errand(office, lambda tx: errands.add_point(tx, POINT, "pickup", "Moscow, Lesnaya 9"))
        sellers = [_key(office, 2_000_001 + n) for n in range(SELLERS)]
        customers = [_session(office, f"customer{n}", Role.CUSTOMER, f"C-{n}") for n in range(CUSTOMERS)]
        clerk = _session(office, "clerk", Role.CLERK, POINT)
        support = _session(office, "support", Role.SUPPORT, "")
        for first in range(0, count, LINES_AT_ONCE):
            lines = [_line(office, n) for n in range(first, min(first + LINES_AT_ONCE, count))]
            _errand(office, partial(errands.import_lines, lines=lines))
        orders = [Ordered(n + 1, customers[n % CUSTOMERS], sellers[n % SELLERS]) for n in range(count)]
        return People(orders, customers, clerk, support)
    finally:
        office.close()


def upload(port: int, people: People) -> Photos:
    """The pictures, by the door for pictures."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as client:

        def keep(who: str, colour: str) -> str:
            headers = {"authorization": who, "content-type": "image/jpeg"}
            said = client.post("/photos", content=_picture(colour), headers=headers).raise_for_status()
            return str(next(iter(said.json().values())))

        of_customer = {one: keep(one, f"#{n:06x}") for n, one in enumerate(people.customers)}
        return Photos(of_customer, [keep(people.clerk, "red"), keep(people.clerk, "blue")])


def flow_of(people: People, photos: Photos, done: list[int]) -> Flow:
    """One return from its request to the money, by the calls in `CALLS`, each with a key against doing it twice."""

    async def flow(line: Line, one: Any) -> None:
        asked = {"reason": "does_not_work", "comment": "It does not switch on.", "send": True,
                 "photos": [photos.of_customer[one.customer]]}  # fmt: skip
        path, key = f"/api/v1/orders/{one.line_id}/returns", f"flow-{one.line_id}-create"
        made = await line.post("create", path, one.customer, asked, key)
        return_id = made["return_id"]

        async def act(step: str, word: str, who: str, body: object) -> None:
            await line.post(step, f"/api/v1/returns/{return_id}/{word}", who, body, f"flow-{return_id}-{word}")

        await act("approve", "approve", one.seller, {})
        checked = {"point_id": POINT, "same_product": True, "used": False, "photos": photos.of_point}
        await act("receive", "check-in", people.clerk, checked)
        await act("refund", "send-refund", people.support, {})
        done.append(return_id)

    return flow


def prove(database_url: str, data: Path, return_ids: list[int]) -> None:
    """Every flow left a return that was taken in, its refund on the way, one entry of its price, its events chained."""
    office = open_office(database_url, data, Clock())
    try:
        with office.database.read() as tx:
            paid = dict(tx.rows(PAID))
            for return_id in return_ids:
                again, chained = queries.replay(tx, return_id)
                proofs = (
                    chained,
                    again is not None and again == queries.one(tx, return_id),
                    again is not None and again.status is Status.ACCEPTED_AT_PVZ,
                    again is not None and again.refund.status == "sent",
                    paid.get(return_id, 0) >= PRICE_MINOR,
                )
                if not all(proofs):
                    raise RuntimeError(f"return {return_id} is not whole after its flow: {proofs} {again}")
    finally:
        office.close()


def _picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


def _key(office: Office, seller_id: int) -> str:
    key = keys.make_key(read_only=False)
    owner = access.Account(0, "bench", Role.SELLER, str(seller_id), "Bench", "en", owner=True)
    policy = office.house.terms.policy
    office.desk.perform_now(
        Errand(lambda tx, at: key_errands.create_key(tx, owner, "bench", access.RETURNS, key, policy, at))
    )
    return f"Bearer {key.text}"


def _session(office: Office, login: str, role: Role, subject: str) -> str:
    token = keys.session_token()

    def run(tx: Tx, at: Any) -> bytes:
        errands.add_account(tx, login, "no password", role, subject, login.title(), "en", owner=False)
        row = tx.one(access.LOGIN, login=login)
        if row is not None:
            errands.sign_in(tx, access.account_of(row[:-1]), token, at)
        return b""

    office.desk.perform_now(Errand(run))
    return f"Bearer {token}"


def _errand(office: Office, run: Callable[[Tx], object]) -> None:
    office.desk.perform_now(Errand(lambda tx, _: run(tx) and b""))  # type: ignore[arg-type, return-value]


def _line(office: Office, n: int) -> OrderLine:
    delivered = office.clock.now() - timedelta(days=3)
    return OrderLine(
        posting_number=f"{20_000_000 + n}-0001-1", line_number=1, sku=400000 + n % 5000, offer_id=f"OF-{n % 5000}",
        name="Headset", category="audio", unit_price_minor=PRICE_MINOR, currency="RUB", order_rate="1",
        price_rub_minor=PRICE_MINOR, paid_price_rub_minor=PRICE_MINOR, weight_gram=350, outbound_weight_gram=None,
        quantity=1, seller_id=2_000_001 + n % SELLERS, seller_country="CN", customer_ref=f"C-{n % CUSTOMERS}",
        customer_email="", customer_language="en", serial=None, marking_code=None,
        ordered_on=(delivered - timedelta(days=5)).date().isoformat(), delivered_at_us=to_us(delivered),
    )  # fmt: skip
