"""Which rejections the law does not allow for a return (P24): the cards of its category, asked for the day of the request."""

from collections.abc import Mapping

from backhaul.kit.machine import Refused
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return, group_of
from backhaul.marketplace.rules.rule_cards import Goods, Ruling, Statement, barred, ruling


def ruling_for(it: Return, terms: Terms) -> Ruling | None:
    """The card that holds for a return: that of the day when it was asked for, whatever was published since."""
    goods = Goods(
        it.line.category,
        it.seller_country,
        it.line.weight_gram,
        it.line.delivered_at,
        marked=bool(it.line.marking_code),
    )
    return ruling(terms.rule_books, goods, it.requested_at)


def unlawful_rejections(it: Return, terms: Terms) -> Mapping[str, Statement]:
    """Rejection reasons that are refused for this return, whoever gives them, each with the statement that says why."""
    found = ruling_for(it, terms)
    if found is None:
        return {}
    return barred(found, group_of(it), it.requested_at, has_photos=len(it.photos) >= terms.policy.photos_min)


def check_rejection(it: Return, reason: str, terms: Terms) -> None:
    """`Refused` when the law does not allow this reason: the rule, its source, what may be given instead."""
    forbidden = unlawful_rejections(it, terms)
    if reason not in forbidden:
        return
    said, found = forbidden[reason], ruling_for(it, terms)
    raise Refused(
        "rejection_unlawful",
        "conflict",
        "reason",
        rule=said.code,
        law=said.law,
        article=said.article,
        days=found.card.windows.refusal_days if found else 0,
        rule_cards=found.book.version if found else "",
        instead=[entry.code for entry in terms.rejections.active() if entry.code not in forbidden],
    )
