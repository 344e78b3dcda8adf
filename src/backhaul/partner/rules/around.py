"""What the law must know besides the parcel: who speaks, and what stands around the parcel at that moment."""

from datetime import datetime, timedelta

import msgspec

from backhaul.partner.rules import events as e
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.sampling import Drawing
from backhaul.partner.rules.words import LinkMode, LinkState, Role


class By(msgspec.Struct, frozen=True):
    """Who gives a command. `id` is the account or key, `subject` a seller's company. `through_key`: no person."""

    role: Role
    id: str
    subject: str = ""
    writes: bool = True
    through_key: bool = False


class Link(msgspec.Struct, frozen=True):
    """How a company is linked to the parcel's seller at the marketplace."""

    mode: LinkMode = LinkMode.RETURNS
    state: LinkState = LinkState.ACTIVE
    lost_at: datetime | None = None


class Owed(msgspec.Struct, frozen=True):
    """The seller's oldest invoice that is not paid, disputed amounts aside. `due` is the first instant that is too late."""

    invoice: str
    due: datetime


class Around(msgspec.Struct, frozen=True):
    """`links` by company, `destinations` of these companies by id, the collector's code, the standing rules in force.
    `pickup_barcode` is shown by who collects everything that is kept for the seller.

    `breaker_open`: destruction is stopped for everybody. `owed`: the oldest invoice that is not paid in time.
    `drawing`: what the draw of a unit that arrives depends on. `photo_key`: what one-time codes for photos are made from.
    `second_open`: a blind second check of its mark has begun.
    `consignment` is the number of the one that holds the unit: what happens to it happens to all of its units.
    """

    links: dict[str, Link] = msgspec.field(default_factory=dict)
    destinations: dict[int, e.Destination] = msgspec.field(default_factory=dict)
    pickup_code: str = ""
    pickup_barcode: str = ""
    rules: tuple[e.StandingRule, ...] = ()
    breaker_open: bool = False
    owed: Owed | None = None
    consignment: str = ""
    drawing: Drawing | None = None
    photo_key: str = ""
    second_open: bool = False

    def waits_for_link_until(self, policy: Policy) -> datetime | None:
        """Until when destruction waits because the seller's key is not honoured (D11); None: it need not."""
        lost = [link.lost_at for link in self.links.values() if link.lost_at is not None]
        if not lost or any(link.state is LinkState.ACTIVE for link in self.links.values()):
            return None
        return max(lost) + timedelta(days=policy.lost_link_wait_days)
