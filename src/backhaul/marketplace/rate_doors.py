"""What the page and the API of exchange rates share: who may, and faults in words."""

from backhaul.kit.machine import Refused
from backhaul.marketplace import rate_texts
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.versions import Fault
from backhaul.marketplace.rules.words import Role

ROWS_MAX = 5_000


def only_support(by: By) -> None:
    """`Refused` for everybody else."""
    if by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=by.role)


def may_read(by: By) -> None:
    """Support, and sellers: their prices and payouts were converted by these rates."""
    if by.role not in (Role.SUPPORT, Role.SELLER):
        raise Refused("not_your_role", "forbidden", role=by.role)


def sentences(refused: Refused, language: str) -> list[str]:
    """What is wrong with rates, sentence by sentence."""
    found = refused.facts.get("faults")
    return (
        [rate_texts.sentence(one, language) for one in found if isinstance(one, Fault)]
        if isinstance(found, list)
        else []
    )


def worded(refused: Refused, language: str) -> Refused:
    """The refusal with its faults as codes, places and sentences."""
    found = refused.facts.get("faults")
    if not isinstance(found, list):
        return refused
    faults = [
        {"code": one.code, "where": one.where, "detail": rate_texts.sentence(one, language)}
        for one in found
        if isinstance(one, Fault)
    ]
    return Refused(refused.code, refused.kind, refused.field, **{**refused.facts, "faults": faults})
