"""What people could do next with a return or a parcel: any act that the tables know in its state, and some that they do not."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from backhaul.kit.days import to_us
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import lifecycle
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return, status_in
from backhaul.marketplace.rules.words import Role, Route
from backhaul.partner.rules import commands as pdo
from backhaul.partner.rules import lifecycle as plifecycle
from backhaul.partner.rules.around import By as PartnerBy
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.parcels import status_in as parcel_status_in
from backhaul.partner.rules.words import Mark, Payer
from backhaul.partner.rules.words import Role as PartnerRole
from tests.marketplace.cast import ANADOLU, CHEN, ELIF, EXPLAINED, IRINA, MARINA, NADIA, OLEG
from tests.partner.cast import CARRIER, RUSLAN, SONIA, VERA
from tests.simulation.setting import TANYA, Keys

PEOPLE = (Role.CUSTOMER, Role.SELLER, Role.CLERK, Role.MODERATOR, Role.SUPPORT, Role.BANK)
STAFF = {
    PartnerRole.RECEIVER: RUSLAN,
    PartnerRole.INSPECTOR: VERA,
    PartnerRole.SUPERVISOR: SONIA,
    PartnerRole.CARRIER: CARRIER,
}
BANK = By(Role.BANK, "statement:1")
WHO = {Role.CUSTOMER: IRINA, Role.MODERATOR: NADIA, Role.SUPPORT: MARINA, Role.BANK: BANK}
PHOTOS = ("a" * 64, "b" * 64, "c" * 64)
# What would end most returns early, or only makes the rest wait, comes more seldom; what leads on comes more often; in a hundred.
WEIGHT: dict[Any, int] = {
    do.CheckIn: 300, do.Approve: 200, do.Dispatch: 300, do.ReceiveForDisposal: 200, do.Submit: 200, do.CertifyDisposal: 200,
    pdo.Arrive: 500, pdo.ConfirmMark: 200, pdo.Destroy: 300, pdo.StartDisposal: 200, pdo.PrintLabel: 300,
    pdo.HandOver: 300, pdo.TakeUpClaim: 200, pdo.ApproveClaim: 200, do.PayClaim: 300, do.ApproveClaim: 200,
    do.Cancel: 4, do.Reject: 30, do.RefundWithoutReturn: 10, do.HoldRefund: 60, do.FailRefund: 25, do.AskPhotos: 40,
    do.ReverseCompensation: 10, do.Offer: 120, do.ChoosePoint: 20, do.AddPhotos: 10, do.AcceptOffer: 40,
    do.QuestionRefund: 20, do.ReverseClaim: 10, do.DeclineOffer: 100, do.RefuseClaim: 60,
    pdo.PutAway: 5, pdo.PrintParcelLabel: 5, pdo.QueueInspection: 10, pdo.Mark: 40, pdo.DisposeOnArrival: 5,
    pdo.OrderMedia: 150, pdo.DeliverMedia: 25, pdo.NoteShipmentLost: 20, pdo.Decide: 60,
}  # fmt: skip


BY_BUTTONS = 0.8  # how many do what their page offers, and nothing else
# What would do most harm where it has no place.
OUT_OF_PLACE: tuple[tuple[type, Role], ...] = (
    (do.CheckIn, Role.CLERK), (do.Approve, Role.SELLER), (do.Dispatch, Role.CLERK), (do.CertifyDisposal, Role.CLERK),
    (do.SendRefund, Role.SUPPORT), (do.PayClaim, Role.SUPPORT), (do.Cancel, Role.CUSTOMER), (do.OpenDispute, Role.CUSTOMER),
    (do.Offer, Role.SELLER),
)  # fmt: skip
PARCEL_OUT_OF_PLACE: tuple[tuple[type, PartnerRole], ...] = (
    (pdo.Arrive, PartnerRole.RECEIVER), (pdo.Decide, PartnerRole.SELLER), (pdo.HandOver, PartnerRole.RECEIVER),
    (pdo.PrintLabel, PartnerRole.RECEIVER), (pdo.StartDisposal, PartnerRole.RECEIVER), (pdo.Destroy, PartnerRole.RECEIVER),
    (pdo.ConfirmMark, PartnerRole.INSPECTOR), (pdo.Reopen, PartnerRole.SUPERVISOR),
)  # fmt: skip


# Of what left its shelf: what must not be possible any more.
GONE: tuple[tuple[type, PartnerRole], ...] = (
    (pdo.Decide, PartnerRole.SELLER), (pdo.HandOver, PartnerRole.RECEIVER), (pdo.PrintLabel, PartnerRole.RECEIVER),
)  # fmt: skip


class Act(msgspec.Struct, frozen=True):
    """What somebody asks of a house. `through` is the key text of a program, else a person stands at the desk. `seen`: the version they looked at."""

    house: str
    case_id: int
    by: Any
    command: Any
    key: str
    through: str = ""
    seen: int | None = None

    @property
    def name(self) -> str:
        return type(self.command).__name__


def mixed(rng: Random, *choices: tuple[int, Any]) -> Any:
    """One of these, by their weights."""
    return rng.choices([value for _, value in choices], [weight for weight, _ in choices])[0]


# The marketplace


def _check_in(it: Return, rng: Random) -> do.CheckIn:
    gram = mixed(rng, (5, None), (3, it.line.weight_gram), (2, rng.choice((900, 1_000, 1_001, 4_000, 4_001, 7_001))))
    return do.CheckIn(
        OLEG.subject, same_product=rng.random() < 0.92, used=rng.random() < 0.15, packaging_intact=rng.random() < 0.8,
        photos=PHOTOS[:2], weight_gram=gram, seal=mixed(rng, (1, ""), (1, "S-1")), checked=rng.random() < 0.9,
        scale_photos=PHOTOS[:1] if gram else (),
    )  # fmt: skip


def _offer(it: Return, rng: Random) -> do.Offer:
    top = max(it.line.paid.minor // 100 - 1, 1)
    return do.Offer(rng.choice((1, top, top + 1, max(top // 2, 1))))


MARKETPLACE: dict[type, Callable[[Return, Random], do.Command]] = {
    do.AddPhotos: lambda _, rng: do.AddPhotos((rng.choice(PHOTOS),)),
    do.SendPhotos: lambda _, __: do.SendPhotos(PHOTOS[:1]),
    do.ChoosePoint: lambda _, __: do.ChoosePoint(OLEG.subject),
    do.OpenDispute: lambda _, __: do.OpenDispute(EXPLAINED),
    do.Approve: lambda it, rng: do.Approve(rng.choice((None, None, Route.A, Route.B)) if it.variant == "T" else None),
    do.Reject: lambda _, rng: do.Reject(rng.choice(("looks_used", "other_product")), EXPLAINED),
    do.Offer: _offer,
    do.CheckIn: _check_in,
    do.Dispatch: lambda _, __: do.Dispatch("Linehaul", "W-1"),
    do.ReceiveForDisposal: lambda _, rng: do.ReceiveForDisposal(rng.choice(("", "S-1", "S-2")), photos=PHOTOS[:1]),
    do.CertifyDisposal: lambda _, __: do.CertifyDisposal("shredding", "M. Orlova", PHOTOS[:2]),
    do.AskPhotos: lambda _, __: do.AskPhotos("A photo of the label, please."),
    do.DecideDispute: lambda _, rng: do.DecideDispute(rng.random() < 0.5, EXPLAINED),
    do.HoldRefund: lambda _, __: do.HoldRefund("A second look."),
    do.FailRefund: lambda _, __: do.FailRefund("The account is closed."),
    do.ObjectToWeight: lambda _, __: do.ObjectToWeight(EXPLAINED),
    do.DecideWeight: lambda _, rng: do.DecideWeight(rng.random() < 0.5, EXPLAINED),
    do.RefuseClaim: lambda _, __: do.RefuseClaim(EXPLAINED),
    do.ReverseClaim: lambda _, __: do.ReverseClaim(EXPLAINED),
    do.ReverseCompensation: lambda _, __: do.ReverseCompensation(EXPLAINED),
    do.RecordCarrierAnswer: lambda _, rng: do.RecordCarrierAnswer(rng.random() < 0.6, EXPLAINED),
}


def _rows(tables: Iterable[Any], status: Callable[[Any], str], roles: Iterable[Any]) -> list[tuple[type, Any]]:
    """(act, role) of every row that begins where the case stands."""
    them = set(roles)
    found = []
    for table in tables:
        here = status(table)
        found += [(row.command, role) for row in table.rows if row.before == here for role in row.by if role in them]
    return list(dict.fromkeys(found))


RETURN_TABLES = (lifecycle.RETURN, lifecycle.REFUND, lifecycle.COMPENSATION, lifecycle.CLAIM, lifecycle.WEIGHT)


def of_return(it: Return, rng: Random, keys: Keys, number: int, buttons: Callable[[By], list[type]] | None,
              *, odd: bool) -> Act | None:  # fmt: skip
    """Somebody's act on a return of the marketplace; `buttons`: what their page offers, None: they do not look.

    `odd`: an act that may have no place there.
    """
    rows = _rows(RETURN_TABLES, lambda table: status_in(it, table), PEOPLE)
    seller = ELIF if it.seller_id == ANADOLU else CHEN
    if rng.random() < 0.95:  # else also what another table forbids
        rows = [row for row in rows if _returns_table(it, *row)]
    if buttons is not None and rng.random() < BY_BUTTONS:
        them = {Role.SELLER: (seller,), Role.CLERK: (OLEG, TANYA)}
        offered = {
            role: {act for by in them.get(role) or (WHO[role],) for act in buttons(by)}
            for role in {role for _, role in rows}
        }
        rows = [(act, role) for act, role in rows if act in offered[role]]
    drawn = rng.choice(OUT_OF_PLACE) if odd else _drawn(rows, rng)
    if drawn is None:
        return None
    act, role = drawn
    by = {Role.SELLER: seller, Role.CLERK: _clerk(act, rng)}.get(role) or WHO[role]
    make = MARKETPLACE.get(act)
    command = make(it, rng) if make is not None else act()
    through = keys.acts[seller.subject] if role is Role.SELLER else ""
    return Act("marketplace", it.id, by, command, f"k{number}", through, _seen(it.version, rng))


def _seen(version: int, rng: Random) -> int | None:
    """Most do not say which version they looked at, some looked a while ago."""
    return mixed(rng, (80, None), (18, version), (2, version - 1))  # type: ignore[no-any-return]


def _returns_table(it: Return, act: type, role: Role) -> bool:
    table = lifecycle.TABLES[act]
    return table.row(status_in(it, table), act, role) is not None


def _clerk(act: type, rng: Random) -> By:
    if act in (do.ReceiveForDisposal, do.CertifyDisposal):
        return TANYA if rng.random() < 0.9 else OLEG
    return OLEG if rng.random() < 0.8 else TANYA


def _drawn(rows: list[tuple[type, Any]], rng: Random) -> tuple[type, Any] | None:
    if not rows:
        return None
    return rng.choices(rows, [WEIGHT.get(act, 100) for act, _ in rows])[0]


# The partner


def _arrive(it: Parcel, rng: Random, at: datetime) -> pdo.Arrive:
    claimed = at + mixed(rng, (6, timedelta(0)), (2, -timedelta(days=3)), (1, timedelta(seconds=1)),
                         (1, timedelta(hours=24)), (1, timedelta(hours=24, seconds=1)))  # fmt: skip
    gram = mixed(rng, (4, it.unit.weight_gram), (1, None), (1, it.unit.weight_gram + 900))
    return pdo.Arrive("MSK-2", to_us(claimed), weight_gram=gram, packaging_intact=rng.random() < 0.7,
                      hazard=rng.random() < 0.05, photos=PHOTOS[:1], shelf="A-1")  # fmt: skip


def _check_gate(it: Parcel, rng: Random) -> pdo.CheckGate:
    """The code of the unit itself, or of another, or it cannot be read."""
    code = mixed(rng, (6, it.unit.offer_id), (1, "another code"), (3, ""))
    return pdo.CheckGate(rng.random() < 0.9, code, not code, weight_gram=it.unit.weight_gram, hazard=rng.random() < 0.1,
                         photos=PHOTOS[:1])  # fmt: skip


def _decide(rng: Random, keys: Keys) -> pdo.Decide:
    decision = rng.choice(("pickup", "ship_hk", "ship_hk", "ship_cn", "ship_ru", "dispose"))
    to = {"ship_hk": keys.hong_kong, "ship_cn": keys.young, "ship_ru": keys.unconfirmed}.get(decision, 0)
    return pdo.Decide(decision, to)


def _mark(rng: Random) -> pdo.Mark:
    mark = rng.choice(
        (Mark.SERVICEABLE, Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED, Mark.SUBSTITUTED, Mark.SUBSTITUTED)
    )
    return pdo.Mark(mark, "a scratch", "", PHOTOS, "another serial")


def of_parcel(
    it: Parcel, rng: Random, keys: Keys, number: int, around: tuple[datetime, str], buttons: Callable[[PartnerBy], list[type]] | None,
    *, odd: bool,
) -> Act | None:  # fmt: skip
    """Somebody's act on a parcel of the partner. `around`: the hour there, and the code that opens the shelf; `buttons`: see above."""
    at, code = around
    turkish = it.seller_id == ANADOLU
    company = "2" if turkish else "1"
    seller = PartnerBy(PartnerRole.SELLER, "elif@anadolu.tr" if turkish else "chen@lumitek.cn", company)
    roles = (PartnerRole.SELLER, *STAFF)
    rows = _rows((plifecycle.PARCEL,), lambda table: parcel_status_in(it, table), roles)
    if rng.random() < 0.95:
        rows = [row for row in rows if _parcels_tables(it, *row)]
    if buttons is not None and rng.random() < BY_BUTTONS:
        offered = {role: set(buttons(STAFF.get(role) or seller)) for role in {role for _, role in rows}}
        rows = [(act, role) for act, role in rows if act in offered[role]]
    drawn = (
        rng.choice(PARCEL_OUT_OF_PLACE if it.status in ("expected", "arrived") else GONE) if odd else _drawn(rows, rng)
    )
    if drawn is None:
        return None
    act, role = drawn
    by = STAFF.get(role) or seller
    through = keys.company_acts if role is PartnerRole.SELLER and not turkish and rng.random() < 0.5 else ""
    command = _parcel_command(act, it, rng, keys, at, code)
    return Act("partner", it.id, by, command, f"k{number}", through, _seen(it.version, rng))


def _parcels_tables(it: Parcel, act: type, role: PartnerRole) -> bool:
    return all(table.row(parcel_status_in(it, table), act, role) is not None for table in plifecycle.TABLES[act])


def _parcel_command(act: type, it: Parcel, rng: Random, keys: Keys, at: datetime, code: str) -> Any:
    made: dict[type, Callable[[], Any]] = {
        pdo.Arrive: lambda: _arrive(it, rng, at),
        pdo.Decide: lambda: _decide(rng, keys),
        pdo.Mark: lambda: _mark(rng),
        pdo.DisposeOnArrival: lambda: pdo.DisposeOnArrival(rng.random() < 0.7),
        pdo.QueueInspection: lambda: pdo.QueueInspection("looks odd"),
        pdo.CheckGate: lambda: _check_gate(it, rng),
        pdo.PutAway: lambda: pdo.PutAway(rng.choice(("A-1", "A-2", "QUARANTINE"))),
        pdo.ReleaseQuarantine: lambda: pdo.ReleaseQuarantine("The battery is out."),
        pdo.PrintLabel: lambda: pdo.PrintLabel("Carrier", "T-1"),
        pdo.Dispatch: lambda: pdo.Dispatch("T-1"),
        pdo.HandOver: lambda: pdo.HandOver("Pavel Lee", code if rng.random() < 0.9 else "000000"),
        pdo.Destroy: lambda: pdo.Destroy("shredding", "M. Orlova", PHOTOS[:1]),
        pdo.DeliverMedia: lambda: pdo.DeliverMedia(PHOTOS[:1]),
        pdo.ApproveClaim: lambda: pdo.ApproveClaim(rng.choice(list(Payer))),
        pdo.RefuseClaim: lambda: pdo.RefuseClaim(EXPLAINED),
        pdo.Reopen: lambda: pdo.Reopen("The seller was ill."),
    }  # fmt: skip
    return made[act]() if act in made else act()
