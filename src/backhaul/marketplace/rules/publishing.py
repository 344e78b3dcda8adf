"""The law of changing the policy: which values make sense together, and what differs between two versions."""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.machine import Refused
from backhaul.marketplace.rules.policy import Policy

COUNT_MAX = 1_000_000
CHARACTERS_MAX = 400
HOURS = ("payout_hour", "compensation_credit_hour")

# Of each pair the first may not be greater than the second.
IN_ORDER = (
    ("photos_min", "photos_max"),
    ("transit_eta_days", "transit_late_days"),
    ("transit_late_days", "transit_lost_days"),
    ("compensation_credit_day", "compensation_due_days"),
)


def changed(policy: Policy, values: dict[str, str]) -> Policy:
    """The policy with some of its fields given as JSON texts. `Refused` names the first field that does not fit."""
    known = msgspec.to_builtins(policy)
    for name, text in values.items():
        if name not in known:
            raise Refused("field_invalid", "invalid", name, reason="unknown")
        known[name] = _value(name, text, as_text=isinstance(known[name], str))
    try:
        after: Policy = msgspec.convert(known, Policy)
    except msgspec.ValidationError as error:
        raise Refused("policy_value_invalid", "invalid", _field_of(str(error))) from error
    _check(after)
    return after


def differences(before: Policy, after: Policy) -> list[tuple[str, Any, Any]]:
    """(field, before, after) for every field that differs, in the order of the policy."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in Policy.__struct_fields__)
    return [(name, one, other) for name, one, other in pairs if one != other]


def _value(name: str, text: str, *, as_text: bool) -> Any:
    if len(text) > CHARACTERS_MAX:
        raise Refused("policy_value_invalid", "invalid", name)
    if as_text:
        return text.strip()
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise Refused("policy_value_invalid", "invalid", name) from error


def _field_of(message: str) -> str | None:
    _, _, path = message.partition(" - at `$.")
    return path.rstrip("`").split("[")[0] or None


def _check(policy: Policy) -> None:
    for name in Policy.__struct_fields__:
        value = getattr(policy, name)
        counts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(n, int) and not 0 <= n <= COUNT_MAX for n in counts):
            raise Refused("policy_value_invalid", "invalid", name)
    for name in HOURS:
        if getattr(policy, name) > 23:
            raise Refused("policy_value_invalid", "invalid", name)
    for low, high in IN_ORDER:
        if getattr(policy, low) > getattr(policy, high):
            raise Refused("policy_value_invalid", "invalid", high)
    try:
        free_until = datetime.fromisoformat(policy.moderation_free_until)
    except ValueError:
        free_until = None
    if free_until is None or free_until.tzinfo is None:
        raise Refused("policy_value_invalid", "invalid", "moderation_free_until")
