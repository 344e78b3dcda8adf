"""Many units of Lumitek that wait to be shipped to Hong Kong, and people of the warehouse at API v1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import msgspec

from backhaul.kit import keys
from backhaul.kit.database import Statement
from backhaul.partner import errands, tables
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.tariff import SEED_TARIFF, Freight
from tests.partner.cast import moscow
from tests.partner.house import CHEN, ID, House

BY_WEIGHT = msgspec.structs.replace(SEED_TARIFF, version="2", freight={"HK": Freight(40_00, 12_50)})


def by_weight(house: House) -> None:
    """From now on freight to Hong Kong costs 40.00 and 12.50 a kilogram of chargeable weight."""
    house.errand(lambda tx, at: errands.put_terms(tx, "tariff", "2", BY_WEIGHT, at))


def waiting(house: House, count: int, **changes: Any) -> list[int]:
    """Units that arrived on 3 October and were decided to go to Hong Kong on the 4th; their ids."""
    ids = [ID + n for n in range(count)]
    for n, parcel in enumerate(ids):
        told = {"return_number": f"R-{parcel}", "posting_number": f"7000000{n}-0001-1", "seal": f"S-{parcel}",
                "sku": 700_100 + n, **changes}  # fmt: skip
        house.expects(return_id=parcel, **told)
        house.arrives(parcel=parcel, weight_gram=350)
    house.clock.turn_to(moscow("2024-10-04 10:00"))
    chen = house.account(CHEN).by()
    for parcel in ids:
        house.gives(chen, do.Decide("ship_hk", house.hong_kong), parcel)
    return ids


class Speaker:
    """Somebody at API v1."""

    def __init__(self, house: House, login: str) -> None:
        self.http = httpx2.Client(base_url=f"{house.url}/api/v1", timeout=30)
        token = login
        if not login.startswith("bh_"):
            token, account = keys.session_token(house.office.chance), house.account(login)
            house.errand(lambda tx, at: errands.sign_in(tx, account, token, at))
        self.http.headers["authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def file(self, path: str) -> bytes:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.content

    def does(self, path: str, **body: Any) -> Any:
        """It is done."""
        answer = self.http.post(path, json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def refused(self, path: str, **body: Any) -> tuple[int, str]:
        """Status and code of the refusal."""
        answer = self.http.post(path, json=body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["code"]


@contextmanager
def speaking(house: House, *logins: str) -> Iterator[list[Speaker]]:
    """These people, until the end."""
    people = [Speaker(house, login) for login in logins]
    try:
        yield people
    finally:
        for one in people:
            one.http.close()


def opened(ruslan: Speaker, house: House) -> str:
    """A consignment to Hong Kong; its address."""
    made = ruslan.does("/consignments", destination_id=house.hong_kong, carrier="Pearl Freight")
    return f"/consignments/{made['consignment_id']}"


def letters(house: House, topic: str) -> int:
    """How many letters about this the marketplace gets."""
    outbox = tables.journal.outbox
    with house.office.database.read() as tx:
        return len(tx.rows(Statement(outbox.select().where(outbox.c.topic == topic))))
