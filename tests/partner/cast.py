"""Who appears at the partner, and `ParcelStory`: one parcel, told command by command. Times are Moscow's."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from backhaul import wire
from backhaul.kit.days import MOSCOW, to_us
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money, exact_scaled
from backhaul.partner.perform import unit_of
from backhaul.partner.rules import calendar, chart, decisions
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around, By, Link
from backhaul.partner.rules.parcels import Parcel, born, evolve
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.sampling import Drawing, Stratum, Ticket
from backhaul.partner.rules.words import LinkMode, LinkState, Role

LUMITEK, ANADOLU = 2093311, 1180457
LUMITEK_COMPANY, ANADOLU_COMPANY, STRANGERS = 1, 2, 3

CHEN = By(Role.SELLER, "chen@lumitek.cn", str(LUMITEK_COMPANY))
LIU_NA = By(Role.SELLER, "liuna@lumitek.cn", str(LUMITEK_COMPANY))
LUMITEK_KEY = By(Role.SELLER, "key:ABCD1234", str(LUMITEK_COMPANY), through_key=True)
ZHAO = By(Role.SELLER, "key:READONLY", str(LUMITEK_COMPANY), writes=False, through_key=True)
ELIF = By(Role.SELLER, "elif@anadolu.tr", str(ANADOLU_COMPANY))
STRANGER = By(Role.SELLER, "stranger@example.com", str(STRANGERS))
RUSLAN = By(Role.RECEIVER, "ruslan")
VERA = By(Role.INSPECTOR, "vera")
TIMUR = By(Role.INSPECTOR, "timur")
SONIA = By(Role.SUPERVISOR, "sonia")
MARKETPLACE = By(Role.MARKETPLACE, "marketplace")
CALENDAR = By(Role.CALENDAR, "calendar")
CARRIER = By(Role.CARRIER, "file:statuses.csv")

THREE_PHOTOS = ("p1", "p2", "p3")
CODE = "123456"


def moscow(text: str) -> datetime:
    """`2024-10-03 16:42` on Moscow's wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC)


def rub(text: str) -> Money:
    return Money(exact_scaled(text, 2))


def cny(text: str) -> Money:
    return Money(exact_scaled(text, 2), "CNY")


def announced(**changes: Any) -> wire.ExpectedParcel:
    """J9's hub for 2,300 roubles, of Lumitek, which nobody has to check; unless told otherwise."""
    usual: dict[str, Any] = {
        "return_id": 100_017, "return_number": "R-100017", "seller_id": LUMITEK, "seller_country": "CN",
        "variant": "C", "posting_number": "12345678-0001-1", "sku": 700_100, "offer_id": "HUB-1", "name": "USB hub",
        "category": "electronics", "price": rub("2300.00"), "weight_gram": 350, "outbound_weight_gram": None,
        "serial": None, "marking_code": None, "reason": "did_not_fit", "reason_group": "fit_or_dislike",
        "is_defect": False, "used": False, "complete": True, "packaging_intact": True, "checked": True,
        "seal": "S-88", "point_weight_gram": None, "accepted_at_us": to_us(moscow("2024-09-24 12:00")),
        "eta_us": to_us(moscow("2024-10-04 12:00")),
    }  # fmt: skip
    return wire.ExpectedParcel(**{**usual, **changes})


def of_anadolu(**changes: Any) -> wire.ExpectedParcel:
    """A unit of a seller from Turkey."""
    return announced(seller_id=ANADOLU, seller_country="TR", variant="T", **changes)


def address(destination_id: int, country: str, company_id: int = LUMITEK_COMPANY, **changes: Any) -> e.Destination:
    """An old and confirmed address, unless told otherwise."""
    created = moscow("2024-08-01 12:00")
    usual = e.Destination(destination_id, company_id, country, "City", "Street 1", "Contact", created, created)
    return msgspec.structs.replace(usual, **changes)


HONG_KONG, RUSSIA, CHINA, KAZAN = 1, 2, 3, 4
BOOK = {
    HONG_KONG: address(HONG_KONG, "HK"),
    RUSSIA: address(RUSSIA, "RU"),
    CHINA: address(CHINA, "CN"),
    KAZAN: address(KAZAN, "RU", ANADOLU_COMPANY),
}

# The units of the cast are no strangers here: seller and product are long known, 25 checks in a row were clean, and what
# they draw is 0.75, which is not below 0.20. Who draws otherwise says so.
ALWAYS = (moscow("2024-01-01 00:00"), moscow("2030-01-01 00:00"))
PROVEN = (Stratum("seller:1/point:1/electronics", 500, 25), Stratum("seller:1", 500, 25), Stratum("all", 500, 25))
NOT_DRAWN = Drawing((Ticket(12, *ALWAYS, "c" + "0" * 63),), PROVEN, 1000, 1000)

LINKED = Around({str(LUMITEK_COMPANY): Link(), str(ANADOLU_COMPANY): Link()}, BOOK, CODE, drawing=NOT_DRAWN)
VIEW_ONLY = Around({str(LUMITEK_COMPANY): Link(LinkMode.VIEW_ONLY)}, BOOK, CODE, drawing=NOT_DRAWN)
UNLINKED = Around({}, {}, CODE, drawing=NOT_DRAWN)

# For stories about other things: no unit is drawn or new, photos need no code. The draw and the codes have their own tests.
QUIET = Policy(
    draw_clean_units=0, draw_share_pct=0, draw_floor_pct=0, draw_epoch_days=3650, inspect_first_of_seller=0,
    inspect_first_of_sku=0, photo_codes=False, photos_once=False,
)  # fmt: skip


def lost_since(at: datetime) -> Around:
    """The marketplace does not honour the key any more."""
    lost = Link(LinkMode.RETURNS, LinkState.AUTHORIZATION_LOST, at)
    return Around({str(LUMITEK_COMPANY): lost}, BOOK, CODE, drawing=NOT_DRAWN)


def cheaper_than(below_rub: int, rule_id: int = 1) -> e.StandingRule:
    """Lumitek's standing rule for cheap products."""
    return e.StandingRule(rule_id, LUMITEK_COMPANY, below_rub)


def scan(at: datetime, **changes: Any) -> do.Arrive:
    """The arrival scan of a sound unit."""
    usual = do.Arrive("MSK-2", to_us(at), weight_gram=350, packaging_intact=True, photos=("gate",), shelf="A-1")
    return msgspec.structs.replace(usual, **changes)


@dataclass
class ParcelStory:
    """One parcel. What happened is in `events`, the postings in `entries`, the state in `it`."""

    told: wire.ExpectedParcel = field(default_factory=announced)
    around: Around = LINKED
    terms: Terms = field(default_factory=Terms)
    now: datetime = field(default_factory=lambda: moscow("2024-09-24 12:00"))

    def __post_init__(self) -> None:
        expected = e.Expected("P-100017", unit_of(self.told))
        self.events: list[Any] = decisions.expect(expected, MARKETPLACE)
        self.it: Parcel = born(self.told.return_id, expected)
        self.entries: list[Entry] = []

    def does(self, by: By, command: do.Any, at: str | datetime | None = None) -> list[Any]:
        """The command is given and allowed; the events of it. Without an instant: a minute after the last."""
        self.now = self.now + timedelta(minutes=1) if at is None else _instant(at)
        happened = decisions.decide(self.it, command, by, self.now, self.terms, self.around)
        for event in happened:
            self.it = evolve(self.it, event)
            self.events.append(event)
            self.entries += chart.entries(self.it, event)
        return happened

    def refusal(self, by: By, command: do.Any, at: str | datetime | None = None) -> Refused:
        """The command is given and refused. Nothing has happened."""
        when = self.now if at is None else _instant(at)
        with pytest.raises(Refused) as refused:
            decisions.decide(self.it, command, by, when, self.terms, self.around)
        return refused.value

    def refuses(self, by: By, command: do.Any, at: str | datetime | None = None) -> tuple[str, str]:
        """Code and kind of the refusal."""
        refused = self.refusal(by, command, at)
        return refused.code, refused.kind

    def passes(self, until: str | datetime) -> list[tuple[datetime, str]]:
        """Time goes by: the calendar does what is due, each at its instant. What it did."""
        done = []
        end = _instant(until)
        while (timers := calendar.timers(self.it, self.terms.policy)) and timers[0][0] <= end:
            at, command = timers[0]
            self.does(CALENDAR, command, at)
            done.append((at, type(command).__name__))
        self.now = end
        return done

    def next_timers(self) -> list[tuple[datetime, str]]:
        return [(at, type(command).__name__) for at, command in calendar.timers(self.it, self.terms.policy)]

    def arrived(self, at: str | datetime = "2024-10-03 16:42", **changes: Any) -> "ParcelStory":
        self.does(RUSLAN, scan(_instant(at), **changes), at)
        return self

    def decided(self, decision: str, destination_id: int = 0, at: str | datetime | None = None) -> "ParcelStory":
        self.does(self.seller, do.Decide(decision, destination_id), at)
        return self

    def charged(self) -> dict[str, Money]:
        """Cause without the parcel -> amount."""
        return {entry.cause.split(":")[0]: entry.amount for entry in self.entries}

    @property
    def seller(self) -> By:
        return ELIF if self.told.seller_id == ANADOLU else CHEN

    def copy(self) -> "ParcelStory":
        twin = copy.copy(self)
        twin.events, twin.entries = list(self.events), list(self.entries)
        return twin


def _instant(at: str | datetime) -> datetime:
    return moscow(at) if isinstance(at, str) else at


def all_commands() -> dict[str, type[do.Command]]:
    """Every command there is, by name."""
    return {kind.__name__: kind for kind in do.Command.__subclasses__()}


def moments(instants: Sequence[datetime]) -> list[str]:
    """Instants as Moscow reads them."""
    return [at.astimezone(MOSCOW).strftime("%d %b %H:%M") for at in instants]
