"""Standing rules: what a seller wants destroyed as soon as it is scanned in, by price, SKU or reason (P25)."""

from collections.abc import Iterable

import msgspec

from backhaul.kit.machine import Refused
from backhaul.partner.rules.events import StandingRule, Unit
from backhaul.partner.rules.policy import Policy


class Wanted(msgspec.Struct, frozen=True):
    """The conditions of a new rule. What is not said does not count; at least one is needed."""

    below_rub: int | None = None
    sku: int | None = None
    reason: str = ""


def fits(rule: StandingRule, unit: Unit) -> bool:
    """Whether every condition of the rule holds for a unit; a rule without a condition fits nothing."""
    holds = [
        *([] if rule.below_rub is None else [unit.price.minor < rule.below_rub * 100]),
        *([] if rule.sku is None else [unit.sku == rule.sku]),
        *([] if not rule.reason else [unit.reason == rule.reason]),
    ]
    return bool(holds) and all(holds)


def first_fitting(rules: Iterable[StandingRule], unit: Unit) -> StandingRule | None:
    """The oldest rule that fits a unit: the one that its timeline names."""
    return next((rule for rule in sorted(rules, key=lambda rule: rule.id) if fits(rule, unit)), None)


def check(wanted: Wanted, others: Iterable[StandingRule], country: str, policy: Policy) -> None:
    """A new rule beside the others of its company and seller, who is registered in `country`; `Refused` says what is wrong."""
    if not policy.disposes_by_choice(country):
        raise Refused("disposal_not_in_your_variant", "invalid")
    if wanted == Wanted():
        raise Refused("rule_without_condition", "invalid", "below_rub")
    others = list(others)
    if any((rule.below_rub, rule.sku, rule.reason) == (wanted.below_rub, wanted.sku, wanted.reason) for rule in others):
        raise Refused("rule_is_there", "conflict")
    if len(others) >= policy.standing_rules_max:
        raise Refused("too_many_rules", "conflict", rules_max=policy.standing_rules_max)
