"""A marketplace at work, for the tests of its doors: two sellers, their orders and keys, returns walked to any status.

Everything happens through the desk, with real commands by the people whose commands they are. Times are Moscow's.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from backhaul.kit import keys
from backhaul.kit.blobs import Blob
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import MOSCOW, end_of_day, to_us
from backhaul.kit.desk import Answer, Errand, Order
from backhaul.kit.ledger import Entry
from backhaul.kit.server import Served
from backhaul.marketplace import access, errands, key_errands, queries, tables
from backhaul.marketplace.office import Office, open_office
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Status
from tests import replayed, templates, webs
from tests.contract import Watched


def moscow(text: str) -> datetime:
    """`2024-09-02 10:00` on Moscow's wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


ANADOLU, LUMITEK = 1180457, 2093311  # Turkey, China
ELIF = By(Role.SELLER, "elif", str(ANADOLU))
CHEN = By(Role.SELLER, "chen", str(LUMITEK))
IRINA = By(Role.CUSTOMER, "irina", "C-1001")
OLEG = By(Role.CLERK, "oleg", "77-0412")
NADIA = By(Role.MODERATOR, "nadia")
MARINA = By(Role.SUPPORT, "marina")
IML = By(Role.PARTNER, "iml")

MORNING = moscow("2024-09-02 10:00")
EXPLAINED = "The soles are worn through and the laces are gone."


def order_line(
    posting_number: str,
    seller: By,
    name: str,
    price: tuple[int, str, int],
    *,
    weight_gram: int = 900,
    quantity: int = 40,
) -> OrderLine:
    """Units that Irina bought, forty of them. `price` is the seller's, its currency, and the same in kopecks."""
    return OrderLine(
        posting_number=posting_number, line_number=1, sku=700_000 + int(posting_number[:4]),
        offer_id=name.upper().replace(" ", "-"), name=name, category="home", unit_price_minor=price[0],
        currency=price[1], order_rate="1", price_rub_minor=price[2], paid_price_rub_minor=price[2],
        weight_gram=weight_gram, outbound_weight_gram=None, quantity=quantity, seller_id=int(seller.subject),
        seller_country="TR" if seller is ELIF else "CN", customer_ref=IRINA.subject,
        customer_email="irina@example.com", customer_language="ru", serial=None, marking_code=None,
        ordered_on="2024-08-20", delivered_at_us=to_us(moscow("2024-09-01 12:00")),
    )  # fmt: skip


THROW = order_line("10000001-0001-1", ELIF, "Woven throw", (458_450, "TRY", 12_400_00))
MUG = order_line("10000002-0001-1", ELIF, "Mug", (42_049, "TRY", 1_200_00))
KETTLE = order_line("20000001-0001-1", CHEN, "Kettle", (38_806, "CNY", 5_300_00), weight_gram=1_200)
RING = order_line("20000002-0001-1", CHEN, "Ring light", (58_000, "CNY", 7_900_00), quantity=1)
LINES = (THROW, MUG, KETTLE, RING)


class Market:
    """An open office with a clock that we turn."""

    def __init__(self, office: Office, clock: TurnedClock) -> None:
        self.office = office
        self.clock = clock
        self.photo = office.blobs.put_picture(_picture()).id
        self.point_photo = ""  # what points photograph: the same bytes, unless a test says other ones
        self.errand(self._open)

    def _open(self, tx: Tx, at: datetime) -> None:
        errands.import_lines(tx, LINES)
        errands.add_point(tx, OLEG.subject, "pickup", "Moscow, Tverskaya 1")
        for by in (IRINA, OLEG):
            tables.book.keep(tx, Blob(self.photo, "image/jpeg", 1), queries.uploader_of(by), at)

    def errand(self, run: Callable[[Tx, datetime], object]) -> None:
        def run_it(tx: Tx, at: datetime) -> bytes:
            run(tx, at)
            return b""

        self.office.desk.perform_now(Errand(run_it))

    def does(self, by: By, return_id: int, command: do.Command, at: str | datetime | None = None) -> Answer:
        """One command, at an instant or now."""
        if at is not None:
            self.clock.turn_to(moscow(at) if isinstance(at, str) else at)
        return self.office.desk.perform_now(Order(return_id, command, access.Known(by)))

    # Keys

    def key(self, seller: By = ELIF, name: str = "ERP", *, read_only: bool = False) -> str:
        """A new API key; its text."""
        new = keys.make_key(read_only=read_only)
        role = access.RETURNS_READ_ONLY if read_only else access.RETURNS
        policy = self.office.house.terms.policy
        self.errand(lambda tx, at: key_errands.create_key(tx, _owner(seller), name, role, new, policy, at))
        return new.text

    def revoke(self, key: str, seller: By = ELIF) -> None:
        public_id = keys.public_id_of(key) or ""
        self.errand(lambda tx, at: key_errands.revoke_key(tx, _owner(seller), public_id, at))

    # Returns

    def draft(self, line: OrderLine = THROW, reason: str = "did_not_like", comment: str = "") -> int:
        """A return that its customer has not sent yet; its id."""
        request = do.RequestReturn(reason, comment, (self.photo,))
        made: list[Return] = []
        self.errand(
            lambda tx, at: made.extend(request_returns(tx, self.office.desk, LINES.index(line) + 1, request, IRINA, at))
        )
        return made[0].id

    def in_status(self, status: Status, line: OrderLine | None = None, reason: str = "did_not_like") -> int:
        """A new return walked to a status; its id."""
        line = line or (KETTLE if status is Status.AT_PARTNER else THROW)
        return_id = self.draft(line, reason)
        for by, command in self.way_to(status, CHEN if line is KETTLE else ELIF):
            self.does(by, return_id, command)
        return return_id

    def way_to(self, status: Status, seller: By) -> list[tuple[By, do.Command]]:
        """The commands that lead from a draft to this status."""
        photos = (self.point_photo or self.photo,) * 2
        sent: list[tuple[By, do.Command]] = [(IRINA, do.Submit())]
        offered = [*sent, (seller, do.Offer(500))]
        approved = [*sent, (seller, do.Approve())]
        rejected = [*sent, (seller, do.Reject("looks_used", EXPLAINED))]
        accepted = [*approved, (OLEG, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos))]
        on_the_way = [*accepted, (OLEG, do.Dispatch("Linehaul", "W-1"))]
        disposing = [*on_the_way, (OLEG, do.ReceiveForDisposal())]
        now = self.clock.now()
        arrival = do.RecordArrival("IML-MSK-2", to_us(now), to_us(end_of_day(now, 14)))
        ways: dict[Status, list[tuple[By, do.Command]]] = {
            Status.NEW: [],
            Status.SELLER_REVIEW: sent,
            Status.OFFER_SENT: offered,
            Status.SELLER_REVIEW_AFTER_OFFER: [*offered, (IRINA, do.DeclineOffer())],
            Status.PARTIALLY_REFUNDED: [*offered, (IRINA, do.AcceptOffer())],
            Status.REFUNDED_WITHOUT_RETURN: [*sent, (seller, do.RefundWithoutReturn())],
            Status.CANCELLED: [*sent, (IRINA, do.Cancel())],
            Status.APPROVED: approved,
            Status.REJECTED: rejected,
            Status.DISPUTE: [*rejected, (IRINA, do.OpenDispute(EXPLAINED))],
            Status.AWAITING_DROPOFF: [*approved, (IRINA, do.ChoosePoint(OLEG.subject))],
            Status.REFUSED_AT_PVZ: [
                *approved,
                (OLEG, do.CheckIn(OLEG.subject, same_product=False, used=False, photos=photos)),
            ],
            Status.ACCEPTED_AT_PVZ: accepted,
            Status.ON_THE_WAY: on_the_way,
            Status.DISPOSING_BY_MARKETPLACE: disposing,
            Status.DISPOSED_BY_MARKETPLACE: [*disposing, (OLEG, do.CertifyDisposal("shredding", "M. Orlova", photos))],
            Status.AT_PARTNER: [*on_the_way, (IML, arrival)],
        }
        return ways[status]

    def delivered_by_partner(self) -> int:
        """A return whose shipment the partner delivered to the consignee; its id."""
        return_id = self.in_status(Status.AT_PARTNER)
        self.does(IML, return_id, do.RecordHandover("delivered", "CN"))
        return return_id

    # What is there

    def now_is(self, return_id: int) -> Return:
        with self.office.database.read() as tx:
            found = queries.one(tx, return_id)
        if found is None:
            raise LookupError(return_id)
        return found

    def entries(self, return_id: int) -> list[Entry]:
        with self.office.database.read() as tx:
            return queries.entries(tx, return_id)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table except the access log, in a fixed order."""
        kept = [table for table in tables.metadata.sorted_tables if table.name != "access_log"]
        with self.office.database.read() as tx:
            return {
                table.name: tx.rows(Statement(table.select().order_by(*table.primary_key.columns))) for table in kept
            }


@contextmanager
def market(database_url: str, directory: Path, at: datetime = MORNING) -> Iterator[Market]:
    """A marketplace with its clerk at the desk; closed at the end."""
    clock = TurnedClock(at)
    templates.fill(database_url, "backhaul.marketplace", tables.metadata)
    office = open_office(database_url, directory / "data", clock)
    office.desk.start()
    try:
        yield Market(office, clock)
        replayed.check(office, directory)
        replayed.check_folds("marketplace", office, directory)
    finally:
        office.close()


@contextmanager
def served(opened: Market) -> Iterator[str]:
    """The marketplace's whole web on a port of this machine; its address. Answers of the Seller API must keep its contract."""
    watched = Watched(webs.marketplace(opened.office))
    server = Served(watched).start()
    try:
        yield server.url
    finally:
        server.stop()
    assert watched.found == []


def _owner(seller: By) -> access.Account:
    return access.Account(1, seller.id, Role.SELLER, seller.subject, seller.id.title(), "en", owner=True)


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "PNG")
    return out.getvalue()
