"""The law of a customer's block, cell by cell: R74, P26, P29, D7, J8.3.

`BLOCK_SAID` and `APPEAL_SAID` are written by hand from the papers. Never generate them from `rules/blocks.py`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import decisions
from backhaul.marketplace.rules.decisions import SellerFacts
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.words import Role
from tests.rules.cast import CHEN, IRINA, LUMITEK, Story, moscow

POLICY = Policy()
MARKED = moscow("2024-10-08 12:00")
WHY = "The outbound weight of the carrier was loaded too late."
WORDS = "The seller had sent me the other model, see the unboxing."

Cells = dict[tuple[str, str], set[str]]

BLOCK_SAID: dict[str, Cells] = {
    # D7: level 1 by a confirmed mark; level 2 only by review; a revised mark lifts what came from it; a year at the latest.
    "level_1": {
        ("AddCase", "partner"): {"level_1"},
        ("WithdrawCase", "partner"): {"level_1", "lifted"},
        ("Appeal", "customer"): {"level_1"},
        ("DecideAppeal", "moderator"): {"level_1", "lifted"},
        ("RaiseLevel", "moderator"): {"level_2"},
        ("RaiseLevel", "support"): {"level_2"},
        ("Lift", "support"): {"lifted"},
        ("Expire", "calendar"): {"expired"},
    },
    # P29: level 2 only while at least two cases are confirmed.
    "level_2": {
        ("AddCase", "partner"): {"level_2"},
        ("WithdrawCase", "partner"): {"level_2", "level_1", "lifted"},
        ("Appeal", "customer"): {"level_2"},
        ("DecideAppeal", "moderator"): {"level_2", "lifted"},
        ("Lift", "support"): {"lifted"},
        ("Expire", "calendar"): {"expired"},
    },
    # P26: the objection is to the finding as well, which moved money; it outlives the block.
    "lifted": {
        ("WithdrawCase", "partner"): {"lifted"},
        ("Appeal", "customer"): {"lifted"},
        ("DecideAppeal", "moderator"): {"lifted"},
    },
    "expired": {
        ("WithdrawCase", "partner"): {"expired"},
        ("Appeal", "customer"): {"expired"},
        ("DecideAppeal", "moderator"): {"expired"},
    },
}
APPEAL_SAID: dict[str, Cells] = {
    "none": {("Appeal", "customer"): {"open"}},
    "open": {
        ("DecideAppeal", "moderator"): {"upheld", "refused"},
        ("WithdrawCase", "partner"): {"open", "settled"},
    },
    # One appeal per block.
    "upheld": {},
    "refused": {},
    "settled": {},
}
COMMANDS: dict[str, b.Command] = {
    "AddCase": b.AddCase(7, "R-7"),
    "WithdrawCase": b.WithdrawCase(1),
    "Appeal": b.Appeal(WORDS),
    "DecideAppeal": b.DecideAppeal(upheld=True, comment=WHY),
    "RaiseLevel": b.RaiseLevel(WHY),
    "Lift": b.Lift(WHY),
    "Expire": b.Expire(),
}


def block(*cases: int) -> b.Block:
    """A block by a mark of 8 October 2024; further cases were added the day after."""
    it = b.born(3, b.impose("C-1002", b.AddCase(cases[0], f"R-{cases[0]}"), MARKED, POLICY))
    for case in cases[1:]:
        it = does(it, b.AddCase(case, f"R-{case}"), Role.PARTNER, MARKED + timedelta(days=1))
    return it


def does(it: b.Block, command: b.Command, role: Role, at: datetime, confirmed: int | None = None) -> b.Block:
    count = b.confirmed_cases([it]) if confirmed is None else confirmed
    for event in b.decide(it, command, role, at, POLICY, count):
        it = b.evolve(it, event)
    return it


def refused(it: b.Block, command: b.Command, role: Role, at: datetime = MARKED, confirmed: int = 2) -> str:
    with pytest.raises(Refused) as caught:
        b.decide(it, command, role, at, POLICY, confirmed)
    return caught.value.code


# -- The tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "said"), [(b.BLOCK, BLOCK_SAID), (b.APPEAL, APPEAL_SAID)], ids=["block", "appeal"])
def test_the_table_says_what_the_papers_say(table: Any, said: dict[str, Cells]) -> None:
    written: dict[str, Cells] = {state: {} for state in table.states}
    for row in table.rows:
        for role in row.by:
            written[row.before][row.command.__name__, role] = set(row.after)

    assert said == written


def outcome(it: b.Block, command: b.Command, role: Role, at: datetime) -> b.Block | str:
    """The block afterwards, or the code of the refusal."""
    try:
        return does(it, command, role, at, 2)
    except Refused as no:
        return no.code


def samples() -> Iterator[b.Block]:
    """Blocks in every state of both tables, with one case and with two."""
    for cases in ((1,), (1, 2), (1, 2, 5)):
        for status in BLOCK_SAID:
            for appeal in APPEAL_SAID:
                it = block(*cases)
                yield replace(
                    it,
                    status=b.BlockStatus(status),
                    appeal=b.Objection(b.AppealStatus(appeal), WORDS, (), MARKED, MARKED + timedelta(days=3)),
                )


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", COMMANDS)
def test_what_decide_allows_and_where_it_leads_is_what_the_tables_say(name: str, role: Role) -> None:
    command = COMMANDS[name]
    for it in samples():
        cell = BLOCK_SAID[it.status].get((name, role))
        appeal_cell = APPEAL_SAID[it.appeal.status].get((name, role))
        allowed = cell is not None and (appeal_cell is not None or name not in {"Appeal", "DecideAppeal"})
        at = it.until if name == "Expire" else MARKED + timedelta(days=2)
        after = outcome(it, command, role, at)
        if isinstance(after, str):
            assert not allowed, (it.status, it.appeal.status, after)
            continue
        assert allowed, (it.status, it.appeal.status)
        assert cell is not None
        assert after.status in cell
        assert after.appeal.status in (appeal_cell or {it.appeal.status})


def test_what_is_offered_is_what_is_allowed() -> None:
    """Buttons and API actions ask `open_acts`; nothing else is offered, and nothing of it is refused for its state."""
    at = MARKED + timedelta(days=2)
    for it in samples():
        for role in (Role.CUSTOMER, Role.MODERATOR, Role.SUPPORT):
            offered = set(b.open_acts(it, role, at, POLICY, 2))
            taken = {type(c) for c in COMMANDS.values() if not isinstance(outcome(it, c, role, at), str)}
            assert offered == taken


# -- Bounds -----------------------------------------------------------------------------------------------------------


def test_the_block_ends_after_a_year_at_the_latest_and_may_be_appealed_for_fourteen_days() -> None:
    """J8.3: marked on 8 October, "appeal until 22 Oct"; D7: never longer than 365 days."""
    it = block(1)

    assert moscow("2025-10-08 00:00") == it.until
    assert it.until <= MARKED + timedelta(days=365)
    assert moscow("2024-10-23 00:00") == it.appeal_by


def test_an_appeal_in_the_last_second_counts_and_on_day_fifteen_it_does_not() -> None:
    it = block(1)

    assert b.AppealStatus.OPEN is does(it, b.Appeal(WORDS), Role.CUSTOMER, moscow("2024-10-22 23:59:59")).appeal.status
    assert "too_late" == refused(it, b.Appeal(WORDS), Role.CUSTOMER, moscow("2024-10-23 00:00"))


@pytest.mark.parametrize(("characters", "enough"), [(29, False), (30, True)])
def test_an_appeal_and_every_answer_are_explained_in_thirty_characters(characters: int, enough: bool) -> None:  # noqa: FBT001 -- a row of the table
    text = " " + "x" * characters + "\n "
    it = block(1, 2)
    appealed = does(it, b.Appeal(WORDS), Role.CUSTOMER, MARKED)
    for before, command, role in (
        (it, b.Appeal(text), Role.CUSTOMER),
        (appealed, b.DecideAppeal(upheld=False, comment=text), Role.MODERATOR),
        (it, b.RaiseLevel(text), Role.SUPPORT),
        (it, b.Lift(text), Role.SUPPORT),
    ):
        if enough:
            assert before != does(before, command, role, MARKED)
        else:
            assert "explanation_required" == refused(before, command, role)


def test_an_appeal_has_ten_photos_at_most() -> None:
    photos = tuple(f"p{n}" for n in range(11))

    assert "too_many_photos" == refused(block(1), b.Appeal(WORDS, photos), Role.CUSTOMER)
    assert photos[:10] == does(block(1), b.Appeal(WORDS, photos[:10]), Role.CUSTOMER, MARKED).appeal.photos


def test_the_bound_holds_before_the_calendar_has_spoken() -> None:
    """The last second counts; from the bound on nothing is barred, whether or not the sweep ran."""
    it = block(1)

    assert b.bars_new_returns(it, it.until - timedelta(microseconds=1))
    assert not b.bars_new_returns(it, it.until)
    assert "too_late" == refused(block(1, 2), b.RaiseLevel(WHY), Role.SUPPORT, it.until)
    assert "too_early" == refused(it, b.Expire(), Role.CALENDAR, it.until - timedelta(microseconds=1))
    assert it.until == does(it, b.Expire(), Role.CALENDAR, it.until + timedelta(days=9)).over_at


# -- Level 2 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.SUPPORT])
def test_level_2_needs_two_confirmed_cases_and_somebody_who_reviewed_them(role: Role) -> None:
    assert "not_enough_cases" == refused(block(1), b.RaiseLevel(WHY), role, confirmed=1)
    assert b.BlockStatus.LEVEL_2 is does(block(1, 2), b.RaiseLevel(WHY), role, MARKED).status


def test_any_number_of_marks_alone_never_leads_to_level_2() -> None:
    it = block(1, 2, 3, 4, 5, 6)

    assert (b.BlockStatus.LEVEL_1, 6) == (it.status, len(it.cases))
    assert not b.bars_disputes(it, MARKED)


def test_level_2_falls_back_when_too_few_cases_are_left() -> None:
    it = does(block(1, 2), b.RaiseLevel(WHY), Role.SUPPORT, MARKED)
    it = does(it, b.WithdrawCase(1), Role.PARTNER, MARKED)

    assert (b.BlockStatus.LEVEL_1, "R-2") == (it.status, it.names)


def test_cases_that_a_moderator_or_support_took_back_are_not_confirmed() -> None:
    stands = block(1)
    expired = does(block(2), b.Expire(), Role.CALENDAR, stands.until)
    lifted = does(block(3), b.Lift(WHY), Role.SUPPORT, MARKED)
    upheld = does(
        does(block(4), b.Appeal(WORDS), Role.CUSTOMER, MARKED), COMMANDS["DecideAppeal"], Role.MODERATOR, MARKED
    )

    assert 2 == b.confirmed_cases([stands, expired, lifted, upheld])
    assert 1 == b.confirmed_cases([stands, does(expired, b.WithdrawCase(2), Role.PARTNER, MARKED)])


# -- More cases, fewer cases ------------------------------------------------------------------------------------------


def test_a_second_case_restarts_nothing_but_may_be_objected_to() -> None:
    """The end stays. The customer has fourteen days for the new case (P29), said in the event, while no appeal was made."""
    later = moscow("2025-03-01 09:00")
    it = does(block(1), b.AddCase(2, "R-2"), Role.PARTNER, later)

    assert (block(1).until, moscow("2025-03-16 00:00")) == (it.until, it.appeal_by)
    assert ["R-1", "R-2"] == [case.return_number for case in it.cases]
    assert it == does(it, b.AddCase(2, "R-2"), Role.PARTNER, later + timedelta(days=1))


def test_a_second_case_gives_no_second_appeal() -> None:
    it = does(block(1), b.Appeal(WORDS), Role.CUSTOMER, MARKED)
    it = does(it, b.DecideAppeal(upheld=False, comment=WHY), Role.MODERATOR, MARKED)
    it = does(it, b.AddCase(2, "R-2"), Role.PARTNER, MARKED)

    assert b.bars_new_returns(it, MARKED)
    assert "appealed_already" == refused(it, b.Appeal(WORDS), Role.CUSTOMER)


def test_a_revised_mark_lifts_the_block_that_came_from_it() -> None:
    it = does(block(1), b.Appeal(WORDS), Role.CUSTOMER, MARKED)
    it = does(it, b.WithdrawCase(1), Role.PARTNER, MARKED)

    assert (b.BlockStatus.LIFTED, "mark_revised", b.AppealStatus.SETTLED) == (
        it.status, it.over_because, it.appeal.status,
    )  # fmt: skip
    assert "nothing_to_appeal" == refused(replace(it, appeal=b.Objection()), b.Appeal(WORDS), Role.CUSTOMER)


def test_a_revised_mark_leaves_the_block_that_another_case_holds() -> None:
    it = does(block(1, 2), b.WithdrawCase(1), Role.PARTNER, MARKED)

    assert (b.BlockStatus.LEVEL_1, "R-2", ("R-1",)) == (
        it.status, it.names, tuple(case.return_number for case in it.withdrawn),
    )  # fmt: skip


def test_an_upheld_appeal_lifts_and_a_refused_one_leaves() -> None:
    it = does(block(1), b.Appeal(WORDS), Role.CUSTOMER, MARKED)
    upheld = does(it, b.DecideAppeal(upheld=True, comment=WHY), Role.MODERATOR, MARKED)
    kept = does(it, b.DecideAppeal(upheld=False, comment=WHY), Role.MODERATOR, MARKED)

    assert (b.BlockStatus.LIFTED, "appeal_upheld", WHY) == (upheld.status, upheld.over_because, upheld.appeal.answer)
    assert (b.BlockStatus.LEVEL_1, it.until, WHY) == (kept.status, kept.until, kept.appeal.answer)
    assert (True, False) == (b.cleared([upheld], 1), b.cleared([kept], 1))


# -- What it keeps a customer from ------------------------------------------------------------------------------------


def test_a_refusal_says_until_when_why_and_how_to_appeal() -> None:
    told = b.refusal(block(1, 2))

    assert ("customer_blocked", "forbidden") == (told.code, told.kind)
    assert {
        "until": moscow("2025-10-08 00:00"), "reason": "substituted_product", "returns": "R-1, R-2", "level": "level_1",
        "appeal_by": moscow("2024-10-24 00:00"), "appeal": "/my-block",
    } == told.facts  # fmt: skip


@pytest.mark.parametrize(("level", "allowed"), [("level_1", True), ("level_2", False), ("lifted", True)])
def test_only_level_2_ends_disputes_and_their_button(level: str, allowed: bool) -> None:  # noqa: FBT001 -- a row of the table
    story = Story(LUMITEK, at="2024-10-09 10:00").submitted("2024-10-09 10:00")
    story.does(CHEN, do.Reject("looks_used", "The soles are worn through and the laces are gone."), "2024-10-10 10:00")
    standing = replace(block(1, 2), status=b.BlockStatus(level), customer_ref=IRINA.subject)
    command = do.OpenDispute("It does switch off after a minute, look again.")
    story.facts = SellerFacts(customer_block=standing)

    assert allowed == (do.OpenDispute in decisions.open_acts(story.it, IRINA, story.now, Terms(), standing))
    if allowed:
        story.does(IRINA, command)
        assert "dispute" == story.it.status
    else:
        assert ("customer_blocked", "forbidden") == story.refuses(IRINA, command)
