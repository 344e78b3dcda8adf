"""The law of changing policy and tariff: which values make sense together."""

from collections.abc import Iterator

import msgspec

from backhaul.kit import digital_link
from backhaul.kit.days import KEEP_DAYS_MAX, beyond_calendars
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.tariff import Tariff
from backhaul.partner.rules.words import COUNTRY_OF, LANGUAGES, REASON_GROUPS, Service

COUNTRY_LETTERS = 2
WAREHOUSE_CHARACTERS_MAX = 40
LINK_REMINDED_DAYS = 30  # from then on nobody is reminded of linking
# What is done again and again has a pause, and an end of the pause; days back reach no further than there are records.
AT_MOST = {
    "poll_minutes": 24 * 60, "recheck_minutes": 24 * 60, "poll_days": 3650, "breaker_mean_days": 365,
    "breaker_look_again_hours": 7 * 24,
}  # fmt: skip
# Of each pair the first may not be greater than the second.
IN_ORDER = (("webhook_try_days", "webhook_pause_days"), ("webhook_pause_days", "event_keep_days"))
WEBHOOKS_MAX = 100  # as many as a list of them shows


def misfits(policy: Policy) -> Iterator[str]:
    """The fields whose values do not make sense. That each number is within its own range is seen to already."""
    yield from beyond_calendars(msgspec.structs.asdict(policy))
    if policy.webhooks_max > WEBHOOKS_MAX:
        yield "webhooks_max"
    if not policy.warehouses or any(len(name) > WAREHOUSE_CHARACTERS_MAX for name in policy.warehouses):
        yield "warehouses"
    for name in ("decision_days", "keep_days", "notice_days", "key_valid_days", "confirm_email_days"):
        if getattr(policy, name) < 1:
            yield name
    for name, most in AT_MOST.items():
        if not 1 <= getattr(policy, name) <= most:
            yield name
    for lower, upper in IN_ORDER:
        if getattr(policy, lower) > getattr(policy, upper):
            yield upper
    if not all(1 <= days < LINK_REMINDED_DAYS for days in policy.link_reminder_days):
        yield "link_reminder_days"
    yield from digital_link.misfits(policy.public_address, policy.gs1_prefix)
    if policy.media_keep_days > KEEP_DAYS_MAX:
        yield "media_keep_days"
    if not policy.sign_up_languages or not set(policy.sign_up_languages) <= set(LANGUAGES):
        yield "sign_up_languages"
    if not set(policy.inspect_reason_groups) <= set(REASON_GROUPS):
        yield "inspect_reason_groups"
    if not set(policy.service_costs_minor) <= set(Service) or any(
        cost < 0 for cost in policy.service_costs_minor.values()
    ):
        yield "service_costs_minor"
    if not all(_is_country(code) for code in policy.no_disposal_by_choice):
        yield "no_disposal_by_choice"
    yield from _of_destinations(policy)


def misfits_of_tariff(tariff: Tariff) -> Iterator[str]:
    """Every service has a price."""
    if set(tariff.prices_minor) != set(Service):
        yield "prices_minor"


def _of_destinations(policy: Policy) -> Iterator[str]:
    """Units go where the partner ships; a list without a country would leave a seller with disposal alone."""
    ours = set(COUNTRY_OF.values())
    lists = policy.destinations_by_country.values()
    if not all(map(_is_country, policy.destinations_by_country)) or not all(one and set(one) <= ours for one in lists):
        yield "destinations_by_country"
    if not policy.destinations_otherwise or not set(policy.destinations_otherwise) <= ours:
        yield "destinations_otherwise"


def _is_country(code: str) -> bool:
    return len(code) == COUNTRY_LETTERS and code.isascii() and code.isalpha() and code.isupper()
