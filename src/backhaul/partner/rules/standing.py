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
    is_defect: bool | None = None

    def same_as(self, rule: StandingRule) -> bool:
        """Whether a rule has these conditions."""
        return (self.below_rub, self.sku, self.reason, self.is_defect) == (
            rule.below_rub, rule.sku, rule.reason, rule.is_defect,
        )  # fmt: skip


def fits(rule: StandingRule, unit: Unit) -> bool:
    """Whether every condition of the rule holds for a unit; a rule without a condition fits nothing."""
    holds = [
        *([] if rule.below_rub is None else [unit.price.minor < rule.below_rub * 100]),
        *([] if rule.sku is None else [unit.sku == rule.sku]),
        *([] if not rule.reason else [unit.reason == rule.reason]),
        *([] if rule.is_defect is None else [unit.is_defect is rule.is_defect]),
    ]
    return bool(holds) and all(holds)


def is_by_price(rule: StandingRule) -> bool:
    """Whether the price alone decides, for all units or for those with or without a defect: what a ceiling says."""
    return rule.below_rub is not None and rule.sku is None and not rule.reason


def ceiling(rules: Iterable[StandingRule], *, is_defect: bool) -> int | None:
    """The price below which units with or without a defect are disposed of, by the rules that look at the price alone."""
    known = [rule.below_rub for rule in rules if is_by_price(rule) and rule.is_defect in (None, is_defect)]
    return max((below for below in known if below is not None), default=None)


def first_fitting(rules: Iterable[StandingRule], unit: Unit) -> StandingRule | None:
    """The oldest rule that fits a unit: the one that its timeline names."""
    return next((rule for rule in sorted(rules, key=lambda rule: rule.id) if fits(rule, unit)), None)


def check(wanted: Wanted, others: Iterable[StandingRule], country: str, policy: Policy) -> None:
    """A new rule beside the others of its company and seller, who is registered in `country`; `Refused` says what is wrong."""
    if not policy.disposes_by_choice(country):
        raise Refused("disposal_not_in_your_variant", "invalid")
    if wanted.below_rub is None and wanted.sku is None and not wanted.reason:
        raise Refused("rule_without_condition", "invalid", "below_rub")
    others = list(others)
    if any(wanted.same_as(rule) for rule in others):
        raise Refused("rule_is_there", "conflict")
    if len(others) >= policy.standing_rules_max:
        raise Refused("too_many_rules", "conflict", rules_max=policy.standing_rules_max)
