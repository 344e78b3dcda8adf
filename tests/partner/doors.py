"""Who comes to a partner: by the sign-in form of its pages, or with a token of API v1."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx2

from tests.partner.house import PASSWORD, House
from tests.web.forms import Visit

Door = Callable[[str], Visit]
Call = Callable[[str], httpx2.Client]


@contextmanager
def entering(house: House) -> Iterator[Door]:
    """Sign people in by the form; they read English, whatever their account says."""
    with ExitStack() as visits:

        def sign_in(login: str) -> Visit:
            visit = visits.enter_context(Visit(house.url))
            visit.client.cookies.set("language", "en")
            return visit.sign_in(login, PASSWORD)

        yield sign_in


@contextmanager
def calling(house: House) -> Iterator[Call]:
    """A client of API v1 for a login, or for a key as it is."""
    with ExitStack() as clients:

        def client(who: str) -> httpx2.Client:
            made = clients.enter_context(httpx2.Client(base_url=f"{house.url}/api/v1", timeout=30))
            token = who
            if not who.startswith("bh_"):
                answer = made.post("/sessions", json={"login": who, "password": PASSWORD})
                assert answer.status_code == 201, answer.text
                token = answer.json()["token"]
            made.headers["authorization"] = f"Bearer {token}"
            return made

        yield client
