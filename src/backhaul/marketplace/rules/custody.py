"""Who bears a substitution, by what each hand saw of the unit (P26). Pure; a reviewer may see it otherwise."""

from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Payer

WEIGHT_OFF_GRAM, WEIGHT_OFF_PCT = 50, 10  # D22


def payer_by_custody(it: Return) -> Payer:
    """No checklist at the point: the marketplace. Changed after the point: the carrier. Else the fraud fund."""
    if it.check is None or not it.check.photos:
        return Payer.MARKETPLACE
    changed = it.parcel is not None and (
        _is_off(it.check.weight_gram, it.parcel.weight_gram)
        or (it.check.packaging_intact and not it.parcel.packaging_intact)
    )
    return Payer.CARRIER if changed else Payer.FRAUD_FUND


def _is_off(at_point_gram: int | None, at_partner_gram: int | None) -> bool:
    """Whether two weights differ by more than max(50 g, 10 %); an unknown one differs from none."""
    if at_point_gram is None or at_partner_gram is None:
        return False
    allowed = max(100 * WEIGHT_OFF_GRAM, at_point_gram * WEIGHT_OFF_PCT)
    return 100 * abs(at_partner_gram - at_point_gram) > allowed
