"""Words of what time alone will do to a return, and the clocks of one return as its page tells them."""

from datetime import datetime

import msgspec

from backhaul.kit.i18n import N_
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.waiting import waits_at_partner

# By the command that the calendar gives.
CLOCKS = {
    "AlarmClaim": N_("The answer of the carrier is overdue"),
    "AlarmDwell": N_("The pick-up point is asked why the product still waits"),
    "ApplyWeight": N_("The measured weight begins to count"),
    "Approve": N_("The return is approved if nobody answers"),
    "Cancel": N_("The draft is deleted"),
    "CreditCompensation": N_("The compensation is credited"),
    "DeclareLost": N_("The product counts as lost"),
    "DeclineOffer": N_("The offer counts as declined"),
    "Expire": N_("The request is closed if the customer does nothing"),
    "KeepMoney": N_("The money is kept if nobody chooses"),
    "LapseClaim": N_("The claim lapses if nobody files it"),
    "MarkLate": N_("The product counts as late"),
    "Remind": N_("A reminder is sent"),
    "SendRefund": N_("The refund leaves for the bank"),
    "SettleUndecided": N_("A cheap product is refunded, another comes back"),
}
# What happens at its instant, and not because one passes until which something could be done.
EXACT = frozenset({"CreditCompensation", "Remind", "SendRefund"})
DECISION_OVER = N_("The time to decide at the partner is over")


class Clock(msgspec.Struct, frozen=True):
    """What happens by itself, and when. `exact`: at that instant; else it is a bound until which it can be averted."""

    what: str
    at: datetime
    exact: bool = False


def clocks(it: Return, policy: Policy) -> list[Clock]:
    """Every clock of a return that runs, the soonest first."""
    named = [(type(command).__name__, at) for at, command in timers(it, policy)]
    found = [Clock(CLOCKS[name], at, name in EXACT) for name, at in named]
    if waits_at_partner(it) and it.parcel is not None and it.parcel.decide_by is not None:
        found.append(Clock(DECISION_OVER, it.parcel.decide_by))
    return sorted(found, key=lambda clock: clock.at)
