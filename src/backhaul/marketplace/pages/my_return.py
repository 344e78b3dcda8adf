"""The page of a return as its customer sees it: what happens next, how far it has come, the pass, the money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backhaul.marketplace import papers, passes
from backhaul.marketplace.doors import Visitor
from backhaul.marketplace.next_steps import next_step
from backhaul.marketplace.office import Office
from backhaul.marketplace.queries import Happening
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.blocks import bars_disputes
from backhaul.marketplace.rules.progress import progress
from backhaul.marketplace.rules.returns import Return

AGREED = (e.Approved, e.RefundedWithoutReturn, e.OfferAccepted)


def sheet(office: Office, it: Return, who: Visitor, happened: Sequence[Happening]) -> tuple[str, dict[str, Any]]:
    """The template of this page, and what it needs besides what every reader's has."""
    now = office.clock.now()
    may_bring = it.status in passes.VALID_WHILE and it.act_by is not None and now < it.act_by
    return "my_return.html", {
        "section": "/my-returns",
        "next": next_step(it, now, may_dispute=not bars_disputes(who.block, now)),
        "steps": progress(it, _approved_at(happened)),
        "pass_code": passes.code_of(office, it) if may_bring else "",
        "bring": papers.BRING,
    }


def _approved_at(happened: Sequence[Happening]) -> datetime | None:
    """When it was agreed to, the last time."""
    agreed = [one.at for one in happened if isinstance(one.event, AGREED) or _for_customer(one.event)]
    return agreed[-1] if agreed else None


def _for_customer(event: object) -> bool:
    return isinstance(event, e.DisputeDecided) and event.for_customer
