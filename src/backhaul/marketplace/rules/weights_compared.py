"""A product's weight on its way back against that of its order: an empty box, or a stuffed one, weighs something else. It is told, never judged."""

import msgspec

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return


class Weighed(msgspec.Struct, frozen=True):
    """What the scales said at a `place` (point, partner), what was expected by the `basis` (outbound, catalogue), and how far the two may lie apart."""

    place: str
    weight_gram: int
    expected_gram: int
    basis: str
    difference_gram: int
    bound_gram: int
    is_off: bool


def weighed(it: Return, policy: Policy) -> tuple[Weighed, ...]:
    """Every weighing on the way back, against the weight when it was sent, else the catalogue's; off is what is more than the bound away."""
    sent = it.line.outbound_weight_gram
    expected, basis = (sent, "outbound") if sent else (it.line.weight_gram, "catalogue")
    bound = max(policy.weight_differs_gram, expected * policy.weight_differs_pct // 100)
    found = (
        ("point", it.check.weight_gram if it.check is not None else None),
        ("partner", it.parcel.weight_gram if it.parcel is not None else None),
    )
    return tuple(
        Weighed(place, gram, expected, basis, gram - expected, bound, abs(gram - expected) > bound)
        for place, gram in found
        if gram and expected
    )
