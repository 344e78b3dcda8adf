"""Houses with something in them, and everybody who may come to their doors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import requests
import sqlalchemy as sa

from backhaul.kit import egress, keys, webhooks
from backhaul.kit.database import Statement
from backhaul.marketplace import errands as m_errands
from backhaul.marketplace import tables as m_tables
from backhaul.marketplace.access import LOGIN
from backhaul.marketplace.rules.words import Status
from backhaul.partner import consignment_errands
from backhaul.partner import errands as p_errands
from backhaul.partner.rules import commands as do
from backhaul.partner.shapes import Signed
from tests.fuzzing.fuzzer import Fuzzer, Sign, bearer
from tests.marketplace import test_api_v1_access as access
from tests.marketplace.cast import CHEN, ELIF, OLEG, Market, market
from tests.marketplace.people import LOGINS, account, calling, let_in, session
from tests.partner.cast import ANADOLU, LUMITEK, RUSLAN, moscow
from tests.partner.house import CHEN as P_CHEN
from tests.partner.house import ELIF as P_ELIF
from tests.partner.house import ID, LIU, STAFF, STRANGER, VIEWER, House, hashed, opened, picture

STANDS = (
    *[Status.SELLER_REVIEW] * 5, Status.OFFER_SENT, Status.APPROVED, Status.REJECTED, Status.DISPUTE, Status.REFUSED_AT_PVZ,
    Status.ACCEPTED_AT_PVZ, Status.ON_THE_WAY, Status.DISPOSING_BY_MARKETPLACE, Status.AT_PARTNER,
)  # fmt: skip
SHIPPED, KEPT, COMING = (ID + 10, ID + 11, ID + 12), ID + 13, ID + 14
PASSWORDS = Statement(m_tables.accounts.update().values(password=sa.bindparam("password")))
ComeIn = Callable[[], Sign]
SECRET = "whsec_" + "A" * 44


@contextmanager
def marketplace(database_url: str, directory: Path, first: int = 0) -> Iterator[Fuzzer]:
    """A marketplace with a thing of each kind."""
    with market(database_url, directory) as shop:
        shop.errand(let_in)
        shop.errand(lambda tx, _: tx.run(PASSWORDS, password=hashed()))
        sealed = shop.office.seal.close(SECRET)
        shop.errand(
            lambda tx, _: m_errands.register_partner(tx, "partner", "Partner", "http://127.0.0.1:9", sealed, sealed)
        )
        with calling(shop) as call:
            standing: list[object] = [shop.in_status(status) for status in STANDS]
            accepted = shop.in_status(Status.ACCEPTED_AT_PVZ)
            named = access.things(shop)  # the customer is blocked after this
            owner = call("elif")
            key = shop.key(ELIF)
            tokens = {"nobody": "", "key": key, "reading key": shop.key(ELIF, "BI", read_only=True),
                      "another's key": shop.key(CHEN)}  # fmt: skip
            named["report"] = access.report(shop, call(key))
            named["break"] = access.doubtful(call(key))
            named["webhook"] = access.webhook(shop, owner)
            people = sorted(
                LOGINS, key=lambda login: (login != "elif", login)
            )  # the same in every run, the owner first
            roles: dict[str, ComeIn] = {login: partial(_session, shop, login) for login in people}
            roles |= {name: partial(bearer, token) for name, token in tokens.items()}
            roles["the partner"] = partial(signing, shop.office)
            places: dict[str, list[object]] = {}
            for thing in named.values():
                for name, value in thing.items():
                    places.setdefault(name, []).append(value)
            places["number"] = [account_number(shop, "zhao")]
            places["return_id"] += standing
            places["line_id"] = [1, 2, 3, 4]
            places["public_id"] = [keys.public_id_of(shop.key(ELIF, "Old"))]
            places["login"] = ["oleg"]
            places["place"] = [1, 2]
            real = {
                "return_ids": [accepted], "url": "http://127.0.0.1:9999/in", "return_id": standing[0], "point_id": OLEG.subject,
            }  # fmt: skip
            yield with_pictures(Fuzzer(str(owner.base_url), roles, places, first, real))


@contextmanager
def partner(database_url: str, directory: Path, first: int = 0) -> Iterator[Fuzzer]:
    """A partner with a unit that is coming and some that have arrived, a consignment, an orphan, an invoice."""
    with opened(database_url, directory) as house:
        sealed = house.office.seal.close(SECRET)
        house.errand(
            lambda tx, _: p_errands.register_marketplace(
                tx, "marketplace", "Market", "http://127.0.0.1:9", sealed, sealed
            )
        )
        units = _units(house)
        to, terms = consignment_errands.NewConsignment(house.hong_kong), house.office.house.terms
        for _ in range(3):
            house.errand(lambda tx, at: consignment_errands.begin(tx, to, terms, Signed(RUSLAN, at)))
        logins = (P_CHEN, LIU, P_ELIF, STRANGER, VIEWER, *(login for login, _ in STAFF))
        roles: dict[str, ComeIn] = {login: partial(_partner_session, house, login) for login in logins}
        tokens = {
            "nobody": "",
            "key": house.key(P_CHEN, read_only=False),
            "reading key": house.key(P_CHEN, read_only=True),
        }
        roles |= {name: partial(bearer, token) for name, token in tokens.items()}
        roles["the marketplace"] = partial(signing, house.office)
        places: dict[str, list[object]] = {
            "parcel_id": list(units),
            "consignment_id": [1001, 1002, 1003],
            "destination_id": [house.hong_kong, house.kazan],
            "orphan_id": [1001, 1002, 1003, 1004],
            "rule_id": [1],
            "dispute_id": [1],
            "number": ["INV-000001", 1],
            "platform": ["marketplace"],
            "seller_id": [LUMITEK],
            "name": ["packing-list.pdf", "manifest.json", "manifest.csv", "carton-labels.pdf"],
            "kind": ["csv", "json"],
        }
        real = {
            "destination_id": house.hong_kong, "take-out-unit.parcel_id": SHIPPED[1], "pack-unit.code": f"R-{SHIPPED[0]}",
            "declare-goods.parcel_id": SHIPPED[0], "match.parcel_id": COMING, "hand-over.code": house.code(KEPT),
            "url": "http://127.0.0.1:9999/in",
        }  # fmt: skip
        house.office.webhooks.way = msgspec.structs.replace(
            house.office.webhooks.way, inside=egress.networks("127.0.0.1")
        )
        fuzzer = with_pictures(Fuzzer(house.url, roles, places, first, real))
        hooks, hers = f"{house.url}/api/v1/webhooks", fuzzer.sessions[P_CHEN]
        made = hers.post(hooks, json={"url": "http://127.0.0.1:9999/in", "name": "ERP"}, timeout=30).json()["id"]
        places["webhook_id"] = [made]
        places["event_id"] = [hers.post(f"{hooks}/{made}/ping", timeout=30).json()["event_id"]]
        packer, at = fuzzer.sessions["ruslan"], f"{house.url}/api/v1/consignments"
        packer.post(f"{at}/1002/pack-unit", json={"code": f"R-{SHIPPED[1]}"}, timeout=30)
        packer.post(f"{at}/1003/add-carton", timeout=30)
        orphan: dict[str, Any] = {"warehouse": "MSK-2", "weight_gram": 350, "photos": fuzzer.real["photos"]}
        for _ in range(4):
            packer.post(f"{house.url}/api/v1/orphans", json=orphan, timeout=30)
        yield fuzzer


def _units(house: House) -> list[int]:
    """Units of October, which the calendar has ended and an invoice was written for, and of today: undecided, to ship, kept, coming."""
    chen = house.account(P_CHEN).by()
    old, undecided, anothers = [ID + n for n in range(3)], [ID + n for n in (3, 4, 5)], ID + 6
    for unit in old:
        house.expects(return_id=unit, return_number=f"R-{unit}")
        house.arrives(parcel=unit)
    house.gives(chen, do.OrderMedia())
    house.clock.turn_to(moscow("2024-11-01 00:00"))
    while house.office.tick():
        pass
    for unit in (*undecided, *SHIPPED, KEPT, COMING):
        house.expects(return_id=unit, return_number=f"R-{unit}")
    house.expects(
        return_id=anothers, return_number=f"R-{anothers}", seller_id=ANADOLU, seller_country="TR", variant="T"
    )
    for unit in (*undecided, *SHIPPED, KEPT, anothers):
        house.arrives("2024-11-01 09:00", parcel=unit)
    for unit in SHIPPED:
        house.gives(chen, do.Decide("ship_hk", house.hong_kong), unit)
    house.gives(chen, do.Decide("pickup"), KEPT)
    return [*undecided, *SHIPPED, KEPT, anothers, COMING, *old]


def _partner_session(house: House, login: str) -> Sign:
    token, account = keys.session_token(house.office.chance), house.account(login)
    house.errand(lambda tx, at: p_errands.sign_in(tx, account, token, at))
    return bearer(token)


def _session(shop: Market, login: str) -> Sign:
    with shop.office.database.read() as tx:
        is_there = tx.one(LOGIN, login=login) is not None  # somebody may have deactivated them
    return bearer(session(shop, login) if is_there else "")


def with_pictures(fuzzer: Fuzzer) -> Fuzzer:
    """Everybody has brought the same two pictures, so that everybody may name them."""
    ids: dict[str, None] = {}
    for sender, colour in product(fuzzer.sessions.values(), ("red", "teal")):
        answer = sender.post(f"{fuzzer.url}/api/v1/photos", data=picture(colour), timeout=30)
        if answer.status_code == 201:
            ids[answer.json()["id"]] = None
    fuzzer.real |= {"photos": list(ids), "photo": next(iter(ids))}
    return fuzzer


def account_number(shop: Market, login: str) -> int:
    """The number of somebody's account."""
    with shop.office.database.read() as tx:
        return account(tx, login).id


def signing(office: Any) -> Sign:
    """Signs as the other house."""
    count = iter(range(10**9))

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        body = body if isinstance(body, bytes) else str(body).encode()
        try:
            more = webhooks.headers(SECRET, f"m-{next(count)}", office.clock.now(), body)
        except UnicodeDecodeError:
            more = {}
        request.headers.update(more)
        return request

    return sign
