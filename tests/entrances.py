"""The entrances of both houses, for tests of how people get in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from backhaul.kit.database import Tx
from backhaul.marketplace import errands as marketplace_errands
from backhaul.partner import errands as partner_errands
from tests.marketplace.cast import market, served
from tests.partner.house import CHEN, opened
from tests.web.company import let_in

HOUSES = ("marketplace", "partner")


class Entrance:
    """A house's entrance: `login` (a seller), `staff` and `chief` (who resets) have accounts with PASSWORD; a clock that can be turned."""

    def __init__(self, opened: Any, url: str, cookie: str, login: str, staff: str, chief: str) -> None:
        self.opened, self.office, self.clock = opened, opened.office, opened.clock
        self.url, self.cookie, self.login, self.staff, self.chief = url, cookie, login, staff, chief

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=30)

    def follows(self, **policy: object) -> None:
        """From now on the policy says so."""
        errands = marketplace_errands if self.cookie == "marketplace_session" else partner_errands
        changed = msgspec.structs.replace(self.office.house.terms.policy, **policy)

        def put(tx: Tx, at: datetime) -> None:
            errands.put_terms(tx, "policy", "changed", changed, at)
            self.office.house.read_terms_again(tx, at)

        self.opened.errand(put)

    def api(self, login: str, password: str, **more: str) -> httpx2.Response:
        with self.client() as client:
            return client.post("/api/v1/sessions", json={"login": login, "password": password, **more})

    def page(self, client: httpx2.Client, login: str, password: str) -> httpx2.Response:
        client.get("/sign-in")
        [token] = [value for name, value in client.cookies.items() if name.endswith("_csrf")]
        return client.post("/sign-in", data={"login": login, "password": password, "_csrf_token": token})


@contextmanager
def entrance(house: str, directory: Path, url: str = "") -> Iterator[Entrance]:
    url = url or f"sqlite:///{directory / 'database.sqlite'}"
    if house == "marketplace":
        with market(url, directory) as shop:
            shop.errand(let_in)
            with served(shop) as at:
                yield Entrance(shop, at, "marketplace_session", "chen", "nadia", "marina")
    else:
        with opened(url, directory) as house_:
            yield Entrance(house_, house_.url, "partner_session", CHEN, "ruslan", "sonia")


def seen(answer: httpx2.Response) -> tuple[int, str]:
    """What somebody who guesses can compare: the page without its nonces, tokens and what they typed."""
    text = re.sub(r'nonce="[^"]*"|name="_csrf_token" value="[^"]*"|value="[^"]*"', "", answer.text)
    return answer.status_code, text
