"""Who and what is there when a simulation begins: sellers and their keys, orders on every edge of the rate card, a linked partner.

The two databases are furnished once a process and copied for each seed.
"""

import atexit
import shutil
import sqlite3
import tempfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.marketplace import access as marketplace_access
from backhaul.marketplace import errands, key_errands
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role
from backhaul.partner import access as partner_access
from backhaul.partner import errands as partner_errands
from backhaul.partner import platform_errands
from backhaul.partner.rules.words import BusinessType, LinkMode
from backhaul.partner.rules.words import Role as PartnerRole
from backhaul.stage import introduce
from tests.marketplace.cast import ANADOLU, CHEN, ELIF, IRINA, LUMITEK, NADIA, OLEG, moscow, order_line
from tests.partner.cast import QUIET
from tests.simulation.clocks import World
from tests.simulation.crashes import Faults
from tests.simulation.houses import House
from tests.simulation.network import Network

__all__ = ["ANADOLU", "LUMITEK", "NADIA", "OLEG", "START", "Keys", "copied", "furnish"]

START = moscow("2024-09-02 10:00")
TANYA = By(Role.CLERK, "tanya", "77-0900", point_kind="sorting")
SORTING, PICKUP = TANYA.subject, OLEG.subject
# The edges of the card and of the law: (low, high], half kopecks at 5, 7 and 15 %, and 1,500 and 1,800 roubles.
PRICES = (
    1_200_00, 1_500_00, 1_500_01, 1_799_99, 1_800_00, 5_000_00, 5_000_01, 5_300_50, 5_300_10, 10_000_00, 10_000_01,
    12_400_00, 15_000_00, 15_000_30, 16_800_10, 20_000_00, 20_000_01, 25_000_00, 25_000_01,
)  # fmt: skip
WEIGHTS = (350, 1_000, 1_001, 4_000, 4_001, 7_000, 7_001)
LINES = 10
UNITS = 12


class Keys(msgspec.Struct):
    """The texts of keys, by seller: what may act and what may look, at each house."""

    acts: dict[str, str]
    looks: dict[str, str]
    company_acts: str
    company_looks: str
    hong_kong: int
    young: int
    unconfirmed: int


def lines_of(rng: Random) -> list[OrderLine]:
    """Order lines of both sellers; some were paid with a discount."""
    found = []
    for n in range(LINES):
        price = rng.choice(PRICES)
        line = order_line(f"3000{n:04d}-0001-1", rng.choice((ELIF, CHEN)), f"Thing {n}", (price, "RUB", price),
                          weight_gram=rng.choice(WEIGHTS), quantity=UNITS)  # fmt: skip
        paid = price - rng.choice((0, 0, 100_00, price // 10))
        found.append(msgspec.structs.replace(line, paid_price_rub_minor=paid, customer_ref=IRINA.subject))
    return found


def errand(house: House, run: Any) -> Any:
    """A change that is no command."""
    given: list[Any] = []

    def run_it(tx: Tx, at: datetime) -> bytes:
        given[:] = [run(tx, at)]
        return b""

    house.office.desk.perform_now(Errand(run_it))
    return given[0]


def furnish(marketplace: House, partner: House) -> Keys:
    """Everything that is the same in every run."""
    introduce(marketplace.office, partner.office, "http://marketplace.example", "http://partner.example")
    errand(marketplace, lambda tx, _: errands.add_point(tx, PICKUP, "pickup", "Moscow, Tverskaya 1"))
    errand(marketplace, lambda tx, _: errands.add_point(tx, SORTING, "sorting", "Podolsk, 2"))
    first = [msgspec.structs.replace(order_line(f"2900000{n}-0001-1", by, "First", (100_00, "RUB", 100_00)), quantity=1)
             for n, by in enumerate((ELIF, CHEN))]  # fmt: skip
    errand(marketplace, lambda tx, _: errands.import_lines(tx, first))
    acts = {by.subject: _key(marketplace, by, read_only=False) for by in (ELIF, CHEN)}
    looks = {by.subject: _key(marketplace, by, read_only=True) for by in (ELIF, CHEN)}
    return _furnish_partner(marketplace, partner, acts, looks)


def _key(house: House, seller: By, *, read_only: bool) -> str:
    new = keys.make_key(read_only=read_only, chance=house.rng.randbytes)
    role = marketplace_access.RETURNS_READ_ONLY if read_only else marketplace_access.RETURNS
    owner = marketplace_access.Account(1, seller.id, Role.SELLER, seller.subject, seller.id, "en", owner=True)
    policy = house.office.house.terms.policy
    name = f"key {new.public_id}"
    errand(house, lambda tx, at: key_errands.create_key(tx, owner, name, role, new, policy, at))
    return new.text


def _furnish_partner(marketplace: House, house: House, acts: dict[str, str], looks: dict[str, str]) -> Keys:
    office = house.office
    policy = msgspec.structs.replace(QUIET, warehouses=("MSK-2",))
    errand(house, lambda tx, at: partner_errands.put_terms(tx, "policy", "quiet", policy, at))
    with office.database.read() as tx:
        office.house.read_terms_again(tx, house.clock.now())
    office.publish_epochs()
    for login, role in (
        ("ruslan", PartnerRole.RECEIVER),
        ("vera", PartnerRole.INSPECTOR),
        ("sonia", PartnerRole.SUPERVISOR),
    ):
        errand(house, lambda tx, _, a=(login, "", role, login, "en"): partner_errands.add_account(tx, *a))
    accounts = {}
    for login, country, seller_id in (("chen@lumitek.cn", "CN", LUMITEK), ("elif@anadolu.tr", "TR", ANADOLU)):
        form = partner_errands.NewCompany(login, "", login, "en", f"Company of {seller_id}", country)
        errand(house, lambda tx, at, f=form: partner_errands.sign_up(tx, f, f"token {f.login}", policy, at))
        errand(house, lambda tx, at, f=form: partner_errands.confirm_email(tx, f"token {f.login}", at))
        accounts[login] = _account(house, login)
        kind = BusinessType.RETURN_PRODUCT if country == "TR" else BusinessType.CANCEL_ORDERS
        sealed = office.seal.close(acts[str(seller_id)])
        link = partner_errands.NewLink(seller_id, login, kind, LinkMode.RETURNS, sealed, 2**50)
        errand(house, lambda tx, at, a=accounts[login], n=link: partner_errands.save_link(tx, a, n, at))
        errand(
            house,
            lambda tx, at, s=seller_id: platform_errands.start_poll(
                tx, "marketplace", s, at, timedelta(minutes=10), is_whole=True
            ),
        )
    chen, sonia = accounts["chen@lumitek.cn"], _account(house, "sonia")

    def address(country: str, city: str, *, confirmed: bool) -> int:
        said = (country, city, "Street 1", "Contact")
        number: int = errand(house, lambda tx, at: partner_errands.add_destination(tx, chen, said, policy, at))
        if confirmed:
            errand(house, lambda tx, at: partner_errands.confirm_destination(tx, sonia, number, at))
        return number

    errand(marketplace, lambda tx, _: errands.link_seller(tx, LUMITEK, linked=True))
    return Keys(
        acts, looks, _company_key(house, chen, read_only=False), _company_key(house, chen, read_only=True),
        address("HK", "Hong Kong", confirmed=True), address("CN", "Shanghai", confirmed=True),
        address("RU", "Kazan", confirmed=False),
    )  # fmt: skip


def _account(house: House, login: str) -> Any:
    with house.office.database.read() as tx:
        row = tx.one(partner_access.LOGIN, login=login)
    assert row is not None
    return partner_access.account(row[:8])


def _company_key(house: House, account: Any, *, read_only: bool) -> str:
    new = keys.make_key(read_only=read_only, chance=house.rng.randbytes)
    role = partner_access.RETURNS_READ_ONLY if read_only else partner_access.RETURNS
    policy = house.office.house.terms.policy
    errand(house, lambda tx, at: partner_errands.create_key(tx, account, f"key {new.public_id}", role, new, policy, at))
    return new.text


@cache
def _furnished() -> tuple[Path, Keys]:
    """The furnished databases, and the keys in them. A month before the simulations begin, so that addresses are old."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-simulation-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    world, rng = World(START - timedelta(days=30)), Random("the furniture")
    network = Network(world, rng, lambda _: None)
    faults = Faults(rng, {}, lambda _: None)
    marketplace = House("marketplace", folder / "marketplace", world, network, faults, rng)
    partner = House("partner", folder / "partner", world, network, faults, rng)
    made = furnish(marketplace, partner)
    for house in (marketplace, partner):
        house.close()
        with sqlite3.connect(house.path) as connection:  # what still stands in the log beside the file
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return folder, made


def copied(directory: Path) -> Keys:
    """The furnished databases under a directory; the keys in them."""
    folder, made = _furnished()
    for name in ("marketplace", "partner"):
        (directory / name).mkdir(parents=True)
        shutil.copyfile(folder / name / f"{name}.db", directory / name / f"{name}.db")
    return made


def begun(marketplace: House, rng: Random) -> list[OrderLine]:
    """What is drawn anew for each seed: the orders; their places in the list are their numbers in the database, from 3 on."""
    lines = lines_of(rng)
    errand(marketplace, lambda tx, _: errands.import_lines(tx, lines))
    if rng.random() < 0.4:
        ticket = "55-1204"
        support = By(Role.SUPPORT, "marina")
        errand(
            marketplace,
            lambda tx, _: errands.switch_moderation(tx, support, ANADOLU, ticket, "", "Look at the photos."),
        )
    return lines


def revoke(house: House, seller: By, public_id: str) -> None:
    """The owner of a seller's account revokes a key."""
    owner = marketplace_access.Account(1, seller.id, Role.SELLER, seller.subject, seller.id, "en", owner=True)
    errand(house, lambda tx, at: key_errands.revoke_key(tx, owner, public_id, at))
