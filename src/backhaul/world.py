"""The demo's world: returns in every state, made by real commands while a clock is turned towards today (D12)."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import msgspec

from backhaul import seller_program, walk_story
from backhaul.demo_pictures import film, picture
from backhaul.kit import keys
from backhaul.kit.blobs import Blob
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand, Order
from backhaul.marketplace import access as m_access
from backhaul.marketplace import (
    block_errands,
    block_queries,
    invoice_files,
    job_doors,
    key_errands,
    publications,
    reconciliation_errands,
    telling,
    telling_doors,
)
from backhaul.marketplace import errands as m_errands
from backhaul.marketplace import perform as m_perform
from backhaul.marketplace import queries as m_queries
from backhaul.marketplace import tables as m_tables
from backhaul.marketplace.jobs.wanted import Breaks, StatementOf
from backhaul.marketplace.orders import OrderLine, read
from backhaul.marketplace.rules import commands as m
from backhaul.marketplace.rules.blocks import Appeal
from backhaul.marketplace.rules.compensation import SEED_CARD, Quality
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy as MarketplacePolicy
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.rules.words import Role
from backhaul.partner import access as p_access
from backhaul.partner import consignment_errands as p_consignments
from backhaul.partner import errands as p_errands
from backhaul.partner import linking, orphan_errands, second_check_errands, second_check_queries
from backhaul.partner import queries as p_queries
from backhaul.partner import tables as p_tables
from backhaul.partner import telling as p_telling
from backhaul.partner import telling_doors as p_telling_doors
from backhaul.partner.rules import commands as p
from backhaul.partner.rules import orphans, photo_codes
from backhaul.partner.rules.around import By as PartnerBy
from backhaul.partner.rules.consignment_acts import Any as ConsignmentAct
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import SecondStatus
from backhaul.partner.rules.words import Mark
from backhaul.partner.rules.words import Role as PartnerRole
from backhaul.partner.shapes import Signed
from backhaul.stage import Stage

PASSWORD = "backhaul-demo"  # noqa: S105 -- a demo's, printed when it starts
DAYS = 46
POINT, SORTING = "77-0412", "SORT-1"
WAREHOUSE = "MSK-2"
SELLERS = {
    "TR": (1180457, "Anadolu Ev Tekstil", "elif", "Elif Kaya"),
    "CN": (2093311, "Lumitek Shenzhen", "chen", "Chen Wei"),
    "HK": (3155720, "Kowloon Audio", "wong", "Wong Ka Yan"),
}
ADDRESSES = {
    "HK": ("HK", "Hong Kong", "Kwai Chung, Unit 5B", "Wong Ka Yan"),
    "CN": ("CN", "Shenzhen", "Bao'an, Liutang Road 12", "Liu Na"),
}
REJECTION = "The photos show clear signs of use on the soles, and the box is missing."

Scenario = Iterator[float]


class Login(msgspec.Struct, frozen=True):
    """How a person of the demo signs in."""

    login: str
    password: str


class SellerKeys(msgspec.Struct, frozen=True):
    """What an integrator needs."""

    client_id: str
    api_key: str
    api_key_read_only: str


class Cast(msgspec.Struct):
    """Everybody of the demo, by role, and the sellers' keys by country."""

    marketplace: dict[str, Login]
    partner: dict[str, Login]
    sellers: dict[str, SellerKeys]


class World:
    """Hands for scenarios: every act is a command given to a desk by the one whose turn it is."""

    def __init__(self, stage: Stage, now: datetime) -> None:
        self.stage = stage
        self.now = now
        self.people: dict[str, By] = {}
        self.destinations: dict[str, int] = {}
        self._lines: dict[str, list[tuple[int, OrderLine]]] = {}
        self._pictures = [picture(n) for n in range(3)]
        self._occasions = 0

    # The marketplace

    def act(self, return_id: int, command: m.Command, by: By) -> Any:
        """One command to one return."""
        return self.stage.marketplace.desk.perform_now(Order(return_id, command, m_access.Known(by))).it

    def errand(self, run: Callable[[Any, datetime], object]) -> Any:
        """One errand at the marketplace's desk; what it returned."""
        return _returned(self.stage.marketplace.desk, run)

    def set_up(self, change: Callable[..., object], *args: Any, **named: Any) -> Any:
        """An errand whose function takes the transaction first and no instant."""
        return self.errand(lambda tx, _: change(tx, *args, **named))

    def photos(self, by: By, count: int = 3) -> tuple[str, ...]:
        """Pictures that this person has uploaded."""
        uploader, put = m_queries.uploader_of(by), self.stage.marketplace.blobs.put_picture
        self._occasions += 1
        taken = (picture(side, occasion=str(self._occasions)) for side in range(count))
        return tuple(self.keep(put(data), uploader) for data in taken)

    def video(self, by: By) -> str:
        """A short video that this person has uploaded."""
        uploader = m_queries.uploader_of(by)
        video, poster = self.stage.marketplace.blobs.put_video(film(0))
        return self.keep(video, uploader, poster)

    def line(self, country: str, suits: Callable[[OrderLine], bool] = lambda _: True) -> tuple[int, OrderLine]:
        """An order line of this country's seller that no scenario has used, of a customer whom no block keeps from asking."""
        found = next(pair for pair in self._lines[country] if suits(pair[1]) and not self._is_blocked(pair[1]))
        self._lines[country].remove(found)
        return found

    def _is_blocked(self, line: OrderLine) -> bool:
        with self.stage.marketplace.database.read() as tx:
            return line.customer_ref in block_queries.standing(tx, [line.customer_ref])

    def appeal(self, customer: By, comment: str) -> None:
        """A blocked customer objects, with pictures."""
        command = Appeal(comment, self.photos(customer, 2))
        policy = self.stage.marketplace.house.terms.policy
        self.errand(lambda tx, at: block_errands.appeal(tx, command, customer, policy, at))

    def seller(self, country: str) -> By:
        """This country's seller."""
        return By(Role.SELLER, SELLERS[country][2], str(SELLERS[country][0]))

    def draft(self, country: str, reason: str, comment: str = "",
              suits: Callable[[OrderLine], bool] = lambda _: True) -> tuple[int, By]:  # fmt: skip
        """A customer starts a return; its id and the customer."""
        return self.draft_of(*self.line(country, suits), reason, comment)

    def draft_of(self, line_id: int, line: OrderLine, reason: str, comment: str) -> tuple[int, By]:
        """The same for an order line that is known."""
        customer = By(Role.CUSTOMER, line.customer_ref.lower(), line.customer_ref)
        command = m.RequestReturn(reason, comment, self.photos(customer))
        desk = self.stage.marketplace.desk
        started = self.errand(lambda tx, at: m_perform.request_returns(tx, desk, line_id, command, customer, at))
        return started[0].id, customer

    def order(self, line: OrderLine) -> int:
        """One more delivered order line, kept from all other scenarios; its id."""
        self.errand(lambda tx, _: m_errands.import_lines(tx, [line]))
        with self.stage.marketplace.database.read() as tx:
            lines = m_queries.lines_of_customer(tx, line.customer_ref)
        return next(ordered.id for ordered in lines if ordered.line.posting_number == line.posting_number)

    def request(self, country: str, reason: str, comment: str = "",
                suits: Callable[[OrderLine], bool] = lambda _: True) -> tuple[int, By]:  # fmt: skip
        """A customer sends a request."""
        return_id, customer = self.draft(country, reason, comment, suits)
        self.act(return_id, m.Submit(), customer)
        return return_id, customer

    def take_in(self, return_id: int, **checklist: Any) -> Any:
        """The pick-up point's clerk checks the product."""
        clerk = self.people["clerk"]
        with self.stage.marketplace.database.read() as tx:
            it = m_queries.one(tx, return_id)
        code = it.line.marking_code if it and it.line.marking_code else ""
        answers: dict[str, Any] = {"same_product": True, "used": False, "marking_code": code, **checklist}
        return self.act(return_id, m.CheckIn(POINT, photos=self.photos(clerk, 2), **answers), clerk)

    def send_off(self, return_id: int) -> None:
        """The product leaves the pick-up point."""
        self.act(return_id, m.Dispatch("Linehaul North", f"WB-{return_id}"), self.people["clerk"])
        self.stage.pump()

    def bring_invoice(self, country: str, data: bytes) -> None:
        """This country's seller brings an invoice of the partner; it is compared at once."""
        by, digest = self.seller(country), invoice_files.sha256(data)
        seller_id, it = int(by.subject), invoice_files.read(data)

        def bring(tx: Tx, at: datetime) -> None:
            begun = reconciliation_errands.begin_invoice(tx, seller_id, it, digest, by, at)
            reconciliation_errands.add_lines(tx, begun.id, seller_id, it.lines)
            reconciliation_errands.finish_invoice(tx, begun.id, seller_id, it)

        self.errand(bring)
        self.stage.marketplace.reconciling.compare_invoices(seller_id)

    # The partner

    def partner_act(self, parcel_id: int, command: p.Command, by: PartnerBy) -> Any:
        """One command to one parcel; its photos have the code of the moment in their frame."""
        if isinstance(command, p.EVIDENCE) and command.photos:
            command = msgspec.structs.replace(command, photo_code=self.photo_code(parcel_id, by))
        return self.stage.partner.desk.perform_now(Order(parcel_id, command, p_access.Known(by))).it

    def partner_errand(self, run: Callable[[Any, datetime], object]) -> Any:
        """One errand at the partner's desk; what it returned."""
        return _returned(self.stage.partner.desk, run)

    def open_consignment(self, destination_id: int, carrier: str) -> int:
        """The receiver opens a consignment to an address; its id."""
        said, terms = p_consignments.NewConsignment(destination_id, carrier), self.stage.partner.house.terms
        begun = self.partner_errand(lambda tx, at: p_consignments.begin(tx, said, terms, Signed(RECEIVER, at)))
        return int(begun.id)

    def consign(self, consignment_id: int, command: ConsignmentAct) -> None:
        """The receiver does something with a consignment."""
        desk, terms = self.stage.partner.desk, self.stage.partner.house.terms
        self.partner_errand(
            lambda tx, at: p_consignments.move(tx, desk, consignment_id, command, terms, Signed(RECEIVER, at))
        )

    def keep(self, blob: Blob, uploader: str, poster: Blob | None = None) -> str:
        """Remember a file at the marketplace."""
        self.errand(lambda tx, at: m_tables.book.keep(tx, blob, uploader, at, poster))
        return blob.id

    def partner_keep(self, blob: Blob, uploader: str, poster: Blob | None = None) -> str:
        """Remember a file at the partner."""
        self.partner_errand(lambda tx, at: p_tables.book.keep(tx, blob, uploader, at, poster))
        return blob.id

    def photo_code(self, parcel_id: int, by: PartnerBy) -> str:
        """The code of the moment for this person's photos of a parcel."""
        house = self.stage.partner.house
        if not house.terms.policy.photo_codes:
            return ""
        with self.stage.partner.database.read() as tx:
            it = p_queries.one(tx, parcel_id)
        return "" if it is None else photo_codes.fresh(house.photo_key, it, by, self.stage.clock.now())

    def partner_photos(self, by: PartnerBy, parcel_id: int, count: int = 2) -> tuple[str, ...]:
        """Pictures of this parcel that this person has taken at the partner: its number and the day are in the frame."""
        uploader, put = p_queries.uploader_of(by), self.stage.partner.blobs.put_picture
        sign = f"{parcel_id}  {self.stage.clock.now():%Y-%m-%d}"
        return tuple(self.partner_keep(put(self.partner_picture(side, sign)), uploader) for side in range(count))

    def partner_picture(self, side: int, sign: str) -> bytes:
        """A photo on the partner's bench, with a sign in the frame."""
        return picture(3 + side, sign)

    def partner_video(self, by: PartnerBy) -> str:
        """A short video that this person has uploaded at the partner."""
        uploader = p_queries.uploader_of(by)
        video, poster = self.stage.partner.blobs.put_video(film(3))
        return self.partner_keep(video, uploader, poster)

    def arrive(
        self, return_id: int, *, packaging_intact: bool = True, weight_gram: int | None = None, weighed: bool = True
    ) -> None:
        """The receiver scans the unit in, and checks it at the gate when it is `weighed`: as it should weigh, if nothing else is said."""
        at_us = to_us(self.stage.clock.now())
        if weighed and weight_gram is None:
            with self.stage.partner.database.read() as tx:
                it = p_queries.one(tx, return_id)
            if it is not None:
                weight_gram = it.unit.point_weight_gram or it.unit.outbound_weight_gram or it.unit.weight_gram
        command = p.Arrive(
            WAREHOUSE, at_us, weight_gram, packaging_intact=packaging_intact, shelf=f"A-{return_id % 40:02d}"
        )
        self.partner_act(return_id, command, RECEIVER)
        self.stage.pump()

    def lays_in_the_bay(self, note: str, weight_gram: int, codes: str) -> None:
        """The receiver registers a parcel without a known code."""
        form = orphans.Register(
            WAREHOUSE, weight_gram, codes=codes, note=note, shelf="U-01", photos=self.partner_photos(RECEIVER, 1)
        )
        terms = self.stage.partner.house.terms
        self.partner_errand(lambda tx, at: orphan_errands.register(tx, form, RECEIVER, terms, at))

    def stored(self, return_id: int) -> None:
        """From an approved request to the partner's shelf."""
        self.take_in(return_id)
        self.send_off(return_id)


RECEIVER = PartnerBy(PartnerRole.RECEIVER, "darya")
INSPECTOR = PartnerBy(PartnerRole.INSPECTOR, "timur")
SECOND = PartnerBy(PartnerRole.SUPERVISOR, "vera")


def _publish_next_terms(world: World) -> None:
    """A rate card that begins a month from today: light products that are not dear bring five percent more. And a policy."""
    rates = dict(SEED_CARD.rates_pct)
    first, *others = rates[Quality.PROPER]
    rates[Quality.PROPER] = ((first[0], first[1] + 5, *first[2:]), *others)
    card = msgspec.structs.replace(SEED_CARD, rates_pct=rates)
    marina = By(Role.SUPPORT, "marina")

    def publish(tx: Tx, at: datetime) -> None:
        draft = Draft(
            card, at + timedelta(days=DAYS + 30), "Cheap and light products were paid too little.", "next-month"
        )
        publications.publish(tx, "rate_card", draft, marina, at)
        why = "Sellers fetch their reports after their holidays."
        publications.publish_policy(tx, MarketplacePolicy(report_days=14), draft.valid_from, marina, why, at, seen="0")

    world.errand(publish)


def _ask_for_files(world: World, seller: By) -> None:
    """Long work of a seller and of support that is done, and some that was cancelled before it began."""
    market, today = world.stage.marketplace, world.stage.clock.now().date()
    since = today - timedelta(days=DAYS)
    statement = StatementOf(of=f"seller:{seller.subject}", first=since, last=today, currency="RUB")
    bank = StatementOf(of="account:asset:bank", first=since, last=today, currency="RUB")
    for asked, by in ((statement, seller), (Breaks(seller_id=int(seller.subject), file="xlsx"), seller),
                      (bank, By(Role.SUPPORT, "marina"))):  # fmt: skip
        market.desk.perform_now(job_doors.ordering(market, asked, by))
    world.stage.pump()
    job_id = market.desk.perform_now(job_doors.ordering(market, statement, seller)).body.decode()
    with market.database.read() as tx:
        found = job_doors.own(tx, job_id, seller)
    market.desk.perform_now(job_doors.cancelling(market, found, seller))


def build(stage: Stage, now: datetime, scenarios: Iterable[Callable[[World], Scenario]]) -> Cast:
    """Fill both houses; the clock must stand `DAYS` before `now`, and stands at `now` afterwards."""
    world = World(stage, now)
    cast = people(world)
    _prove_strata_soon(world)
    lines = sample(stage.clock.now())
    half = len(lines) // 2
    load(world, lines[:half])
    _moderate(world)
    for country in ("CN", "HK"):
        link_seller(world, country)
    _play(world, [scenario(world) for scenario in scenarios])
    _check_again(world)
    load(world, sample(now)[half:])
    world.order(walk_story.line(SELLERS["CN"][0], now))
    cast.sellers.update(_keys(world))
    stage.in_step = True
    stage.pump()
    seller_id, _, login, person = SELLERS["TR"]
    owner = m_access.Account(0, login, Role.SELLER, str(seller_id), person, "en", owner=True)
    market, partner = stage.marketplace, stage.partner
    seller_program.tell(market, telling.webhooks, telling_doors.keeper_of(owner), market.house.terms.policy)
    _ask_for_files(world, owner.by())
    company = p_telling_doors.keeper_of(_company_account(world, "CN"))
    seller_program.tell(partner, p_telling.webhooks, company, partner.house.terms.policy)
    return cast


def _prove_strata_soon(world: World) -> None:
    """So few units come to the demo's warehouse that its strata are proven by three checks: else everything were inspected."""
    policy = Policy(
        inspect_first_of_seller=2,
        inspect_first_of_sku=0,
        draw_clean_units=3,
        draw_stratum_units_min=10,
        overload_units=5,
    )
    house = world.stage.partner.house

    def put(tx: Any, at: datetime) -> None:
        p_errands.put_terms(tx, "policy", "demo", policy, at)
        house.read_terms_again(tx, at)

    world.partner_errand(put)


def _check_again(world: World) -> None:
    """Galina has checked half of what waits for a second check, and says otherwise of the first good one."""
    galina = PartnerBy(PartnerRole.INSPECTOR, "galina")
    house = world.stage.partner.house
    key, policy = house.photo_key, house.terms.policy
    with world.stage.partner.database.read() as tx:
        waiting = second_check_queries.in_status(tx, SecondStatus.ORDERED)
        marks = {
            one.parcel_id: it.inspection for one in waiting if (it := p_queries.one(tx, one.parcel_id)) is not None
        }
    done = waiting[: (len(waiting) + 1) // 2]
    sound = next((one for one in done if marks[one.parcel_id].mark is Mark.SERVICEABLE), None)
    for one in done:
        first = marks[one.parcel_id]
        if first.mark is None:
            continue
        photos = world.partner_photos(galina, one.parcel_id, 1)
        differs = one is sound
        mark = Mark.PARTIALLY_DAMAGED if differs else first.mark
        found = p.Mark(mark, "Dented corner" if differs else first.defect, "", photos)
        found = msgspec.structs.replace(found, photo_code=world.photo_code(one.parcel_id, galina))

        def record(tx: Any, at: datetime, parcel_id: int = one.parcel_id, found: p.Mark = found) -> None:
            second_check_errands.record(tx, world.stage.partner.desk, parcel_id, found, galina, key, policy, at)

        world.partner_errand(record)


def _play(world: World, scenarios: list[Scenario]) -> None:
    """Run all scenarios side by side in the order of their instants; a scenario yields the day (from today) of its next act."""
    clock = world.stage.clock
    if not isinstance(clock, TurnedClock):
        raise TypeError(clock)
    turns = [(next(scenario), n, scenario) for n, scenario in enumerate(scenarios)]
    heapq.heapify(turns)
    while turns:
        day, n, scenario = heapq.heappop(turns)
        world.stage.turn_to(max(clock.at, world.now + timedelta(days=day)))
        following = next(scenario, None)
        if following is not None:
            heapq.heappush(turns, (max(following, day), n, scenario))
    world.stage.turn_to(world.now)


def sample(at: datetime) -> list[OrderLine]:
    """The 500 sample orders, as if imported at `at`."""
    text = (files("backhaul.marketplace") / "sample" / "orders.csv").read_text(encoding="utf-8")
    return [line for line in read(iter(text.splitlines(keepends=True)), at) if isinstance(line, OrderLine)]


def load(world: World, lines: list[OrderLine]) -> None:
    """Import order lines and remember those that scenarios may use."""
    world.errand(lambda tx, _: m_errands.import_lines(tx, lines))
    for seller_id, name, _, _ in SELLERS.values():
        world.set_up(m_errands.name_seller, seller_id, name)
    with world.stage.marketplace.database.read() as tx:
        for customer_ref in sorted({line.customer_ref for line in lines}):
            for ordered in m_queries.lines_of_customer(tx, customer_ref):
                if ordered.units_free:
                    pairs = world._lines.setdefault(ordered.line.seller_country, [])  # noqa: SLF001 -- the world's own module
                    pairs.append((ordered.id, ordered.line))


def people(world: World) -> Cast:
    """Points, accounts in both houses, companies at the partner."""
    hashed = keys.hash_password(PASSWORD)
    world.errand(lambda tx, _: m_errands.add_point(tx, POINT, "pickup", "Moscow, Lesnaya 9"))
    world.errand(lambda tx, _: m_errands.add_point(tx, "78-0031", "pickup", "Saint Petersburg, Nevsky 71"))
    world.errand(lambda tx, _: m_errands.add_point(tx, SORTING, "sorting", "Khimki, Sorting point 1"))
    people = [
        ("irina", Role.CUSTOMER, "C-1001", "Irina S.", "en", False),
        ("pavel", Role.CUSTOMER, "C-1002", "Pavel K.", "ru", False),
        ("elif", Role.SELLER, "1180457", "Elif Kaya", "en", True),
        ("chen", Role.SELLER, "2093311", "Chen Wei", "zh", True),
        ("liu", Role.SELLER, "2093311", "Liu Na", "zh", False),
        ("wong", Role.SELLER, "3155720", "Wong Ka Yan", "en", True),
        ("oleg", Role.CLERK, POINT, "Oleg", "en", False),
        ("nina", Role.CLERK, SORTING, "Nina", "ru", False),
        ("anna", Role.MODERATOR, "", "Anna", "en", False),
        ("marina", Role.SUPPORT, "", "Marina", "en", False),
    ]
    for login, role, subject, name, language, owner in people:
        email = "" if role is Role.CUSTOMER else f"{login}@example.com"
        world.set_up(m_errands.add_account, login, hashed, role, subject, name, language, owner=owner, email=email)
    _publish_next_terms(world)
    world.people = {
        "clerk": By(Role.CLERK, "oleg", POINT),
        "sorting": By(Role.CLERK, "nina", SORTING),
        "moderator": By(Role.MODERATOR, "anna"),
        "support": By(Role.SUPPORT, "marina"),
    }
    for login, partner_role, name in (
        ("darya", PartnerRole.RECEIVER, "Darya"),
        ("timur", PartnerRole.INSPECTOR, "Timur"),
        ("galina", PartnerRole.INSPECTOR, "Galina"),
        ("vera", PartnerRole.SUPERVISOR, "Vera"),
    ):
        world.partner_errand(_adding(login, hashed, partner_role, name))
    for country, (_, company, login, name) in SELLERS.items():
        _company(world, login, name, company, country, hashed)
    both = {
        "customer": "irina", "seller": "elif", "clerk": "oleg", "sorting": "nina", "moderator": "anna", "support": "marina",
    }  # fmt: skip
    theirs = {"seller": "chen@example.com", "receiver": "darya", "inspector": "timur", "supervisor": "vera"}
    return Cast(
        {role: Login(login, PASSWORD) for role, login in both.items()},
        {role: Login(login, PASSWORD) for role, login in theirs.items()},
        {},
    )


def _company(world: World, login: str, name: str, company: str, country: str, hashed: str) -> None:
    """A seller signs up at the partner and confirms the e-mail."""
    token = keys.session_token(world.stage.partner.chance)
    language = "zh" if country == "CN" else "en"
    form = p_errands.NewCompany(f"{login}@example.com", hashed, name, language, company, country)
    policy = world.stage.partner.house.terms.policy
    world.partner_errand(lambda tx, at: p_errands.sign_up(tx, form, token, policy, at))
    world.partner_errand(lambda tx, at: p_errands.confirm_email(tx, token, at))


def _moderate(world: World) -> None:
    """HK has pre-moderation with consent to a price, TR without (D12)."""
    support = world.people["support"]
    rules = "Reject when the photos do not show the defect."
    for country, price_version in (("HK", "2024-11"), ("TR", "")):
        seller_id = SELLERS[country][0]
        world.set_up(m_errands.switch_moderation, support, seller_id, "55-1204", price_version, rules)


def link_seller(world: World, country: str) -> None:
    """The seller's company at the partner is linked by a key made for it, and has its addresses."""
    seller_id = SELLERS[country][0]
    key = make_key(world, country, "Partner", read_only=False)
    account = _company_account(world, country)
    linking.link(world.stage.partner, account, "marketplace", "CANCEL_ORDERS", seller_id, key)
    for where in ADDRESSES:
        world.destinations[f"{country}-{where}"] = _destination(world, account, where)
    world.stage.pump()


def _company_account(world: World, country: str) -> p_access.Account:
    """The owner of a seller's company at the partner."""
    login = f"{SELLERS[country][2]}@example.com"
    with world.stage.partner.database.read() as tx:
        account = p_access.account_of_login(tx, login, PASSWORD)
    if account is None:
        raise LookupError(login)
    return account


def _destination(world: World, account: p_access.Account, where: str) -> int:
    """An address in the seller's book, confirmed by a second person (D20)."""
    policy = world.stage.partner.house.terms.policy
    number = int(
        world.partner_errand(lambda tx, at: p_errands.add_destination(tx, account, ADDRESSES[where], policy, at))
    )
    with world.stage.partner.database.read() as tx:
        supervisor = p_access.account_of_login(tx, SECOND.id, PASSWORD)
    if supervisor is None:
        raise LookupError(SECOND.id)
    world.partner_errand(lambda tx, at: p_errands.confirm_destination(tx, supervisor, number, at))
    return number


def _adding(login: str, hashed: str, role: PartnerRole, name: str) -> Callable[[Any, datetime], object]:
    return lambda tx, _: p_errands.add_account(tx, login, hashed, role, name, "en")


def _returned(desk: Desk[Any], run: Callable[[Any, datetime], object]) -> Any:
    """Run an errand at a desk and bring back what its function returned."""
    out: list[Any] = []

    def note(tx: Any, at: datetime) -> None:
        out.append(run(tx, at))

    desk.perform_now(Errand(note))
    return out[0]


def make_key(world: World, country: str, name: str, *, read_only: bool) -> str:
    """The seller's owner makes an API key; its text."""
    seller_id, _, login, person = SELLERS[country]
    account = m_access.Account(0, login, Role.SELLER, str(seller_id), person, "en", owner=True)
    role = m_access.RETURNS_READ_ONLY if read_only else m_access.RETURNS
    key = keys.make_key(read_only=read_only, chance=world.stage.marketplace.chance)
    policy = world.stage.marketplace.house.terms.policy
    world.errand(lambda tx, at: key_errands.create_key(tx, account, name, role, key, policy, at))
    return key.text


def _keys(world: World) -> dict[str, SellerKeys]:
    return {
        country: SellerKeys(
            str(SELLERS[country][0]),
            make_key(world, country, "Integration", read_only=False),
            make_key(world, country, "Nightly figures", read_only=True),
        )
        for country in SELLERS
    }
