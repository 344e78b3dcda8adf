"""Any commands in any order at any instants: only refusals are raised, and the books and the fold stay right."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.calendar import next_due, timers
from backhaul.marketplace.rules.decisions import By, SellerFacts, open_acts
from backhaul.marketplace.rules.lifecycle import CLAIM, COMPENSATION, REFUND, RETURN
from backhaul.marketplace.rules.returns import Return, born, evolve, status_in
from backhaul.marketplace.rules.words import (
    REASONS,
    REJECTIONS,
    ClaimStatus,
    CompensationStatus,
    Mark,
    RefundStatus,
    Route,
    Status,
)
from tests.rules.cast import (
    ANADOLU,
    BANK,
    CALENDAR,
    CHEN,
    ELIF,
    ENDS,
    EXPLAINED,
    IML,
    IRINA,
    LINKED,
    LUMITEK,
    MARINA,
    MODERATED,
    NADIA,
    OLEG,
    PAVEL,
    TWO_PHOTOS,
    UNLINKED,
    ZHAO,
    Shop,
    Story,
    all_commands,
    balance,
    line,
    payloads,
)

EVERYBODY = (IRINA, ELIF, CHEN, OLEG, NADIA, MARINA, IML, CALENDAR, BANK)
STRANGERS = (PAVEL, ZHAO)
TABLES = {"return": RETURN, "refund": REFUND, "compensation": COMPENSATION, "claim": CLAIM}
WORDS = {"return": Status, "refund": RefundStatus, "compensation": CompensationStatus, "claim": ClaimStatus}
STEPS = 60

# Where the clock goes before a command: mostly on, and often to an edge, where the faults are.
WAYS: tuple[Callable[[Return, datetime, Story], datetime], ...] = (
    lambda _it, now, _story: now,
    *(lambda _it, now, _story: now + timedelta(minutes=7),) * 14,
    lambda _it, now, _story: now + timedelta(hours=25),
    lambda _it, now, _story: now + timedelta(days=31),
    lambda _it, now, _story: now - timedelta(hours=2),
    lambda it, now, _story: it.act_by or now,
    lambda it, now, _story: it.act_by - timedelta(microseconds=1) if it.act_by else now,
    lambda it, now, story: next_due(it, story.terms.policy) or now,
)
FRESH = st.builds(
    Story,
    st.sampled_from([ANADOLU, LUMITEK]),
    reason=st.sampled_from(sorted(REASONS)),
    of=st.sampled_from(
        [
            line("12400.00"),
            line("1700.00"),
            line("1400.00"),
            line("1.00"),
            line("18500.50", 250),
            line("12400.00", paid="9900.00"),
            line("30000.00", 7_001),
        ]
    ),
    facts=st.sampled_from(
        [UNLINKED, LINKED, MODERATED, SellerFacts(default_route=Route.A), SellerFacts(default_route=Route.B)]
    ),
    photos=st.sampled_from([(), ("p1",), tuple(f"p{n}" for n in range(10))]),
)


# Far corners that wandering alone seldom reaches.
HEAD_STARTS: tuple[Callable[[Story], Story], ...] = (
    lambda story: story.accepted().dispatched(),
    lambda story: story.accepted().dispatched().refunded().lost(story.now + timedelta(days=30)).claimed(),
    lambda story: story.accepted().dispatched().arrived(packaging_intact=False),
)


def ahead(shop: Shop, reason: str, head_start: int) -> Story:
    return HEAD_STARTS[head_start](Story(shop, reason=reason, facts=LINKED))


STORIES = FRESH | st.builds(
    ahead,
    st.sampled_from([ANADOLU, LUMITEK]),
    st.sampled_from(sorted(REASONS)),
    st.integers(0, len(HEAD_STARTS) - 1),
)


def some_command(name: str, story: Story, chance: Random) -> do.Command:
    """Any form that the doors would let through: sensible ones, and odd ones."""
    odd: dict[str, Callable[[], do.Command]] = {
        "AddPhotos": lambda: do.AddPhotos(("p",) * chance.randint(0, 10)),
        "SendPhotos": lambda: do.SendPhotos(("p",) * chance.randint(0, 10), "x" * chance.randint(0, 40)),
        "OpenDispute": lambda: do.OpenDispute("x" * chance.randint(0, 60)),
        "Approve": lambda: do.Approve(chance.choice([None, *Route])),
        "Reject": lambda: do.Reject(chance.choice([*REJECTIONS, "nonsense"]), chance.choice(["", EXPLAINED])),
        "Offer": lambda: do.Offer(chance.choice([1, 100, 1_399, 1_699, 12_399, 12_400, 100_000_000])),
        "HoldRefund": lambda: do.HoldRefund(chance.choice(["", " ", "Risk."])),
        "CheckIn": lambda: do.CheckIn(
            chance.choice(["77-0412", ""]),
            same_product=chance.random() < 0.8,
            used=chance.random() < 0.3,
            complete=chance.random() < 0.5,
            packaging_intact=chance.random() < 0.5,
            photos=chance.choice([(), TWO_PHOTOS]),
            weight_gram=chance.choice([None, 1, 500_000]),
            checked=chance.random() < 0.8,
        ),
        "RecordArrival": lambda: do.RecordArrival(
            "W",
            to_us(story.now) + chance.randint(-(10**13), 10**13),
            to_us(story.now) + chance.randint(-(10**13), 10**13),
            packaging_intact=chance.random() < 0.5,
        ),
        "RecordMark": lambda: do.RecordMark(chance.choice(list(Mark)), chance.randint(-1, 6), "", ()),
        "RecordDecision": lambda: do.RecordDecision(
            "?", chance.choice(["delivered", "?"]), "?", chance.randint(0, 10**15)
        ),
        "RecordHandover": lambda: do.RecordHandover(chance.choice(["delivered", "?"]), ""),
        "RecordDisposal": lambda: do.RecordDisposal("", undecided=chance.random() < 0.5),
        "Remind": lambda: do.Remind(chance.choice(["2d", "1d", ""])),
    }
    if name in odd and chance.random() < 0.6:
        return odd[name]()
    return chance.choice(payloads(name, story.it, story.now))


def next_step(story: Story, chance: Random) -> tuple[By, str]:
    """Mostly something that is allowed, so that returns get far; sometimes anything by anybody."""
    if chance.random() < 0.85:
        for by in chance.sample(EVERYBODY, len(EVERYBODY)):
            acts = open_acts(story.it, by, story.now, story.terms)
            if do.Cancel in acts and chance.random() < 0.95:  # else every return ends as a cancelled one
                acts.remove(do.Cancel)
            if acts:
                return by, chance.choice(acts).__name__
    names = [name for name in all_commands() if name != "RequestReturn"]
    return chance.choice(EVERYBODY + STRANGERS), chance.choice(names)


def turn(story: Story, chance: Random) -> tuple[By, do.Command]:
    """The clock moves, and somebody wants something."""
    story.now = chance.choice(WAYS)(story.it, story.now, story)
    by, name = next_step(story, chance)
    return by, some_command(name, story, chance)


def refusal_of(story: Story, by: By, command: do.Command) -> Refused | None:
    """The command is given or refused. Anything else that is raised is a fault of the law."""
    try:
        story.does(by, command, story.now)
    except Refused as refusal:
        return refusal
    return None


def step(story: Story, chance: Random) -> Refused | None:
    by, command = turn(story, chance)
    return refusal_of(story, by, command)


def history(story: Story) -> str:
    """What led to a failure, in the report of it."""
    return "\n".join(repr(event) for event in story.events)


SEED = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=100, deadline=None, database=None, derandomize=True)  # the same in every run


@FEW
@given(story=STORIES, seed=SEED)
def test_nothing_but_a_refusal_is_raised_and_a_refusal_changes_nothing(story: Story, seed: int) -> None:
    chance = Random(seed)
    for _ in range(STEPS):
        before = story.it, len(story.events), len(story.entries)
        refusal = step(story, chance)

        assert refusal is None or before == (story.it, len(story.events), len(story.entries))


@FEW
@given(story=STORIES, seed=SEED)
def test_a_button_is_what_may_be_done(story: Story, seed: int) -> None:
    """What is no button is refused; a button is refused for what is in its form only, not for where things stand."""
    chance = Random(seed)
    for _ in range(STEPS):
        by, command = turn(story, chance)
        button = type(command) in open_acts(story.it, by, story.now, story.terms)
        refusal = refusal_of(story, by, command)
        of_its_form = refusal is not None and refusal.field is not None

        assert of_its_form or button == (refusal is None), f"{command}: {refusal!r}\n{history(story)}"


@FEW
@given(story=STORIES, seed=SEED)
def test_the_version_counts_the_events_and_the_fold_of_them_is_the_return(story: Story, seed: int) -> None:
    chance = Random(seed)
    for _ in range(STEPS):
        step(story, chance)

        assert len(story.events) == story.it.version

    it = born(17, story.requested)
    for event in story.events[1:]:
        it = evolve(it, event)

    assert it == story.it


@FEW
@given(story=STORIES, seed=SEED)
def test_nobody_ever_gets_more_than_the_product_was_worth(story: Story, seed: int) -> None:
    """MNY-2: the customer at most what was paid. MNY-5: the seller at most the price, from compensation and claim."""
    chance = Random(seed)
    for _ in range(STEPS):
        step(story, chance)
        to_customer = balance(story.entries, chart.BANK) + balance(story.entries, chart.IN_TRANSIT)
        to_seller = balance(story.entries, chart.seller(story.it)) + to_customer + balance(story.entries, chart.OWED)

        assert 0 <= to_customer <= story.it.line.paid.minor, history(story)
        assert 0 <= to_seller <= story.it.line.price.minor, history(story)
        assert 0 <= balance(story.entries, chart.ACCRUED) <= story.it.line.price.minor
        assert len(story.entries) == len({entry.cause for entry in story.entries})


@FEW
@given(story=STORIES, seed=SEED)
def test_an_end_is_an_end(story: Story, seed: int) -> None:
    """GDS-3. Only the bank undoes one: it may give back what it had booked. One more claim is another claim."""
    chance = Random(seed)
    for _ in range(STEPS):
        before = {noun: str(status_in(story.it, table)) for noun, table in TABLES.items()}
        claims_before = len(story.it.claim.earlier)
        step(story, chance)
        after = {noun: str(status_in(story.it, table)) for noun, table in TABLES.items()}
        left = {noun for noun in TABLES if before[noun] in ENDS[noun] and after[noun] != before[noun]}
        if before["refund"] == "confirmed" and after["refund"] in {"failed", "cancelled"}:
            left -= {"refund"}
        if len(story.it.claim.earlier) > claims_before:
            left -= {"claim"}

        assert set() == left


@FEW
@given(story=STORIES, seed=SEED)
def test_what_the_calendar_announces_it_may_do(story: Story, seed: int) -> None:
    """A timer that would be refused fires for ever."""
    chance = Random(seed)
    for _ in range(STEPS):
        step(story, chance)
        for at, command in timers(story.it, story.terms.policy):
            assert type(command) in open_acts(story.it, CALENDAR, at, story.terms), (story.it.status, command)


def test_the_wandering_gets_everywhere() -> None:
    """What was never visited was never tested."""
    unseen = {(noun, str(word)) for noun, words in WORDS.items() for word in words}
    for seed in range(1_000):
        shop = (ANADOLU, LUMITEK)[seed % 2]
        fresh = Story(shop, of=line(("12400.00", "1700.00")[seed % 3 == 0]), facts=(UNLINKED, MODERATED)[seed % 5 == 0])
        story = ahead(shop, "did_not_fit", seed % 3) if seed % 4 == 0 else fresh
        chance = Random(seed)
        for _ in range(STEPS if unseen else 0):
            step(story, chance)
            unseen -= {(noun, str(status_in(story.it, table))) for noun, table in TABLES.items()}

    assert set() == unseen
