"""State x role x page: the page of a parcel offers every act that the papers allow there, and no other.

What is allowed is read off `SAID`, the hand-written second opinion on the five lifecycles: every table that knows a
command has to allow it. What no table can say stands in `BARRED`, each with its reason.
"""

import re
from contextlib import ExitStack
from typing import Any

from backhaul.kit.money import Money
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel, status_in
from backhaul.partner.rules.words import ClaimStatus, Mark, Payer
from tests.partner.cast import ANADOLU, CALENDAR, MARKETPLACE, RUSLAN, SONIA, TIMUR, VERA
from tests.partner.house import CHEN, ELIF, ID, LIU, PASSWORD, STRANGER, VIEWER, House
from tests.rules.test_parcel_lifecycle import SAID, TABLE
from tests.web.forms import Visit

# Labels are printed by a door of their own, many at once.
ELSEWHERE = {"print-parcel-label"}
SELLERS = (CHEN, LIU, ELIF, VIEWER, STRANGER)
ROLE_OF = {
    **dict.fromkeys(SELLERS, "seller"), "ruslan": "receiver", "vera": "inspector", "timur": "inspector", "sonia": "supervisor",
}  # fmt: skip
LOOKS_ONLY = {VIEWER}
EVERY = re.compile("")

# What no table can say: of which parcels, for whom, which acts are not offered, and why.
BARRED: list[tuple[re.Pattern[str], tuple[str, ...], set[str], str]] = [
    (re.compile("^lost$"), (CHEN, LIU), {"dispose-on-arrival"}, "P10: what is lost cannot be asked to be disposed of"),
    (re.compile("turkish"), (ELIF,), {"dispose-on-arrival"}, "1.1: Turkish units are disposed of only by silence"),
    (re.compile("inspect"), (CHEN, LIU, ELIF), {"order-media"}, "R66: an inspection brings photos anyway"),
    (re.compile("^(?!ship$)"), ("ruslan",), {"print-label"}, "R81: only a decided shipment, when nobody has to look first"),
    (re.compile("^(?!pickup$)"), ("ruslan",), {"hand-over"}, "R81: only a decided pick-up, when nobody has to look first"),
    (re.compile("instructed, inspection"), ("ruslan",), {"start-disposal"}, "R68: nothing is destroyed before it is inspected"),
    (EVERY, ("vera",), {"confirm-mark"}, "P26: the second person is another one than the first"),
]  # fmt: skip


Steps = list[tuple[By, do.Command]]
PRICE = Money(1_240_000, "RUB")
CLAIMS = [status for status in ClaimStatus if status is not ClaimStatus.NONE]


def in_every_state(house: House) -> dict[str, int]:
    """Name -> parcel: each state of the five nouns, made once."""
    chen = house.account(CHEN).by()
    ship: Steps = [(chen, do.Decide("ship_hk", house.hong_kong))]
    pickup: Steps = [(chen, do.Decide("pickup"))]
    held: Steps = [(chen, do.Decide("dispose"))]
    instructed: Steps = [*held, (CALENDAR, do.InstructDisposal())]
    started: Steps = [*instructed, (RUSLAN, do.StartDisposal())]
    due: Steps = [(CALENDAR, do.MissDeadline())]
    queued: Steps = [(TIMUR, do.QueueInspection("It looks re-taped."))]
    other = do.Mark(Mark.SUBSTITUTED, photos=("a", "b", "c"), comparison="Another serial number.")
    proposed: Steps = [*queued, (VERA, other)]
    confirmed: Steps = [*proposed, (SONIA, do.ConfirmMark())]
    ordered: Steps = [(chen, do.OrderMedia())]
    label: Steps = [*ship, (RUSLAN, do.PrintLabel())]
    on_the_way: dict[str, Steps] = {
        "expected": [],
        "turkish, expected": [],
        "lost": [(MARKETPLACE, do.NoteLost())],
        "to be disposed of": [(chen, do.DisposeOnArrival(wanted=True))],
        "to be disposed of, lost": [(chen, do.DisposeOnArrival(wanted=True)), (MARKETPLACE, do.NoteLost())],
    }
    here: dict[str, Steps] = {
        "arrived": [],
        "turkish, arrived": [],
        "inspection queued": queued,
        "inspection proposed": proposed,
        "inspection done": [*queued, (VERA, do.Mark(Mark.SERVICEABLE))],
        "inspection confirmed": confirmed,
        **{
            f"inspection confirmed, claim {status}": [
                *confirmed,
                (MARKETPLACE, do.NoteClaim(status, PRICE, Payer.CARRIER)),
            ]
            for status in CLAIMS
        },
        "photos ordered": ordered,
        "photos ready": [*ordered, (VERA, do.DeliverMedia(("m",)))],
        "pickup": pickup,
        "pickup, inspection queued": [*pickup, *queued],
        "pickup, photos ordered": [*ordered, *pickup],
        "ship": ship,
        "ship, inspection queued": [*ship, *queued],
        "ship, photos ordered": [*ordered, *ship],
        "disposal held": held,
        "disposal instructed": instructed,
        "disposal instructed, inspection queued": [*instructed, *queued],
        "disposal started": started,
        "disposed": [*started, (RUSLAN, do.Destroy("shredding", "Sonia", ("d",)))],
        "due": due,
        "due, instructed": [*due, (CALENDAR, do.InstructDisposal())],
        "due, inspection proposed": [*due, *proposed],
        "due, photos ordered": [*ordered, *due],
        "label printed": label,
        "dispatched": [*label, (RUSLAN, do.Dispatch("PF-1"))],
        "lost by the carrier": [*label, (RUSLAN, do.NoteShipmentLost("not found"))],
        "delivered": [*label, (RUSLAN, do.ConfirmDelivery())],
    }
    gate: dict[str, dict[str, Any]] = {
        "gate check due": {"weight_gram": None},
        "in quarantine": {"hazard": True},
        "in quarantine, gate check due": {"hazard": True, "weight_gram": None},
        "released": {"hazard": True},
    }
    made = {name: ID + n for n, name in enumerate([*on_the_way, *here, *gate, "picked up"])}
    for name, parcel in made.items():
        turkish = {"seller_id": ANADOLU, "seller_country": "TR", "variant": "T"} if "turkish" in name else {}
        house.expects(return_id=parcel, return_number=f"R-{parcel}", **turkish)
    for name in [*here, "picked up"]:
        house.arrives(parcel=made[name])
    for name, changes in gate.items():
        house.arrives(parcel=made[name], **changes)
    house.gives(SONIA, do.ReleaseQuarantine("It is soap, the sign is wrong."), made["released"])
    for name, steps in (on_the_way | here).items():
        for by, command in steps:
            house.gives(by, command, made[name])
    house.gives(*pickup[0], made["picked up"])
    house.gives(RUSLAN, do.HandOver("Ivan P.", house.code(made["picked up"])), made["picked up"])
    return made


def word_of(command: str) -> str:
    return re.sub("(?<=.)(?=[A-Z])", "-", command).lower()


def stand(it: Parcel) -> dict[str, str]:
    return {noun: str(status_in(it, TABLE[noun])) for noun in SAID}


def allowed(stands: dict[str, str], name: str, login: str) -> set[str] | None:
    """What the papers allow this person; None when the parcel is none of their business."""
    owners = {ELIF} if "turkish" in name else {CHEN, LIU, VIEWER}
    if login in SELLERS and login not in owners:
        return None
    if ROLE_OF[login] == "inspector" and stands["parcel"] == "expected":
        return None
    if login in LOOKS_ONLY:
        return set()
    said = {word_of(command) for command in TABLES_OF if is_said(stands, command, ROLE_OF[login])} - ELSEWHERE
    barred = [acts for parcels, logins, acts, _ in BARRED if login in logins and parcels.search(name)]
    return said.difference(*barred)


# Command -> the nouns whose lifecycle knows it: each of them has to allow it.
TABLES_OF: dict[str, set[str]] = {}
for _noun, _states in SAID.items():
    for _cells in _states.values():
        for _command, _ in _cells:
            TABLES_OF.setdefault(_command, set()).add(_noun)


def is_said(stands: dict[str, str], command: str, role: str) -> bool:
    return all((command, role) in SAID[noun][stands[noun]] for noun in TABLES_OF[command])


def offered(visit: Visit, parcel: int) -> set[str] | None:
    """The acts whose forms stand on the page; None when there is no page."""
    page = f"/parcels/{parcel}"
    if visit.open(page).status == 404:
        return None
    assert 200 == visit.status, (visit.path, visit.text)
    return {form.action.removeprefix(f"{page}/") for form in visit.page.forms if form.action.startswith(page)}


def test_a_page_offers_what_the_papers_allow_and_nothing_else(house: House) -> None:
    made = in_every_state(house)
    stands = {name: stand(house.it(parcel)) for name, parcel in made.items()}
    reached: dict[str, set[str]] = {noun: {states[noun] for states in stands.values()} for noun in SAID}
    assert {noun: set(states) for noun, states in SAID.items()} == reached

    expected, found = {}, {}
    with ExitStack() as visits:
        doors = {login: visits.enter_context(Visit(house.url)).sign_in(login, PASSWORD) for login in ROLE_OF}
        for name, parcel in made.items():
            for login, visit in doors.items():
                expected[name, login] = allowed(stands[name], name, login)
                found[name, login] = offered(visit, parcel)
    differing = {seen: (expected[seen], found[seen]) for seen in expected if expected[seen] != found[seen]}

    assert {} == differing
    persons = set(ROLE_OF.values())
    of_persons = {
        word_of(command)
        for states in SAID.values()
        for cells in states.values()
        for command, role in cells
        if role in persons
    }
    assert of_persons - ELSEWHERE == set().union(*(acts or set() for acts in found.values()))
