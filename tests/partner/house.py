"""A partner with doors: people of every role, two linked sellers, addresses, units that are announced to it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from backhaul.kit import keys
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Statement, Tx
from backhaul.kit.desk import Errand, Order
from backhaul.kit.server import Served
from backhaul.partner import access, errands, queries, tables
from backhaul.partner.access import Known
from backhaul.partner.office import Office, open_office
from backhaul.partner.perform import expect
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import BusinessType, LinkMode, Role
from tests import replayed, templates, webs
from tests.partner.cast import ANADOLU, LUMITEK, MARKETPLACE, QUIET, RUSLAN, announced, moscow, scan

ID = 100_017
PASSWORD = "correct horse battery"
STAFF = (("ruslan", Role.RECEIVER), ("vera", Role.INSPECTOR), ("timur", Role.INSPECTOR), ("sonia", Role.SUPERVISOR))
CHEN, LIU, ELIF = "chen@lumitek.cn", "liuna@lumitek.cn", "elif@anadolu.tr"
STRANGER, VIEWER = "stranger@example.com", "viewer@example.com"


@cache
def hashed() -> str:
    return keys.hash_password(PASSWORD)


@cache
def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


class House:
    """The office, its clock, its web, and short ways to do things without the web."""

    def __init__(self, office: Office, clock: TurnedClock, policy: Policy) -> None:
        self.office = office
        self.clock = clock
        self.follows(policy, "quiet" if policy is QUIET else "halves")
        self.office.publish_epochs()
        self.web = Served(webs.partner(office)).start()
        for login, role in STAFF:
            person = (login, hashed(), role, login.title(), "en")
            self.errand(lambda tx, _, a=person: errands.add_account(tx, *a))
        chen = self.signs_up(CHEN, "Chen Wei", "Lumitek", "CN")
        elif_ = self.signs_up(ELIF, "Elif Kaya", "Anadolu", "TR")
        viewer = self.signs_up(VIEWER, "Viewer", "Viewers", "CN")
        self.signs_up(STRANGER, "Stranger", "Strangers", "CN")
        colleague = (LIU, hashed(), Role.SELLER, "Liu Na", "en", chen.company_id)
        self.errand(lambda tx, _: errands.add_account(tx, *colleague))
        self.links(chen, LUMITEK, BusinessType.CANCEL_ORDERS)
        self.links(elif_, ANADOLU, BusinessType.RETURN_PRODUCT)
        self.links(viewer, LUMITEK, BusinessType.CANCEL_ORDERS, LinkMode.VIEW_ONLY)
        self.hong_kong = self.address(chen, "HK", "Hong Kong", "Kwai Chung, Unit 5B")
        self.kazan = self.address(elif_, "RU", "Kazan", "Depo street 1")
        clock.turn_to(moscow("2024-09-24 12:00"))

    @property
    def url(self) -> str:
        return self.web.url

    def errand(self, run: Any) -> Any:
        """Run a change that is no command; what it gave back."""
        given: list[Any] = []

        def errand(tx: Tx, at: datetime) -> None:
            given.append(run(tx, at))

        self.office.desk.perform_now(Errand(errand))
        return given[0]

    def follows(self, policy: Policy, version: str = "quiet") -> None:
        """From now on this policy holds."""

        def put(tx: Tx, at: datetime) -> None:
            errands.put_terms(tx, "policy", version, policy, at)
            self.office.house.read_terms_again(tx, at)

        self.errand(put)

    def signs_up(self, login: str, name: str, company: str, country: str) -> access.Account:
        form = errands.NewCompany(login, hashed(), name, "en", company, country)
        self.errand(lambda tx, at: errands.sign_up(tx, form, f"token of {login}", Policy(), at))
        self.errand(lambda tx, at: errands.confirm_email(tx, f"token of {login}", at))
        return self.account(login)

    def account(self, login: str) -> access.Account:
        with self.office.database.read() as tx:
            row = tx.one(access.LOGIN, login=login)
        assert row is not None
        return access.account(row[:8])

    def links(
        self, account: access.Account, seller_id: int, kind: BusinessType, mode: LinkMode = LinkMode.RETURNS
    ) -> None:
        link = errands.NewLink(seller_id, f"Seller {seller_id}", kind, mode, b"sealed", 2**50)
        self.errand(lambda tx, at: errands.save_link(tx, account, link, at))

    def address(self, account: access.Account, country: str, city: str, street: str) -> int:
        """An address that the supervisor has confirmed."""
        address, sonia = (country, city, street, "Contact"), self.account("sonia")
        number: int = self.errand(lambda tx, at: errands.add_destination(tx, account, address, Policy(), at))
        self.errand(lambda tx, at: errands.confirm_destination(tx, sonia, number, at))
        return number

    def key(self, login: str, *, read_only: bool) -> str:
        """An API key of this owner's company."""
        new = keys.make_key(read_only=read_only)
        role = access.RETURNS_READ_ONLY if read_only else access.RETURNS
        account, name = self.account(login), f"key {new.public_id}"
        self.errand(lambda tx, at: errands.create_key(tx, account, name, role, new, Policy(), at))
        return new.text

    def expects(self, **changes: Any) -> Parcel:
        told = announced(**changes)
        found: Parcel = self.errand(lambda tx, at: expect(tx, self.office.desk, told, MARKETPLACE, at))
        return found

    def arrives(self, at: str = "2024-10-03 16:42", *, parcel: int = ID, **changes: Any) -> None:
        self.clock.turn_to(moscow(at))
        self.gives(RUSLAN, scan(moscow(at), **{"photos": (), **changes}), parcel)

    def gives(self, by: By, command: do.Command, parcel: int = ID) -> None:
        self.office.desk.perform_now(Order(parcel, command, Known(by)))

    def it(self, parcel: int = ID) -> Parcel:
        with self.office.database.read() as tx:
            found = queries.one(tx, parcel)
        assert found is not None
        return found

    def code(self, parcel: int = ID) -> str:
        with self.office.database.read() as tx:
            return queries.around_of(tx, self.it(parcel)).pickup_code

    def refused_attempts(self) -> list[str]:
        """What the access log keeps."""
        log = self.office.house.journal.access_log
        with self.office.database.read() as tx:
            return [f"{row[2]}: {row[4]} {row[3]}" for row in tx.rows(Statement(log.select().order_by(log.c.id)))]


@contextmanager
def opened(database_url: str, directory: Path, policy: Policy = QUIET) -> Iterator[House]:
    """A partner with its web, closed at the end. Its epochs begin on 2 August 2024."""
    clock = TurnedClock(moscow("2024-08-01 12:00"))
    templates.fill(database_url, "backhaul.partner", tables.metadata)
    office = open_office(database_url, directory / "data", clock)
    office.desk.start()
    house = House(office, clock, policy)
    try:
        yield house
        replayed.check_folds("partner", office, directory)
    finally:
        house.web.stop()
        office.close()
