"""Who appears in the tests of the law, and `Story`: one return, told command by command. Times are Moscow's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
import pytest

from backhaul.kit.days import MOSCOW, end_of_day, to_us
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money, exact_scaled
from backhaul.marketplace.rules import chart, decisions
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.decisions import By, SellerFacts
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return, born, evolve
from backhaul.marketplace.rules.words import Mark, Role, Route, Variant

Kind = TypeVar("Kind", bound=e.Event)


@dataclass(frozen=True)
class Shop:
    """A seller: where it is registered gives the variant."""

    seller_id: int
    country: str
    variant: Variant


ANADOLU = Shop(1180457, "TR", Variant.T)
LUMITEK = Shop(2093311, "CN", Variant.C)

ELIF = By(Role.SELLER, "elif", "1180457")
CHEN = By(Role.SELLER, "chen", "2093311")
ZHAO = By(Role.SELLER, "bi-key", "2093311", writes=False)
IRINA = By(Role.CUSTOMER, "irina", "C-1")
PAVEL = By(Role.CUSTOMER, "pavel", "C-2")
OLEG = By(Role.CLERK, "oleg", "77-0412")
NADIA = By(Role.MODERATOR, "nadia")
MARINA = By(Role.SUPPORT, "marina")
BANK = By(Role.BANK, "statement:1")
IML = By(Role.PARTNER, "iml")
CALENDAR = By(Role.CALENDAR, "calendar")

SELLER_OF = {ANADOLU: ELIF, LUMITEK: CHEN}
EXPLAINED = "The soles are worn and the laces are gone."
TWO_PHOTOS = ("counter-1", "counter-2")

UNLINKED = SellerFacts()
LINKED = SellerFacts(linked=True)
MODERATED = SellerFacts(moderation_ticket="55-1204")


def moscow(text: str) -> datetime:
    """`2024-09-10 09:30` on Moscow's wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


def rub(text: str) -> Money:
    return Money(exact_scaled(text, 2))


def line(
    price: str = "12400.00",
    weight_gram: int = 900,
    *,
    paid: str | None = None,
    category: str = "home",
    delivered: str = "2024-09-01 12:00",
) -> e.Line:
    """J3's woven throw, unless told otherwise. The customer paid the seller's price, unless `paid` says less."""
    return e.Line(
        line_id=1,
        unit_no=1,
        posting_number="12345678-0001-1",
        sku=700100,
        offer_id="THROW-1",
        name="Woven throw",
        category=category,
        unit_price=rub(price),
        price=rub(price),
        paid=rub(paid or price),
        weight_gram=weight_gram,
        outbound_weight_gram=None,
        serial=None,
        marking_code=None,
        delivered_at=moscow(delivered),
    )


class Story:
    """One return, from its draft on. What happened is in `events`, the postings in `entries`, the state in `it`."""

    def __init__(
        self,
        shop: Shop = ANADOLU,
        *,
        reason: str = "did_not_like",
        of: e.Line | None = None,
        facts: SellerFacts = UNLINKED,
        terms: Terms | None = None,
        photos: Sequence[str] = ("p1", "p2", "p3"),
        at: str | datetime = "2024-09-02 10:00",
    ) -> None:
        self.shop, self.facts, self.terms = shop, facts, terms or Terms()
        self.seller = SELLER_OF[shop]
        self.now = moscow(at) if isinstance(at, str) else at
        requested = e.Requested(
            number="R-100017",
            seller_id=shop.seller_id,
            seller_country=shop.country,
            variant=shop.variant,
            customer_ref=IRINA.subject,
            customer_language="ru",
            line=of or line(),
            reason=reason,
            comment="",
            photos=tuple(photos),
            at=self.now,
            draft_until=end_of_day(self.now, self.terms.policy.draft_days),
            earlier=(),
        )
        requested = decisions.open_return(requested, IRINA, self.terms)
        self.requested = requested
        self.it: Return = born(17, requested)
        self.events: list[e.Any] = [requested]
        self.entries: list[Entry] = []

    def does(self, by: By, command: do.Command, at: str | datetime | None = None) -> list[e.Any]:
        """The command is given and allowed; the events of it. Without an instant: a minute after the last."""
        self.now = self.now + timedelta(minutes=1) if at is None else moscow(at) if isinstance(at, str) else at
        happened = decisions.decide(self.it, command, by, self.now, self.terms, self.facts)
        for event in happened:
            self.it = evolve(self.it, event)
            self.events.append(event)
            self.entries += chart.entries(self.it, event)
        return happened

    def refuses(self, by: By, command: do.Command, at: str | datetime | None = None) -> tuple[str, str]:
        """The command is given and refused: code and kind. Nothing has happened."""
        when = self.now if at is None else moscow(at) if isinstance(at, str) else at
        with pytest.raises(Refused) as refusal:
            decisions.decide(self.it, command, by, when, self.terms, self.facts)
        return refusal.value.code, refusal.value.kind

    def happened(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    # The usual ways to a state

    def submitted(self, at: str | datetime | None = None) -> "Story":
        self.does(IRINA, do.Submit(), at)
        return self

    def approved(self, at: str | datetime | None = None, route: Route | None = None) -> "Story":
        if self.it.submitted_at is None:
            self.submitted()
        self.does(self.seller, do.Approve(route), at)
        return self

    def accepted(self, at: str | datetime | None = None, check: do.CheckIn | None = None) -> "Story":
        if self.it.approved_by is None:
            self.approved()
        self.does(OLEG, check or check_in(), at)
        return self

    def dispatched(self, at: str | datetime | None = None) -> "Story":
        self.does(OLEG, do.Dispatch("Linehaul", "W-1"), at)
        return self

    def refunded(self, at: str | datetime | None = None) -> "Story":
        """The payout run comes: at `send_at`, unless told otherwise."""
        self.does(CALENDAR, do.SendRefund(), at or self.it.refund.send_at)
        return self

    def lost(self, at: str | datetime | None = None) -> "Story":
        self.does(CALENDAR, do.DeclareLost(), at)
        return self

    def arrived(self, at: str | datetime | None = None, *, packaging_intact: bool = True) -> "Story":
        self.now = self.now + timedelta(minutes=1) if at is None else moscow(at) if isinstance(at, str) else at
        self.does(IML, arrival(self.now, packaging_intact=packaging_intact), self.now)
        return self

    def marked(
        self, mark: Mark, at: str | datetime | None = None, revision: int = 1, *, packaging_intact: bool = True
    ) -> "Story":
        self.does(IML, do.RecordMark(mark, revision, "finding", ("m1", "m2", "m3"), packaging_intact), at)
        return self

    def claimed(self, at: str | datetime | None = None) -> "Story":
        """The draft goes all the way to its payment."""
        if self.it.claim.status == "draft":
            self.does(self.seller, do.FileClaim(), at)
        for command in (do.TakeUpClaim(), do.ApproveClaim(), do.PayClaim()):
            self.does(MARINA, command)
        return self


def check_in(  # the clerk's checklist, all well unless told otherwise
    *,
    same_product: bool = True,
    used: bool = False,
    packaging_intact: bool = True,
    photos: tuple[str, ...] = TWO_PHOTOS,
    checked: bool = True,
) -> do.CheckIn:
    return do.CheckIn(
        OLEG.subject,
        same_product=same_product,
        used=used,
        packaging_intact=packaging_intact,
        photos=photos,
        checked=checked,
    )


def arrival(at: datetime, *, packaging_intact: bool = True) -> do.RecordArrival:
    """The partner's report of a scan at `at`; the partner counts the 14 days."""
    return do.RecordArrival(
        "IML-MSK-2", to_us(at), to_us(end_of_day(at, 14)), weight_gram=900, packaging_intact=packaging_intact
    )


def all_commands() -> dict[str, type[do.Command]]:
    """Every command there is, by name."""
    return {kind.__name__: kind for kind in do.Command.__subclasses__()}


def balance(entries: Sequence[Entry], account: str) -> int:
    """Credits minus debits, in kopecks."""
    incoming = sum(entry.amount.minor for entry in entries if entry.credit == account)
    return incoming - sum(entry.amount.minor for entry in entries if entry.debit == account)


def decoded(kind: type[do.Command], **fields: object) -> do.Command:
    """A command as it comes through a door: checked against its own form."""
    return msgspec.convert(fields, kind)


# Where each lifecycle ends (5.1): nothing leads away from here.
ENDS = {
    "return": {
        "cancelled",
        "closed_no_reply",
        "refunded_without_return",
        "partially_refunded",
        "dropoff_expired",
        "refused_at_pvz",
        "disposed_by_marketplace",
        "at_partner",  # its life goes on at the partner
    },
    "refund": {"confirmed"},
    "compensation": {"reversed"},
    "claim": {"refused", "reversed"},
    "weight": {"measured", "catalogue"},
}

# Payloads for every command whose outcome depends on one; the rest has one form.
PAYLOADS: dict[str, Callable[[Return, datetime], list[do.Command]]] = {
    "AddPhotos": lambda _it, _at: [do.AddPhotos(("p9",))],
    "SendPhotos": lambda _it, _at: [do.SendPhotos(("p9",))],
    "ChoosePoint": lambda _it, _at: [do.ChoosePoint("77-0412")],
    "OpenDispute": lambda _it, _at: [do.OpenDispute(EXPLAINED)],
    "Approve": lambda _it, _at: [do.Approve(), do.Approve(Route.A), do.Approve(Route.B)],
    "Reject": lambda _it, _at: [do.Reject("looks_used", EXPLAINED), do.Reject("other_product", EXPLAINED)],
    "Offer": lambda _it, _at: [do.Offer(1), do.Offer(1_500)],
    "CheckIn": lambda _it, _at: [
        check_in(),
        check_in(packaging_intact=False),
        check_in(used=True),
        check_in(same_product=False),
        check_in(checked=False, photos=()),
        msgspec.structs.replace(check_in(), weight_gram=4_500, scale_photos=TWO_PHOTOS),
    ],
    "Dispatch": lambda _it, _at: [do.Dispatch("Linehaul")],
    "CertifyDisposal": lambda _it, _at: [do.CertifyDisposal("shredded", "Oleg and Nadia", TWO_PHOTOS)],
    "AskPhotos": lambda _it, _at: [do.AskPhotos("A video, please.")],
    "DecideDispute": lambda _it, _at: [
        do.DecideDispute(for_customer=for_customer, comment=EXPLAINED) for for_customer in (True, False)
    ],
    "DecideWeight": lambda _it, _at: [
        do.DecideWeight(measured=measured, comment=EXPLAINED) for measured in (True, False)
    ],
    "HoldRefund": lambda _it, _at: [do.HoldRefund("Risk check.")],
    "FailRefund": lambda _it, _at: [do.FailRefund("The card is closed.")],
    "ReverseCompensation": lambda _it, _at: [do.ReverseCompensation("Paid by mistake.")],
    "RecordClaimReview": lambda _it, _at: [
        do.RecordClaimReview("in_review"),
        do.RecordClaimReview("approved", "fraud_fund"),
        do.RecordClaimReview("refused", comment=EXPLAINED),
    ],
    "RecordCarrierAnswer": lambda _it, _at: [
        do.RecordCarrierAnswer(accepts=True),
        do.RecordCarrierAnswer(accepts=False, comment="Weak packing.", photos=TWO_PHOTOS),
    ],
    "RefuseClaim": lambda _it, _at: [do.RefuseClaim("Weak packing.")],
    "Remind": lambda _it, _at: [do.Remind("1d")],
    "RecordArrival": lambda _it, at: [
        arrival(at, packaging_intact=packaging_intact) for packaging_intact in (True, False)
    ],
    "RecordMark": lambda it, _at: [
        do.RecordMark(mark, it.parcel.mark_revision + 1 if it.parcel else 1, "finding", TWO_PHOTOS)
        for mark in (Mark.SERVICEABLE, Mark.PARTIALLY_DAMAGED, Mark.SUBSTITUTED)
    ],
    "RecordDecision": lambda _it, _at: [do.RecordDecision("ship_hk", "in_work", "seller", 0)],
    "RecordHandover": lambda _it, _at: [do.RecordHandover("delivered", "HK")],
    "RecordDisposal": lambda _it, _at: [do.RecordDisposal("DC-9", undecided=True)],
}


def payloads(name: str, it: Return, at: datetime) -> list[do.Command]:
    if name in PAYLOADS:
        return PAYLOADS[name](it, at)
    kind = all_commands()[name]
    try:
        return [kind()]
    except TypeError:  # a later command with a comment alone
        return [kind(comment=EXPLAINED)]
