"""Planted bugs of money: 3 to 13 of the register, and some of our own."""

from bisect import bisect_right
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from backhaul.kit.journal import Journal
from backhaul.kit.money import Money
from backhaul.marketplace import perform
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.rules import chart, compensation, decisions, payments
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.words import CompensationStatus
from backhaul.partner.rules import chart as partner_chart
from backhaul.partner.rules import warehouse
from tests.simulation.bugs.planting import Plant, bug, replaced, without


@bug(3)
def double_posting(plant: Plant) -> None:
    """Each posting is written twice, under two causes, and the index that forbids it is gone."""
    plant.sql("DROP INDEX entries_once")

    def make(original: Any) -> Any:
        def write(
            self: Journal, tx: Any, events: Any, entries: list[dict[str, Any]], letters: Any, answers: Any
        ) -> None:
            twice = [*entries, *({**row, "cause": f"{row['cause']}:2"} for row in entries)]
            original(self, tx, events, twice, letters, answers)

        return write

    plant.instead(Journal, "write", make)


def _entries(plant: Plant, module: Any, change: Any) -> None:
    def make(original: Any) -> Any:
        return lambda it, event: change(it, event, original(it, event))

    plant.instead(module, "entries", make)


@bug(4)
def unbalanced_by_one(plant: Plant) -> None:
    """The posting of a refund is a kopeck more than the refund."""

    def change(_: Any, event: Any, entries: list[Any]) -> list[Any]:
        if not isinstance(event, e.RefundSent):
            return entries
        return [replace(one, amount=Money(one.amount.minor + 1)) for one in entries]

    _entries(plant, chart, change)


@bug(5)
def float_rounding(plant: Plant) -> None:
    """Amounts are rounded as floats, half to even."""
    plant.value(compensation, "half_up", lambda a, b: round(a / b))


@bug(6)
def refund_above_what_was_paid(plant: Plant) -> None:
    """The refund is the seller's price, whatever discount the customer had."""
    plant.events("marketplace", lambda it, command, events: replaced(events, e.RefundHeld, amount=it.line.price)
                 if isinstance(command, do.CheckIn) else events)  # fmt: skip


@bug(7)
def refund_and_retained(plant: Plant) -> None:
    """The product was substituted, and the refund goes out all the same."""
    plant.events("marketplace", lambda _, __, events: without(events, e.RefundCancelled))


@bug(8)
def compensation_twice(plant: Plant) -> None:
    """A credited compensation still counts as accrued, and the ledger takes the second posting."""
    _credited_stays_accrued(plant)
    plant.sql("DROP INDEX entries_once")
    count = iter(range(10**9))
    _entries(plant, chart, lambda _, __, entries: [replace(one, cause=f"{one.cause}:{next(count)}") for one in entries])


def _credited_stays_accrued(plant: Plant) -> None:
    def make(original: Any) -> Any:
        def evolve(self: Any, it: Any, event: Any) -> Any:
            after = original(self, it, event)
            if isinstance(event, e.CompensationCredited):
                return replace(after, compensation=replace(after.compensation, status=CompensationStatus.ACCRUED))
            return after

        return evolve

    plant.instead(Marketplace, "evolve", make)


@bug(9)
def carrier_and_marketplace_both_pay(plant: Plant) -> None:
    """The table pays although a claim on the carrier is open."""
    plant.value(payments, "NO_CLAIM_LEFT", ("draft", "filed", "in_review", "approved", "refused", "reversed", "paid"))


@bug(
    9, masked_by="nothing is accrued while a claim is open", pair="claim-paid-beside-a-compensation-that-came-meanwhile"
)
def claim_paid_beside_a_compensation(plant: Plant) -> None:
    """A claim is paid without a look at the compensation."""
    plant.value(payments, "COMPENSATED", ())


@bug(9)
def claim_paid_beside_a_compensation_that_came_meanwhile(plant: Plant) -> None:
    """The pair: neither the accrual looks at the claim nor the claim at the compensation."""
    carrier_and_marketplace_both_pay(plant)
    claim_paid_beside_a_compensation(plant)


@bug(10)
def edges_of_the_table(plant: Plant) -> None:
    """A weight or price on the edge of a band counts as beyond it."""
    plant.value(compensation, "bisect_left", bisect_right)


@bug(11)
def price_of_today(plant: Plant) -> None:
    """The table is asked with the catalogue's price of today, a tenth higher, not with the one of the order."""

    def make(original: Any) -> Any:
        return lambda card, grade, gram, price, raw=None: original(
            card, grade, gram, Money(price.minor * 11 // 10), raw
        )

    plant.instead(decisions, "quote", make)


@bug(12)
def compensation_before_the_refund(plant: Plant) -> None:
    """It accrues when the product is taken in, before any refund left."""

    def change(_: Any, __: Any, events: list[Any]) -> list[Any]:
        for event in events:
            if isinstance(event, e.CheckedIn) and event.quote is not None:
                week = timedelta(days=7)
                return [*events, e.CompensationAccrued(event.quote, event.at + week, event.at + week, at=event.at)]
        return events

    plant.events("marketplace", change)


@bug(13)
def credit_forgotten_after_a_crash(plant: Plant) -> None:
    """Who credits compensations knows of those alone that accrued since the last start."""
    house = plant.simulation.marketplace

    def make(original: Any) -> Any:
        def timers(self: Any, it: Any) -> list[Any]:
            found: list[Any] = original(self, it)
            return (
                found if house.starts == 1 else [one for one in found if not isinstance(one[1], do.CreditCompensation)]
            )

        return timers

    plant.instead(Marketplace, "timers", make)


@bug(0)
def refund_a_day_late(plant: Plant) -> None:
    """Refunds wait for the run after the next one."""
    plant.events("marketplace", lambda _, __, events: replaced(
        events, e.RefundHeld, send_at=lambda one: one.send_at + timedelta(days=0 if one.why else 1)))  # fmt: skip


@bug(0)
def refund_never_sent(plant: Plant) -> None:
    """The calendar does not send refunds."""

    def make(original: Any) -> Any:
        return lambda self, it: [one for one in original(self, it) if not isinstance(one[1], do.SendRefund)]

    plant.instead(Marketplace, "timers", make)


@bug(0)
def offer_paid_in_full(plant: Plant) -> None:
    """The customer accepts a part of the price and gets all of it."""
    plant.events("marketplace", lambda it, command, events: replaced(events, e.RefundHeld, amount=it.line.paid)
                 if isinstance(command, do.AcceptOffer) else events)  # fmt: skip


def _policy(plant: Plant, **changes: Any) -> None:
    def make(original: Any) -> Any:
        def decide(it: Any, command: Any, by: Any, at: Any, terms: Any, seller: Any) -> Any:
            return original(it, command, by, at, replace(terms, policy=replace(terms.policy, **changes)), seller)

        return decide

    plant.instead(perform, "decide", make)


@bug(0)
def offers_without_end(plant: Plant) -> None:
    """Nobody counts the offers."""
    _policy(plant, offers_max=99)


@bug(0)
def attempts_without_end(plant: Plant) -> None:
    """Nobody counts how often a refund failed."""
    _policy(plant, refund_attempts_max=99)


@bug(0)
def held_past_the_ceiling(plant: Plant) -> None:
    """A refund may be held for eleven days."""
    _policy(plant, refund_ceiling_days=11)


@bug(0)
def claim_for_what_the_customer_paid(plant: Plant) -> None:
    """A claim is for the discounted price."""
    plant.events("marketplace", lambda it, _, events: replaced(events, e.ClaimDrafted, amount=it.line.paid))


@bug(0)
def wrong_payer(plant: Plant) -> None:
    """Every substitution is borne by the carrier."""
    plant.value(chart, "PAYERS", dict.fromkeys(chart.PAYERS, chart.CARRIERS))


@bug(0)
def storage_for_nothing(plant: Plant) -> None:
    """The partner forgets to charge storage."""
    plant.value(warehouse, "storage", lambda tariff, _, __: Money(0, tariff.currency))


@bug(0)
def receipt_charged_to_another(plant: Plant) -> None:
    """The partner charges another seller for a receipt."""
    plant.value(partner_chart, "receivable", lambda _: "receivable:seller:1")
