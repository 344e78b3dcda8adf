"""State x role x page: the page of a return offers every act that the papers allow there, and no other.

What is allowed is read off `SAID`, the hand-written second opinion on the lifecycles, never off the code; what a table
cannot say stands in `BARRED`, each with its reason. Only forms that stand on the fetched page count as offered.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import end_of_day, to_us
from backhaul.marketplace import errands, tables
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Mark, Role, Status
from tests.marketplace.cast import (
    ANADOLU,
    CHEN,
    ELIF,
    EXPLAINED,
    IML,
    IRINA,
    KETTLE,
    LUMITEK,
    MARINA,
    MUG,
    NADIA,
    OLEG,
    THROW,
    Market,
    market,
    served,
)
from tests.rules.test_return_lifecycle import OWNER, SAID
from tests.web.forms import Visit

PASSWORD = "correct horse battery"
SORTING = "MSK-SORT"
CALENDAR = By(Role.CALENDAR, "calendar")
# login: role, whose; `dina` works where Oleg works and bought everything that is sent back here
PEOPLE = {
    "irina": (Role.CUSTOMER, IRINA.subject),
    "elif": (Role.SELLER, str(ANADOLU)),
    "zhao": (Role.SELLER, str(ANADOLU)),
    "chen": (Role.SELLER, str(LUMITEK)),
    "liu": (Role.SELLER, str(LUMITEK)),
    "oleg": (Role.CLERK, OLEG.subject),
    "dina": (Role.CLERK, OLEG.subject),
    "ravil": (Role.CLERK, SORTING),
    "nadia": (Role.MODERATOR, ""),
    "marina": (Role.SUPPORT, ""),
}
ANALYSTS = ("zhao", "liu")
OF_LUMITEK = ("chen", "liu")
OF_ANADOLU = ("elif", "zhao")

# Whom a state does not concern: a draft is the customer's alone; a counter has nothing to do before the approval.
UNSEEN = {
    "new": {"elif", "zhao", "chen", "liu", "oleg", "dina", "ravil", "nadia", "marina"},
    "pre_moderation": {"oleg", "dina", "ravil"},
    "awaiting_customer": {"oleg", "dina", "ravil"},
    "closed_no_reply": {"oleg", "dina", "ravil"},
    "seller_review": {"oleg", "dina", "ravil"},
    "offer_sent": {"oleg", "dina", "ravil"},
    "seller_review_after_offer": {"oleg", "dina", "ravil"},
}

HANDLING = {"check-in", "dispatch", "receive-for-disposal", "certify-disposal"}
EVERY = re.compile("")
# What no table can say: in which returns, for whom, which acts are not offered, and why.
BARRED: list[tuple[re.Pattern[str], tuple[str, ...], set[str], str]] = [
    (EVERY, ("oleg",), {"receive-for-disposal", "certify-disposal"}, "D3: a pick-up point destroys nothing"),
    (EVERY, ("ravil",), {"check-in", "dispatch"}, "D3: the sorting point meets no customers and holds nothing of theirs"),
    (EVERY, ("dina",), HANDLING, "nobody handles their own order"),
    (re.compile("kettle on the way|lost|claim "), ("ravil",), {"receive-for-disposal"}, "D3: route B ends at the partner"),
    (re.compile("offered twice"), ("elif",), {"offer"}, "P5: two offers"),
    (re.compile("cheap"), ("elif",), {"approve"}, "P5: up to 1,500 roubles nothing comes back after an offer"),
    (re.compile("dispute lost"), ("irina",), {"open-dispute"}, "P4: one dispute"),
    (re.compile("^(?!delivered$)"), ("chen", "elif"), {"confirm-receipt"}, "D26: only what was delivered is confirmed, once"),
]  # fmt: skip


@cache
def hashed() -> str:
    return keys.hash_password(PASSWORD)


def let_in(tx: Tx, _: datetime) -> None:
    errands.add_point(tx, SORTING, "sorting", "Moscow, sorting point")
    for login, (role, subject) in PEOPLE.items():
        errands.add_account(tx, login, hashed(), role, subject, login.title(), "en", owner=login in {"elif", "chen"})
    accounts = tables.accounts
    for login in ANALYSTS:
        tx.run(Statement(accounts.update().where(accounts.c.login == login).values(reads_only=True)))
    errands.name_customer_of_clerk(tx, "dina", IRINA.subject)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


# -- Every state of every noun, made once -----------------------------------------------------------------------------


def in_every_state(shop: Market) -> dict[str, int]:
    """Name -> return: each status, each state of the money around it, and what a table cannot tell apart."""
    now = shop.clock.now()
    arrival = do.RecordArrival("IML-MSK-2", to_us(now), to_us(end_of_day(now, 14)))
    refund: list[tuple[By, do.Command]] = [(MARINA, do.SendRefund())]
    filed: list[tuple[By, do.Command]] = [(CALENDAR, do.DeclareLost()), (CHEN, do.FileClaim())]
    in_review = [*filed, (MARINA, do.TakeUpClaim())]
    granted = [*in_review, (MARINA, do.ApproveClaim())]
    paid = [*granted, (MARINA, do.PayClaim())]
    declined = [(ELIF, do.Offer(600)), (IRINA, do.DeclineOffer())]
    credited = [*refund, (CALENDAR, do.CreditCompensation())]
    delivered: list[tuple[By, do.Command]] = [(IML, do.RecordHandover("delivered", "CN"))]
    photos = (shop.photo, shop.photo)
    check = do.CheckIn(
        OLEG.subject, same_product=True, used=False, photos=photos, weight_gram=1_100, scale_photos=photos
    )
    weighed: list[tuple[By, do.Command]] = [(OLEG, check)]
    objected = [*weighed, (ELIF, do.ObjectToWeight(EXPLAINED))]
    further: dict[str, tuple[Status, OrderLine, list[tuple[By, do.Command]]]] = {
        "dropoff expired": (Status.APPROVED, THROW, [(CALENDAR, do.Expire())]),
        "offered twice": (Status.SELLER_REVIEW_AFTER_OFFER, THROW, declined),
        "cheap after an offer": (Status.SELLER_REVIEW_AFTER_OFFER, MUG, []),
        "dispute lost": (Status.DISPUTE, THROW, [(NADIA, do.DecideDispute(for_customer=False, comment=EXPLAINED))]),
        "refund in doubt": (Status.ACCEPTED_AT_PVZ, THROW, [*refund, (MARINA, do.QuestionRefund())]),
        "refund failed": (Status.ACCEPTED_AT_PVZ, THROW, [*refund, (MARINA, do.FailRefund("The card is closed."))]),
        "refund confirmed": (Status.ACCEPTED_AT_PVZ, THROW, [*refund, (MARINA, do.ConfirmRefund())]),
        "accrued": (Status.DISPOSING_BY_MARKETPLACE, THROW, refund),
        "credited": (Status.DISPOSED_BY_MARKETPLACE, THROW, credited),
        "reversed": (Status.ACCEPTED_AT_PVZ, THROW, [*credited, (MARINA, do.ReverseCompensation(EXPLAINED))]),
        "kettle on the way": (Status.ON_THE_WAY, KETTLE, []),
        "lost": (Status.ON_THE_WAY, KETTLE, filed[:1]),
        "claim filed": (Status.ON_THE_WAY, KETTLE, filed),
        "claim in review": (Status.ON_THE_WAY, KETTLE, in_review),
        "claim granted": (Status.ON_THE_WAY, KETTLE, granted),
        "claim paid": (Status.ON_THE_WAY, KETTLE, paid),
        "claim refused": (Status.ON_THE_WAY, KETTLE, [*in_review, (MARINA, do.RefuseClaim(EXPLAINED))]),
        "claim reversed": (Status.ON_THE_WAY, KETTLE, [*paid, (MARINA, do.ReverseClaim(EXPLAINED))]),
        "found after the payment": (Status.ON_THE_WAY, KETTLE, [*paid, (IML, arrival)]),
        "weight measured": (Status.APPROVED, THROW, weighed),
        "weight objected to": (Status.APPROVED, THROW, objected),
        "weight counts": (Status.APPROVED, THROW, [*weighed, (CALENDAR, do.ApplyWeight())]),
        "weight of the catalogue": (
            Status.APPROVED,
            THROW,
            [*objected, (MARINA, do.DecideWeight(measured=False, comment=EXPLAINED))],
        ),
        "delivered": (Status.AT_PARTNER, KETTLE, delivered),
        "received": (Status.AT_PARTNER, KETTLE, [*delivered, (CHEN, do.ConfirmReceipt())]),
    }
    straight = [status for status in Status if status not in NOT_STRAIGHT]
    made = {str(status): shop.in_status(status) for status in straight}
    for name, (status, line, rest) in further.items():
        made[name] = shop.in_status(status, line)
        for by, command in rest:
            shop.does(by, made[name], command)
    made |= moderated(shop)
    made["refund cancelled"] = shop.in_status(Status.AT_PARTNER)  # the last one: a substitution blocks its customer
    shop.does(IML, made["refund cancelled"], do.RecordMark(Mark.SUBSTITUTED, 1))
    return made


NOT_STRAIGHT = {
    Status.PRE_MODERATION, Status.AWAITING_CUSTOMER, Status.CLOSED_NO_REPLY, Status.DROPOFF_EXPIRED, Status.LOST,
    Status.FOUND_AFTER_CLAIM,
}  # fmt: skip


def moderated(shop: Market) -> dict[str, int]:
    """What only a seller with pre-moderation has."""
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, ANADOLU, "55-1204", "", "Approve what is unworn."))
    asked: list[tuple[By, do.Command]] = [(NADIA, do.AskPhotos("A video, please."))]
    ways = {
        "pre-moderation": [],
        "awaiting the customer": asked,
        "closed without a reply": [*asked, (CALENDAR, do.Expire())],
    }
    made = {}
    for name, rest in ways.items():
        made[name] = shop.draft()
        for by, command in [(IRINA, do.Submit()), *rest]:
            shop.does(by, made[name], command)
    return made


# -- What is said and what is there -----------------------------------------------------------------------------------


def word_of(command: str) -> str:
    """`FileClaim` -> `file-claim`, as it stands in the address."""
    return re.sub("(?<=.)(?=[A-Z])", "-", command).lower()


def stand(shop: Market, return_id: int) -> dict[str, str]:
    it = shop.now_is(return_id)
    states = {
        "return": it.status,
        "refund": it.refund.status,
        "compensation": it.compensation.status,
        "claim": it.claim.status,
        "weight": it.weighing.status,
    }
    return {noun: str(state) for noun, state in states.items()}  # fmt: skip


def allowed(stands: dict[str, str], name: str, login: str) -> set[str] | None:
    """What the papers allow this person; None when the return is none of their business."""
    role, _ = PEOPLE[login]
    if login in UNSEEN.get(stands["return"], ()):
        return None
    if login in ANALYSTS:  # J1: reads, changes nothing
        return set()
    said = {
        word_of(command)
        for noun, state in stands.items()
        for command, speaker in SAID[noun][state]
        if speaker == role and OWNER.get(command, "return") == noun
    }
    barred = [acts for returns, logins, acts, _ in BARRED if login in logins and returns.search(name)]
    return said.difference(*barred)


def offered(visit: Visit, return_id: int) -> set[str] | None:
    """The acts whose forms stand on the page; None when there is no page."""
    page = f"/returns/{return_id}"
    if visit.open(page).status == 404:
        return None
    assert 200 == visit.status, (visit.path, visit.text)
    return {form.action.removeprefix(f"{page}/") for form in visit.page.forms if form.action.startswith(page)}


def lookers(line: OrderLine) -> list[str]:
    """Everybody but the other seller, whose page is tried elsewhere."""
    strangers = OF_ANADOLU if line.seller_id == LUMITEK else OF_LUMITEK
    return [login for login in PEOPLE if login not in strangers]


def test_a_page_offers_what_the_papers_allow_and_nothing_else(shop: Market) -> None:
    made = in_every_state(shop)
    stands = {name: stand(shop, return_id) for name, return_id in made.items()}
    reached: dict[str, set[str]] = {noun: {states[noun] for states in stands.values()} for noun in SAID}
    assert {noun: set(states) for noun, states in SAID.items()} == reached

    expected, found = {}, {}
    with served(shop) as url, ExitStack() as visits:
        doors = {login: visits.enter_context(Visit(url)).sign_in(login, PASSWORD) for login in PEOPLE}
        for name, return_id in made.items():
            line = KETTLE if shop.now_is(return_id).seller_id == LUMITEK else THROW
            for login in lookers(line):
                expected[name, login] = allowed(stands[name], name, login)
                found[name, login] = offered(doors[login], return_id)
    differing = {seen: (expected[seen], found[seen]) for seen in expected if expected[seen] != found[seen]}

    assert {} == differing
    assert every_act_of_a_person() == set().union(*(acts or set() for acts in found.values()))


def every_act_of_a_person() -> set[str]:
    """All that the papers let any person do: the comparison above has met each of them."""
    persons = {"customer", "seller", "clerk", "moderator", "support"}
    return {
        word_of(command)
        for states in SAID.values()
        for cells in states.values()
        for command, speaker in cells
        if speaker in persons
    }


# What closes with the bound of its state (P3, P4, P5, P6, J4, R106): allowed while now < bound, and no button after it.
BOUNDED = {
    "seller_review": ("elif", {"approve", "reject", "offer", "refund-without-return"}),
    "offer_sent": ("irina", {"accept-offer", "decline-offer", "cancel"}),
    "seller_review_after_offer": ("elif", {"approve", "offer", "refund-without-return"}),
    "approved": ("irina", {"choose-point", "cancel"}),
    "awaiting_dropoff": ("oleg", {"check-in"}),
    "rejected": ("irina", {"open-dispute"}),
    "dispute": ("nadia", {"decide-dispute"}),
}
# No clock decides a dispute: one that is late is still to be decided, or it would stay open for ever.
DECIDED_EVEN_LATE = {"dispute"}


def test_the_buttons_are_there_to_the_last_second_of_the_bound_and_not_after(shop: Market) -> None:
    """The clock's own act may be late; until it has come nobody is offered what is over."""
    made = {status: shop.in_status(Status(status)) for status in BOUNDED}
    bounds = {status: shop.now_is(return_id).act_by for status, return_id in made.items()}
    found: dict[str, list[set[str] | None]] = {status: [] for status in BOUNDED}
    with served(shop) as url:
        for bound in sorted({bound for bound in bounds.values() if bound is not None}):
            for at in (bound - timedelta(seconds=1), bound):
                shop.clock.turn_to(at)
                for status in [status for status in BOUNDED if bounds[status] == bound]:
                    with Visit(url) as visit:
                        found[status].append(offered(visit.sign_in(BOUNDED[status][0], PASSWORD), made[status]))

    after = {status: acts if status in DECIDED_EVEN_LATE else set() for status, (_, acts) in BOUNDED.items()}
    assert {status: [acts, after[status]] for status, (_, acts) in BOUNDED.items()} == found
