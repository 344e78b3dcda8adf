"""The walk-through's people and its story: one return from a customer's request to its end, step by step, each by whose turn it is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.i18n import N_
from backhaul.marketplace import facet_queries, queries
from backhaul.marketplace.filters import Filter
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import RefundStatus, Status

CUSTOMER, POSTING, UNITS = "C-1001", "89000000-0002-1", 9
TURKISH_SELLER = 1180457
# From here the story's way is left: there are other ways to the end of a return.
STRAYED = frozenset({
    Status.CANCELLED, Status.REJECTED, Status.DISPUTE, Status.REFUNDED_WITHOUT_RETURN, Status.PARTIALLY_REFUNDED,
    Status.DROPOFF_EXPIRED, Status.REFUSED_AT_PVZ, Status.CLOSED_NO_REPLY, Status.LOST, Status.FOUND_AFTER_CLAIM,
})  # fmt: skip


class Person(msgspec.Struct, frozen=True):
    """Somebody whom a visitor can be: what they see, what to try first, and where."""

    house: str
    login: str
    name: str
    role: str
    sees: str
    first: str
    path: str


PEOPLE = {
    "customer": Person(
        "marketplace", "irina", "Irina", N_("Customer"), N_("Her orders, her returns and where the money is."),
        N_("Return something that was delivered."), "/orders",
    ),
    "seller": Person(
        "marketplace", "elif", "Elif Kaya", N_("Seller from Turkey"),
        N_("Requests with their deadlines, money, reports and keys."), N_("Answer the request whose time ends first."),
        "/returns",
    ),
    "clerk": Person(
        "marketplace", "oleg", "Oleg", N_("Clerk of a pick-up point"), N_("What is expected and accepted at his counter."),
        N_("Check a product that a customer brings."), "/counter",
    ),
    "sorting": Person(
        "marketplace", "nina", "Nina", N_("Clerk of a sorting point"), N_("What the marketplace disposes of."),
        N_("Weigh a product and certify its disposal."), "/counter",
    ),
    "moderator": Person(
        "marketplace", "anna", "Anna", N_("Moderator"), N_("Requests before their sellers see them, disputes and appeals."),
        N_("Decide the dispute that waits."), "/moderation?queue=disputes",
    ),
    "support": Person(
        "marketplace", "marina", "Marina", N_("Support"), N_("Every return, all money, sellers, points and rules."),
        N_("Open a return and see why each step happened."), "/support",
    ),
    "partner-seller": Person(
        "partner", "chen@example.com", "Chen Wei", N_("Seller from China"),
        N_("His units in the warehouse, with the days that are left."), N_("Decide what happens to the unit whose days end first."),
        "/parcels",
    ),
    "receiver": Person(
        "partner", "darya", "Darya", N_("Receiver in the warehouse"), N_("The dock, the shelves and what is to be packed."),
        N_("Receive a parcel with a scan."), "/receiving",
    ),
    "inspector": Person(
        "partner", "timur", "Timur", N_("Inspector in the warehouse"), N_("Units to inspect, and why each of them was drawn."),
        N_("Inspect a unit and give it a mark."), "/warehouse",
    ),
    "supervisor": Person(
        "partner", "vera", "Vera", N_("Supervisor of the warehouse"), N_("Inspectors, destruction, invoices, tariff and policy."),
        N_("See which inspectors are checked again."), "/inspection",
    ),
}  # fmt: skip
# Chen signs in at both houses; as a seller at the marketplace he has a part in the story only.
CHEN = Person("marketplace", "chen", "Chen Wei", N_("Seller from China"), "", "", "/returns")


class Story(msgspec.Struct, frozen=True):
    """How far the story has come: the newest return of its order line, if there is one. `units_free`: it can begin again.

    `compensated`: another return, whose product the marketplace itself disposed of.
    """

    line_id: int
    units_free: int
    it: Return | None
    compensated: Return | None = None

    @property
    def strayed(self) -> bool:
        """Whether somebody chose another way than the story's."""
        return self.it is not None and self.it.status in STRAYED


class Step(msgspec.Struct, frozen=True):
    """One step: whose turn it is, what to do, where, and whether it is done. `pictures`: how many it takes."""

    who: Person
    title: str
    note: str
    path: str
    is_done: Callable[[Return], bool]
    pictures: int = 0


def _is_decided(it: Return) -> bool:
    return it.parcel is not None and it.parcel.decision not in {"", "none"}


STEPS = (
    Step(
        PEOPLE["customer"], N_("Irina asks for a return"),
        N_("Choose a reason, add a picture of the product and send the request."),
        "/returns/{id}", lambda it: it.status is not Status.NEW, 1,
    ),
    Step(
        CHEN, N_("The seller answers"),
        N_("Look at the reason and the picture and approve the request {number}. Left alone for 3 days, it would approve itself."),
        "/returns/{id}", lambda it: it.approved_by is not None,
    ),
    Step(
        PEOPLE["customer"], N_("Irina chooses where to bring it"),
        N_("Choose the pick-up point in Lesnaya 9: a pass with a code is made for the counter."),
        "/returns/{id}", lambda it: bool(it.point_id) or it.accepted_at is not None,
    ),
    Step(
        PEOPLE["clerk"], N_("The pick-up point checks the product"),
        N_("Answer the checklist for {number} and add two pictures. When it is accepted, the customer's money is on its way."),
        "/counter?number={number}", lambda it: it.accepted_at is not None, 2,
    ),
    Step(
        PEOPLE["clerk"], N_("The product leaves for the partner"),
        N_("Tick {number} under what was accepted, name a carrier and hand it over."),
        "/counter#accepted", lambda it: it.dispatched_at is not None or it.parcel is not None,
    ),
    Step(
        PEOPLE["support"], N_("Support sends the money"),
        N_("Every step of {number} stands in one timeline, with its reason. Send the refund now, without waiting for the payout run."),
        "/returns/{id}", lambda it: it.refund.status in {RefundStatus.SENT, RefundStatus.CONFIRMED},
    ),
    Step(
        PEOPLE["receiver"], N_("The partner's dock receives it"),
        N_("Type {number} where a scanner would read it. Then check it at the gate: the code LMT-LAMP-21, 900 g and a picture."),
        "/receiving", lambda it: it.parcel is not None, 1,
    ),
    Step(
        PEOPLE["inspector"], N_("The partner inspects it"),
        N_("The price alone makes this check due. Give {number} a mark; damage needs a picture."),
        "/parcels/{id}", lambda it: it.parcel is not None and it.parcel.mark is not None, 2,
    ),
    Step(
        PEOPLE["partner-seller"], N_("The seller decides before the deadline"),
        N_("14 days are left for {number}, and the page says why. Keep it for pick-up or dispose of it; undecided, it would be disposed of too."),
        "/parcels/{id}", _is_decided,
    ),
    Step(
        PEOPLE["receiver"], N_("The warehouse carries it out"),
        N_("Hand {number} over by the code on the seller's page. Or destroy it, when the two hours to take that back are over: a certificate is made."),
        "/parcels/{id}", lambda it: it.parcel is not None and it.parcel.status in {"disposed", "picked_up", "delivered"}, 1,
    ),
)  # fmt: skip


def line(seller_id: int, at: datetime) -> OrderLine:
    """The order line that the story is about: delivered a few hours ago, so dear that an inspection is due."""
    return OrderLine(
        posting_number=POSTING, line_number=1, sku=990002, offer_id="LMT-LAMP-21", name="LED floor lamp, brass, 165 cm",
        category="electronics", unit_price_minor=12_400_00, currency="RUB", order_rate="1", price_rub_minor=12_400_00,
        paid_price_rub_minor=12_400_00, weight_gram=900, outbound_weight_gram=None, quantity=UNITS, seller_id=seller_id,
        seller_country="CN", customer_ref=CUSTOMER, customer_email="irina.s@example.com", customer_language="ru",
        serial=None, marking_code=None, ordered_on=(at - timedelta(days=8)).date().isoformat(),
        delivered_at_us=to_us(at - timedelta(hours=5)),
    )  # fmt: skip


def told(tx: Tx) -> Story | None:
    """Where the story stands; none in a world without its order line."""
    ordered = next((o for o in queries.lines_of_customer(tx, CUSTOMER) if o.line.posting_number == POSTING), None)
    if ordered is None:
        return None
    disposed = facet_queries.newest(tx, TURKISH_SELLER, Filter(), from_us(0), (Status.DISPOSED_BY_MARKETPLACE,), most=1)
    of_line = (it for it in queries.of_customer(tx, CUSTOMER) if it.line.posting_number == POSTING)
    return Story(ordered.id, ordered.units_free, next(of_line, None), disposed[0] if disposed else None)


def begin_at(story: Story) -> str:
    """Where the customer asks for the return that the story is about, the first time or once more."""
    return f"/orders/{story.line_id}/return"


def path_of(step: Step, it: Return) -> str:
    """Where a step is done, and looked at afterwards."""
    return step.path.format(id=it.id, number=it.number)


def following(story: Story) -> int | None:
    """The index of the step that is next; none when all are done or the story was left."""
    if story.strayed:
        return None
    done = [story.it is not None and step.is_done(story.it) for step in STEPS]
    return next((n for n, is_done in enumerate(done) if not is_done), None)
