"""One stage for stories, the demo's world and the sandbox: two houses over HTTP, one clock that somebody turns.

Nothing is faked but the time: real servers on bound sockets, real databases, real messages between the houses.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from backhaul.kit import keys
from backhaul.kit.clock import Clock, TurnedClock
from backhaul.kit.desk import Errand
from backhaul.kit.server import Served
from backhaul.marketplace import app as marketplace_app
from backhaul.marketplace import errands as marketplace_errands
from backhaul.marketplace import office as marketplace_office
from backhaul.marketplace import perform as marketplace_perform
from backhaul.partner import app as partner_app
from backhaul.partner import errands as partner_errands
from backhaul.partner import linking, polling, reconciling
from backhaul.partner import office as partner_office
from backhaul.partner import perform as partner_perform

ROUNDS_MAX = 500


class Urls(msgspec.Struct, frozen=True):
    """Two databases, one for each house."""

    marketplace: str
    partner: str


def sqlite_urls(directory: Path) -> Urls:
    """A SQLite file for each house under a directory."""
    return Urls(
        f"sqlite:///{(directory / 'marketplace' / 'marketplace.db').absolute()}",
        f"sqlite:///{(directory / 'partner' / 'partner.db').absolute()}",
    )


def introduce(marketplace: marketplace_office.Office, partner: partner_office.Office, marketplace_url: str,
              partner_url: str) -> None:  # fmt: skip
    """Tell the houses where the other one answers; the first time, with a fresh secret for each direction."""
    to_marketplace, to_partner = _secret(marketplace.chance), _secret(marketplace.chance)
    seal = marketplace.seal.close
    marketplace.desk.perform_now(
        Errand(
            lambda tx, _: marketplace_errands.register_partner(
                tx,
                marketplace_perform.THE_PARTNER,
                "Logistics partner",
                partner_url,
                seal(to_marketplace),
                seal(to_partner),
            )
        )
    )
    partner_seal = partner.seal.close
    partner.desk.perform_now(
        Errand(
            lambda tx, _: partner_errands.register_marketplace(
                tx, partner_perform.THE_MARKETPLACE, "Marketplace", marketplace_url, partner_seal(to_partner),
                partner_seal(to_marketplace),
            )
        )
    )  # fmt: skip


def _secret(chance: keys.Chance) -> str:
    import base64  # noqa: PLC0415 -- only here

    return "whsec_" + base64.b64encode(chance(32)).decode()


Webs = tuple[Callable[[Any], Any], Callable[[Any], Any]]
WEBS: Webs = (marketplace_app.make_app, partner_app.make_app)


class Stage:
    """Both houses, open for visitors, in one process. Turn the clock, then `pump` until nothing more happens."""

    def __init__(self, directory: Path, urls: Urls, clock: Clock, webs: Webs = WEBS, ports: tuple[int, int] = (0, 0),
                 webhooks_into: str = "") -> None:  # fmt: skip
        self.clock = clock
        self.marketplace = marketplace_office.open_office(urls.marketplace, directory / "marketplace", clock,
                                                          webhooks_into=webhooks_into)  # fmt: skip
        self.partner = partner_office.open_office(
            urls.partner, directory / "partner", clock, webhooks_into=webhooks_into
        )
        self.marketplace.desk.start()
        self.partner.desk.start()
        self.marketplace_web = Served(webs[0](self.marketplace), port=ports[0]).start()
        self.partner_web = Served(webs[1](self.partner), port=ports[1]).start()
        self.marketplace.mailing.url, self.partner.mailing.url = self.marketplace_web.url, self.partner_web.url
        self.besides: Callable[[], int] = lambda: 0  # what a sandbox does in each round
        self.in_step = False  # whether the houses also poll and compare, which takes a while on each turn of the clock
        introduce(self.marketplace, self.partner, self.marketplace_web.url, self.partner_web.url)

    def pump(self) -> int:
        """Let both workers run until they are quiet; how much was done. Bounded: a loop between the houses is a fault."""
        total = 0
        for _ in range(ROUNDS_MAX):
            done = self.marketplace.tick() + self.partner.tick() + linking.check_links(self.partner)
            if self.in_step:
                done += polling.poll_due(self.partner) + reconciling.reconcile(self.partner)
            done += self.marketplace.webhooks.send_now() + self.marketplace.pushes.send_now()
            done += self.partner.webhooks.send_now() + self.besides()
            done += self.marketplace.mailing.send_due() + self.partner.mailing.send_due()
            if not done:
                return total
            total += done
        msg = f"the houses do not come to rest after {ROUNDS_MAX} rounds"
        raise RuntimeError(msg)

    def turn_to(self, at: datetime) -> None:
        """Turn the clock to an instant, day by day, with the workers running."""
        if not isinstance(self.clock, TurnedClock):
            raise TypeError(self.clock)
        while self.clock.at < at:
            self.clock.turn_to(min(at, self.clock.at + timedelta(days=1)))
            self.pump()
        self.pump()

    def turn(self, by: timedelta) -> None:
        """Turn the clock forward by a duration, with the workers running."""
        self.turn_to(self.clock.now() + by)

    def close(self) -> None:
        """Close both houses."""
        for web in (self.marketplace_web, self.partner_web):
            web.stop()
        self.marketplace.close()
        self.partner.close()
