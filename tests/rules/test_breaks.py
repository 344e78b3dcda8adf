"""The life of a break, cell by cell: who may do what while it stands how, and what the comparison does to it each night."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace.rules import breaks as b
from backhaul.marketplace.rules.findings import BreakKind, Finding, Source
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role
from tests.rules.cast import moscow

NIGHT = moscow("2024-10-05 04:00")
WORD = "The partner has promised a credit note."
OF_INVOICE = Finding("k", BreakKind.DUPLICATE_STORAGE, Source.INVOICE, 1, "duplicate_storage", NIGHT, 17, "R-17",
                     Money(0, "CNY"), None, Money(900, "CNY"), "INV-1", 4, "storage", 6)  # fmt: skip
OF_BOOKS = Finding(
    "k", BreakKind.COMPENSATION_MISSING, Source.BOOKS, 1, "compensation_missing", NIGHT, 17, "R-17", Money(1)
)
SELLER, SUPPORT, CALENDAR = Role.SELLER, Role.SUPPORT, Role.CALENDAR
CLAIM, DISPUTE, EXPLAIN, CLOSE = b.Claim(), b.Dispute(WORD), b.Explain(WORD), b.Close(WORD)


def after(*commands: tuple[b.AnyCommand, Role], of: Finding = OF_INVOICE) -> b.Break:
    it = b.born(1, of, NIGHT)
    for command, role in commands:
        for event in b.decide(it, command, role, Policy(), claim_is_open=True):
            it = b.evolve(it, event, NIGHT + timedelta(hours=1))
    return it


def refusal(it: b.Break, command: b.AnyCommand, role: Role, *, claim_is_open: bool = True) -> str:
    with pytest.raises(Refused) as refused:
        b.decide(it, command, role, Policy(), claim_is_open=claim_is_open)
    return refused.value.code


STATES = {
    "open": after(), "explained": after((EXPLAIN, SELLER)), "claimed": after((DISPUTE, SELLER)),
    "closed": after((CLOSE, SUPPORT)),
}  # fmt: skip
ALLOWED = {
    ("open", SELLER): ["Claim", "Dispute", "Explain", "Close"], ("open", SUPPORT): ["Explain", "Close"],
    ("explained", SELLER): ["Claim", "Dispute", "Close"], ("explained", SUPPORT): ["Close"],
    ("claimed", SELLER): ["Close"], ("claimed", SUPPORT): ["Close"], ("closed", SELLER): [], ("closed", SUPPORT): [],
}  # fmt: skip


@pytest.mark.parametrize(("status", "role"), ALLOWED)
def test_what_is_open_and_what_is_refused(status: str, role: Role) -> None:
    it = STATES[status]
    assert status == it.status
    assert ALLOWED[status, role] == [act.__name__ for act in b.open_acts(it, role, claim_is_open=True)]
    for command in (CLAIM, DISPUTE, EXPLAIN, CLOSE):
        if type(command).__name__ not in ALLOWED[status, role]:
            mine = role is SELLER or command in (EXPLAIN, CLOSE)
            assert ("break_moved_on" if mine else "not_your_role") == refusal(it, command, role)
    assert "not_your_role" == refusal(it, CLOSE, Role.CUSTOMER)


def test_a_claim_needs_one_that_can_be_filed_and_a_dispute_a_line() -> None:
    assert "no_claim_to_file" == refusal(after(), CLAIM, SELLER, claim_is_open=False)
    assert "no_line_to_dispute" == refusal(after(of=OF_BOOKS), DISPUTE, SELLER)
    assert ["Explain", "Close"] == [a.__name__ for a in b.open_acts(after(of=OF_BOOKS), SELLER, claim_is_open=False)]


@pytest.mark.parametrize("words", ["", "         ", "nine char", " nine char "])
def test_a_word_has_ten_characters(words: str) -> None:
    for command in (b.Explain(words), b.Close(words), b.Dispute(words)):
        assert "explanation_required" == refusal(after(), command, SELLER)
    assert "explained" == after((b.Explain("ten chars."), SELLER)).status


def test_found_again_as_it_was_nothing_happens_and_since_when_is_told_once() -> None:
    later = replace(OF_INVOICE, since=NIGHT + timedelta(days=1))
    for it in STATES.values():
        assert [] == b.decide(it, b.Find(later), CALENDAR, Policy())
    dearer = replace(later, partner=Money(1000, "CNY"))
    [changed] = b.decide(after(), b.Find(dearer), CALENDAR, Policy())
    assert isinstance(changed, b.BreakChanged)
    assert (Money(1000, "CNY"), NIGHT) == (changed.finding.partner, changed.finding.since)


def test_what_is_not_found_any_more_closes_itself_and_opens_again_when_it_comes_back() -> None:
    gone = after((EXPLAIN, SELLER), (b.Miss(), CALENDAR))
    assert ("closed", True) == (gone.status, gone.gone)
    back = after((EXPLAIN, SELLER), (b.Miss(), CALENDAR), (b.Find(OF_INVOICE), CALENDAR))
    assert ("open", False, 4) == (back.status, back.gone, back.version)


def test_what_a_person_closed_stays_closed_while_it_is_found() -> None:
    assert [] == b.decide(STATES["closed"], b.Find(OF_INVOICE), CALENDAR, Policy())
