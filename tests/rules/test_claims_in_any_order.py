"""P10, P15, P18, P26, R112: after every short order of what can befall a unit and its claims, its seller has one thing or a reason.

The one thing: a claim that stands, the table's compensation, or the customer's money that was never sent. Two of them never. None of
them only with the product back, or after an answer to the very loss or finding that it is about. A fate is kept beside the law, by
what happened; the law is asked for nothing but what stands.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import chart, claims, decisions, payments
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.lifecycle import TABLES
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return, evolve, status_in
from backhaul.marketplace.rules.words import ClaimKind, Mark, Route
from tests.rules.cast import (
    CALENDAR,
    EXPLAINED,
    IML,
    LUMITEK,
    MARINA,
    OLEG,
    SELLER_OF,
    TWO_PHOTOS,
    UNLINKED,
    Story,
    arrival,
    line,
)

TERMS = Terms()
STANDS, PAID_BY_TABLE = {"draft", "filed", "in_review", "approved", "paid"}, {"accrued", "credited"}
OUT = {"sent", "in_doubt", "confirmed"}


class Fate(msgspec.Struct, frozen=True):
    """What befell the unit. `finding` counts changes of what the partner says; `answered`: what has been claimed to its end."""

    place: str = "on the way"
    says: str = ""
    finding: int = 0
    answered: frozenset[str] = frozenset()
    taken_back: bool = False  # support took the compensation back

    def about(self, kind: str | None) -> str:
        """The loss or finding that a claim of this kind is about now."""
        at_partner = self.place == "at the partner"
        return {
            "lost_in_transit": "loss",
            "carrier_damage": f"finding {self.finding}" if at_partner else "damage before",
        }.get(kind or "", f"finding {self.finding}")


class Node(msgspec.Struct, frozen=True):
    """A unit, and how it came here."""

    it: Return
    fate: Fate
    entries: tuple[Entry, ...]
    way: tuple[str, ...] = ()


def found_so(says: str) -> Callable[[Node], Fate]:
    def fate(was: Node) -> Fate:
        again = was.fate.says == says
        return replace(was.fate, says=says, finding=was.fate.finding + (not again))

    return fate


def found_substituted(was: Node) -> Fate:
    """Where the refund is not out, the customer gets nothing, and of a paid loss the seller has the product instead of the money."""
    fate = found_so("substituted")(was)
    unsent = was.it.refund.status in ("held", "failed")
    return replace(fate, place="at the partner") if fate.place == "lost" and unsent else fate


def put(place: str) -> Callable[[Node], Fate]:
    return lambda was: replace(was.fate, place=place)


def answered(was: Node) -> Fate:
    return replace(was.fate, answered=was.fate.answered | {was.fate.about(was.it.claim.kind)})


def arrives(was: Node) -> Fate:
    place = "to be chosen" if was.it.claim.status == "paid" else "at the partner"
    return replace(was.fate, place=place)


def same(was: Node) -> Fate:
    return was.fate


def mark(result: Mark) -> Callable[[Return, datetime], list[tuple[By, do.Command]]]:
    return lambda it, _at: [
        (IML, do.RecordMark(result, (it.parcel.mark_revision if it.parcel else 0) + 1, "finding", TWO_PHOTOS))
    ]


def one(by: By, command: do.Command) -> Callable[[Return, datetime], list[tuple[By, do.Command]]]:
    return lambda _it, _at: [(by, command)]


def to_review(it: Return) -> list[tuple[By, do.Command]]:
    seller = next(by for by in SELLER_OF.values() if by.subject == str(it.seller_id))
    ways: dict[str, list[tuple[By, do.Command]]] = {
        "draft": [(seller, do.FileClaim()), (MARINA, do.TakeUpClaim())], "filed": [(MARINA, do.TakeUpClaim())],
    }  # fmt: skip
    return ways.get(it.claim.status, [])


Happening = tuple[Callable[[Return, datetime], list[tuple[By, do.Command]]], Callable[[Node], Fate]]
ANYWHERE: dict[str, Happening] = {
    "lost": (one(CALENDAR, do.DeclareLost()), put("lost")),
    "claim paid": (lambda it, _at: [*to_review(it), (MARINA, do.ApproveClaim()), (MARINA, do.PayClaim())], same),
    "claim granted": (lambda it, _at: [*to_review(it), (MARINA, do.ApproveClaim())], same),
    "claim refused": (lambda it, _at: [*to_review(it), (MARINA, do.RefuseClaim(EXPLAINED))], answered),
    "claim lapsed": (one(CALENDAR, do.LapseClaim()), answered),
    "claim reversed": (
        one(MARINA, do.ReverseClaim(EXPLAINED)),
        lambda was: replace(answered(was), place="at the partner" if was.fate.place == "to be chosen" else was.fate.place),
    ),
    "refund came back": (one(MARINA, do.FailRefund("The card is closed.")), same),
    "refund sent": (one(MARINA, do.SendRefund()), same),
}  # fmt: skip
AT_THE_PARTNER: dict[str, Happening] = {
    **ANYWHERE,
    "arrived broken": (lambda _it, at: [(IML, arrival(at, packaging_intact=False))], arrives),
    "marked sound": (mark(Mark.SERVICEABLE), found_so("sound")),
    "marked damaged": (mark(Mark.PARTIALLY_DAMAGED), found_so("damaged")),
    "marked quite damaged": (mark(Mark.COMPLETELY_DAMAGED), found_so("damaged")),
    "marked substituted": (mark(Mark.SUBSTITUTED), found_substituted),
    "money kept": (one(SELLER_OF[LUMITEK], do.KeepMoney()), put("lost")),
    "product taken": (one(SELLER_OF[LUMITEK], do.TakeProduct()), put("at the partner")),
    "disposed of": (one(IML, do.RecordDisposal("DC-9", undecided=True)), same),
}  # fmt: skip
AT_THE_SORTING_POINT: dict[str, Happening] = {
    **ANYWHERE,
    "found": (one(OLEG, do.ReceiveForDisposal()), put("at the sorting point")),
    "disposed of": (one(OLEG, do.CertifyDisposal("shredded", "Oleg and Nadia", TWO_PHOTOS)), put("disposed of")),
    "credited": (one(CALENDAR, do.CreditCompensation()), same),
    "compensation taken back": (
        one(MARINA, do.ReverseCompensation("Paid by mistake.")), lambda was: replace(was.fate, taken_back=True)),
}  # fmt: skip


def lamp(price: str) -> Story:
    story = Story(reason="packaging_and_product_damaged", of=line(price, 800)).approved(route=Route.A)
    return story.accepted().dispatched()


def drone() -> Story:
    return Story(LUMITEK, reason="did_not_fit", of=line("21900.00", 1_100)).accepted().dispatched()


BEGINNINGS: dict[str, tuple[Callable[[], Story], dict[str, Happening]]] = {
    "to the partner": (lambda: drone().refunded(), AT_THE_PARTNER),
    "to the partner, the refund on hold": (drone, AT_THE_PARTNER),
    "for disposal": (lambda: Story().approved(route=Route.A).accepted().dispatched().refunded(), AT_THE_SORTING_POINT),
    "damaged, for disposal": (lambda: lamp("16800.00").refunded(), AT_THE_SORTING_POINT),
    "damaged, the refund on hold": (lambda: lamp("16800.00"), AT_THE_SORTING_POINT),
    "damaged, and nothing by the table": (lambda: lamp("9900.00").refunded(), AT_THE_SORTING_POINT),
}


def follow(was: Node, name: str, happening: Happening, at: datetime) -> Node | None:
    """What is after it; None where the law refuses any of it."""
    commands, fate = happening
    it, entries = was.it, list(was.entries)
    events: list[Any] = []
    for by, command in commands(it, at):
        table = TABLES[type(command)]
        if table.row(status_in(it, table), type(command), by.role) is None:
            return None
        try:
            happened = decisions.decide(it, command, by, at, TERMS, UNLINKED)
        except Refused:
            return None
        for event in happened:
            it = evolve(it, event)
            entries += chart.entries(it, event)
        events += happened
    after = Node(it, fate(was), tuple(entries), (*was.way, name))
    assert all(explains_itself(event, events) for event in events), after.way
    return after


def explains_itself(event: Any, events: list[Any]) -> bool:
    """A claim that comes to nothing says why, or the seller has chosen the product instead."""
    ended = isinstance(event, e.ClaimMoved) and event.to in ("refused", "reversed")
    return not ended or bool(event.comment) or any(isinstance(other, e.ProductTaken) for other in events)


def every_order(beginning: str, depth: int) -> Iterator[Node]:
    """Every unit that comes about in so many steps; two that nothing can tell apart are followed once."""
    begin, alphabet = BEGINNINGS[beginning]
    story = begin()
    ahead = [Node(story.it, Fate(), tuple(story.entries))]
    for step in range(depth):
        at = story.now + timedelta(hours=step + 1)
        fresh: dict[Any, Node] = {}
        for was in ahead:
            for name, happening in alphabet.items():
                after = follow(was, name, happening, at)
                if after is not None:
                    fresh.setdefault(alike(after), after)
        ahead = list(fresh.values())
        yield from ahead


def alike(node: Node) -> Any:
    """What two units share that behave alike: not when it happened, nor in how many steps."""
    it, claim = node.it, node.it.claim
    parcel = it.parcel and (it.parcel.mark, it.parcel.status)
    return (
        node.fate, it.status, it.refund.status, it.refund.attempt, it.compensation.status, it.weighing.status, parcel,
        claim.status, claim.kind, tuple(before.kind for before in claim.earlier), frozenset(one.cause for one in node.entries),
    )  # fmt: skip


def holds(node: Node) -> tuple[str, ...]:
    """What the seller has for the unit, or may still get."""
    it = node.it
    found = [f"claim {it.claim.kind}"] if it.claim.status in STANDS else []
    found += ["table"] if it.compensation.status in PAID_BY_TABLE else []
    return (*found, *(["refund"] if it.refund.status == "cancelled" else []))


def faults(node: Node) -> list[str]:
    """What is wrong with it by the papers."""
    it, fate, has = node.it, node.fate, holds(node)
    wrong = ["two at once"] if len(has) > 1 else []
    wrong += [f"{one} has no ground" for one in has if not grounded(one, node)]
    wrong += ["nothing, and no reason"] if not has and not reason_for_nothing(node) else []
    by_claims = sum(
        one.amount.minor * (1 if one.cause.startswith("claim:") else -1)
        for one in node.entries
        if one.cause.startswith(("claim:", "claim_reversed:"))
    )
    wrong += [] if by_claims == (it.line.price.minor if it.claim.status == "paid" else 0) else ["the books differ"]
    wrong += [] if len(node.entries) == len({one.cause for one in node.entries}) else ["one cause twice"]
    wrong += [] if fate.place != "to be chosen" or it.claim.status == "paid" else ["nothing to choose from"]
    return wrong


def grounded(has: str, node: Node) -> bool:
    """Whether what stands follows from what befell the unit."""
    it, fate = node.it, node.fate
    partner = fate.place == "at the partner"
    match has:
        case "claim lost_in_transit":
            return fate.place in ("lost", "to be chosen")
        case "claim substitution":
            return partner and fate.says == "substituted" and it.refund.status in OUT
        case "claim carrier_damage":
            return it.route == "A" or (partner and fate.says == "damaged")
        case "table":
            return it.route == "A" and (it.refund.status in OUT or it.compensation.status == "credited")
        case _:
            return partner and fate.says == "substituted"


def reason_for_nothing(node: Node) -> bool:
    """Why nothing stands: the product is back, it is still under way, or somebody has answered what it is about."""
    it, fate = node.it, node.fate
    if fate.place == "lost":
        return "loss" in fate.answered
    if it.route == "B":
        whole = fate.says in ("", "sound")
        return fate.place == "on the way" or whole or f"finding {fate.finding}" in fate.answered
    return it.refund.status not in OUT or fate.taken_back or it.line.price.minor == 9_900_00


def look(depth: int) -> Counter[str]:
    """Every beginning; what was seen to stand."""
    seen: Counter[str] = Counter()
    for beginning in BEGINNINGS:
        for node in every_order(beginning, depth):
            wrong = faults(node)
            assert [] == wrong, f"{beginning}: {' -> '.join(node.way)}: {wrong}; {holds(node)}"
            seen[", ".join(holds(node)) or "nothing"] += 1
            seen[f"claim {len(node.it.claim.earlier) + 1}"] += bool(node.it.claim.kind)
    return seen


def test_after_every_order_of_six_the_seller_has_one_thing_or_a_reason() -> None:
    seen = look(6)

    assert {"claim lost_in_transit", "claim carrier_damage", "claim substitution", "table", "refund", "nothing"} <= set(
        seen
    )
    assert 0 < seen["claim 3"], "three claims of a return, one after another, were never seen"


@pytest.mark.slow
def test_after_every_order_of_eight_the_seller_has_one_thing_or_a_reason() -> None:
    seen = look(8)

    assert 0 < seen["claim 5"]


# -- Controls: what is planted is found -------------------------------------------------------------------------------


def _one_claim_for_ever(it: Return) -> bool:
    """A claim that came to nothing blocks every later one."""
    return it.claim.status == "none" and it.compensation.status == "none"


def _beside_the_table(it: Return) -> bool:
    """A claim although the unit is compensated."""
    return it.claim.status not in STANDS


def _lost_only_at_once(it: Return, happened: list[Any], at: datetime, policy: Any) -> list[Any]:
    """The loss is claimed when it is declared, and never later."""
    declared = any(isinstance(event, e.WentMissing) for event in happened)
    drafted: list[Any] = TRUE_AFTER_LOSS(it, happened, at, policy)
    return drafted if declared else []


def _nothing_dropped(_it: Return, _why: str) -> list[Any]:
    """A newer mark leaves the claims of the older."""
    return []


def _neither(_it: Return, _at: datetime, _policy: Any) -> list[Any]:
    """What a claim for the damage does not bring, nobody pays."""
    return []


def _one_cause_for_all(it: Return) -> str:
    """The entries of a second claim look like the first one's."""
    return str(it.id)


def _damage_forgotten(it: Return, kind: ClaimKind, at: datetime, policy: Any) -> list[Any]:
    """Where the customer's money came back nothing is drafted for the damage."""
    return [] if kind is ClaimKind.CARRIER_DAMAGE and it.refund.status == "held" else TRUE_DRAFT(it, kind, at, policy)


TRUE_AFTER_LOSS, TRUE_DRAFT = claims.after_loss, claims.draft_claim


@pytest.mark.parametrize(
    ("module", "name", "fault"),
    [
        (claims, "may_be_drafted", _one_claim_for_ever),
        (claims, "may_be_drafted", _beside_the_table),
        (claims, "after_loss", _lost_only_at_once),
        (claims, "drop_claim", _nothing_dropped),
        (claims, "draft_claim", _damage_forgotten),
        (payments, "instead_of_claim", _neither),
        (chart, "_claim", _one_cause_for_all),
    ],
)
def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, fault: Any) -> None:
    monkeypatch.setattr(module, name, fault)

    with pytest.raises(AssertionError):
        look(5)
