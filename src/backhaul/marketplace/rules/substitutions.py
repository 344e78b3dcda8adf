"""What the one who bought is shown of a substitution, and what it left open about money (P26, J8). Pure, like all law."""

import msgspec

from backhaul.kit.money import Money
from backhaul.marketplace.rules.lifecycle import OPEN_CLAIM
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimKind, ClaimStatus, Mark, RefundStatus


class Evidence(msgspec.Struct, frozen=True):
    """What was compared before a product was called another one: no person's name, none of the partner's notes."""

    return_id: int
    return_number: str
    product: str
    weight_catalogue_gram: int
    weight_outbound_gram: int | None
    weight_point_gram: int | None
    weight_partner_gram: int | None
    serial: str | None
    point_photos: tuple[str, ...]
    refund: RefundStatus
    refund_amount: Money | None


def evidence(it: Return) -> Evidence | None:
    """The summary of a return that is marked as substituted; None for any other."""
    if it.parcel is None or it.parcel.mark is not Mark.SUBSTITUTED:
        return None
    return Evidence(
        return_id=it.id,
        return_number=it.number,
        product=it.line.name,
        weight_catalogue_gram=it.line.weight_gram,
        weight_outbound_gram=it.line.outbound_weight_gram,
        weight_point_gram=it.check.weight_gram if it.check is not None else None,
        weight_partner_gram=it.parcel.weight_gram,
        serial=it.line.serial,
        point_photos=it.check.photos if it.check is not None else (),
        refund=it.refund.status,
        refund_amount=it.refund.amount,
    )


def money_is_open(it: Return) -> bool:
    """After an upheld appeal: whether somebody must still undo what the finding did to the money.

    A claim is refused or reversed by the acts that a claim has; a cancelled refund comes back with a revised mark.
    """
    claimed = it.claim.kind is ClaimKind.SUBSTITUTION and it.claim.status in (*OPEN_CLAIM, ClaimStatus.PAID)
    return claimed or it.refund.status is RefundStatus.CANCELLED
