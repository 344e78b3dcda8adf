"""The scenarios of the demo's world, one a line of life. Each yields the day, counted from today, of its next act."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import msgspec

from backhaul.instructions import PassesWanted, Vehicle
from backhaul.kit.database import Tx
from backhaul.kit.days import at_hour, to_us
from backhaul.kit.money import decimal_text
from backhaul.marketplace import answer_errands, answer_views, payout_queries, rate_store, statement_errands
from backhaul.marketplace import queries as m_queries
from backhaul.marketplace.access import Account
from backhaul.marketplace.errands import set_payout_currency
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules import commands as m
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.exchange import Rate, day_of
from backhaul.marketplace.rules.payouts import BatchState, PayoutState
from backhaul.marketplace.rules.words import Role, Route
from backhaul.partner import arrival_pass_errands, invoice_errands, invoice_queries, payment_errands, queries
from backhaul.partner import errands as p_errands
from backhaul.partner.invoice_export import export
from backhaul.partner.invoice_shapes import InvoiceView
from backhaul.partner.rules import commands as p
from backhaul.partner.rules import consignment_acts as c
from backhaul.partner.rules.around import By as PartnerBy
from backhaul.partner.rules.invoices import disputable_until, paid_of
from backhaul.partner.rules.tariff import SEED_TARIFF
from backhaul.partner.rules.words import Mark, Service, TrackingStatus
from backhaul.partner.rules.words import Role as PartnerRole
from backhaul.world import DAYS, INSPECTOR, POINT, RECEIVER, REJECTION, SECOND, SELLERS, Scenario, World

# What the customers' words fit.
CLOTH = ("throw", "bath towel", "bed linen", "rug", "duvet", "bathrobe", "blanket")
WARM = ("throw", "duvet", "jumper", "bathrobe")
SHOES = ("sneakers",)
WORN = ("sneakers", "jacket")
LIGHTS = ("lamp", "lights", "chandelier", "LED")
MOTORS = ("drill", "vacuum", "Air fryer", "scooter", "car")
DEVICES = ("drone", "projector", "vacuum", "watch", "hub", "drill", "docking", "headset", "bracelet")
TWO_CHANNELS = ("headphones", "earbuds", "speakers, pair", "monitors", "amplifier")
HOUSED = ("speaker", "amplifier", "Turntable", "Subwoofer", "Soundbar", "microphone", "interface")
NO_DEFECT = "The photos show the product switched on and working; no defect can be seen in them."


def named(words: tuple[str, ...], above_rub: int = 0) -> Callable[[OrderLine], bool]:
    """Lines of products whose name has one of these words."""
    return lambda line: line.price_rub_minor > above_rub * 100 and any(word in line.name for word in words)


def unchecked(line: OrderLine) -> bool:
    """What the partner need not inspect, so that photos of it can be ordered."""
    return line.serial is None and line.marking_code is None and line.price_rub_minor <= 1_000_000


def draft(w: World) -> Scenario:
    """A customer has not sent the request yet."""
    yield -0.3
    w.draft("TR", "did_not_like", "I expected another colour.", named(CLOTH))


def in_pre_moderation(w: World) -> Scenario:
    """The marketplace's moderators look at it."""
    yield -0.8
    return_id, customer = w.draft("HK", "does_not_work", "The left channel is silent.", named(TWO_CHANNELS))
    w.act(return_id, m.AddPhotos(videos=(w.video(customer),)), customer)
    w.act(return_id, m.Submit(), customer)


def photos_asked(w: World) -> Scenario:
    """A moderator wants to see more."""
    yield -1.6
    return_id, _ = w.request("HK", "external_defects", "A scratch on the back.", named(HOUSED))
    yield -0.9
    w.act(return_id, m.AskPhotos("Please show the scratch in daylight and the serial number."), w.people["moderator"])


def no_reply(w: World) -> Scenario:
    """The customer never answered the moderator."""
    yield -9
    return_id, _ = w.request("HK", "used_before_me", "It came with fingerprints.", named(TWO_CHANNELS))
    yield -8
    w.act(return_id, m.AskPhotos("Please send a photo of the fingerprints."), w.people["moderator"])


def waiting_for(country: str, day: float, reason: str, comment: str, words: tuple[str, ...] = ("",)):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A request that its seller has not answered."""

    def scenario(w: World) -> Scenario:
        yield day
        w.request(country, reason, comment, named(words))

    return scenario


def offered(w: World) -> Scenario:
    """A part of the price is offered."""
    yield -1.9
    return_id, _ = w.request("TR", "did_not_like", "Too thin for winter.", named(WARM, above_rub=4000))
    yield -1.1
    w.act(return_id, m.Offer(900), w.seller("TR"))
    yield -0.8
    _answer(w, return_id, "partial_offer")


def _answer(w: World, return_id: int, code: str) -> None:
    """Support writes what the template that fits says."""

    def write(tx: Tx, at: datetime) -> None:
        it = m_queries.one(tx, return_id)
        found = [] if it is None else answer_views.fitting(tx, it, "en")
        for one in (one for one in found if one.code == code):
            answer_errands.write_message(tx, return_id, one.to, one.text, code, By(Role.SUPPORT, "marina"), at)

    w.errand(write)


def offer_declined(w: World) -> Scenario:
    """The customer wants to return all the same: the seller chooses between the two options."""
    yield -2.9
    return_id, customer = w.request(
        "TR", "did_not_like", "The pattern is not as on the page.", lambda line: line.price_rub_minor == 1_240_000
    )
    yield -2
    w.act(return_id, m.Offer(2000), w.seller("TR"))
    yield -1.2
    w.act(return_id, m.DeclineOffer(), customer)


def offer_accepted(w: World) -> Scenario:
    """The customer keeps the product and a part of the price."""
    yield -12
    return_id, customer = w.request("TR", "external_defects", "A pulled thread.", named(CLOTH))
    yield -11
    w.act(return_id, m.Offer(300), w.seller("TR"))
    yield -10
    w.act(return_id, m.AcceptOffer(), customer)


def refunded_without_return(w: World) -> Scenario:
    """Not worth the way back."""
    yield -7
    return_id, _ = w.request("CN", "does_not_work", "Dead on arrival.", named(DEVICES))
    yield -6
    w.act(return_id, m.RefundWithoutReturn(), w.seller("CN"))


def approved(w: World) -> Scenario:
    """Agreed; the customer has not chosen a pick-up point."""
    yield -1.5
    return_id, _ = w.request("CN", "did_not_fit", "Too small.", named(WORN))
    yield -0.7
    w.act(return_id, m.Approve(), w.seller("CN"))


def approved_by_timer(w: World) -> Scenario:
    """Nobody answered in three days."""
    yield -4.6
    w.request("CN", "changed_mind", "I ordered two by mistake.")


def rejected(w: World) -> Scenario:
    """The seller said no, in detail."""
    yield -3
    return_id, _ = w.request("CN", "did_not_fit", "Too narrow.", named(SHOES))
    yield -2
    w.act(return_id, m.Reject("looks_used", REJECTION), w.seller("CN"))


def disputed(w: World) -> Scenario:
    """The customer objects; the marketplace decides."""
    yield -5
    return_id, customer = w.request("CN", "does_not_work", "It switches off after a minute.", named(DEVICES))
    yield -4
    w.act(return_id, m.Reject("defect_not_visible", NO_DEFECT), w.seller("CN"))
    yield -0.6
    w.act(return_id, m.OpenDispute("The video shows it switching off; please look at it again."), customer)


def cancelled(w: World) -> Scenario:
    """The customer changed the mind once more."""
    yield -14
    return_id, customer = w.request("TR", "changed_mind")
    yield -13.5
    w.act(return_id, m.Cancel(), customer)


def awaiting_dropoff(w: World) -> Scenario:
    """The pass is ready, for the customer whom the demo names."""
    yield -2
    _, line = w.line("CN", named(LIGHTS))
    mine = msgspec.structs.replace(line, posting_number=f"{line.posting_number}1", customer_ref="C-1001")
    return_id, customer = w.draft_of(w.order(mine), mine, "did_not_like", "The light is too cold.")
    w.act(return_id, m.Submit(), customer)
    yield -1
    w.act(return_id, m.Approve(), w.seller("CN"))
    yield -0.5
    w.act(return_id, m.ChoosePoint(POINT), customer)


def dropoff_expired(w: World) -> Scenario:
    """The customer never came."""
    yield -16
    return_id, _ = w.request("TR", "did_not_like")
    yield -15
    w.act(return_id, m.Approve(), w.seller("TR"))


def turned_away(w: World) -> Scenario:
    """Worn, and the reason was taste."""
    yield -11
    return_id, customer = w.request("CN", "did_not_fit", "Half a size too small.", named(SHOES))
    yield -10
    w.act(return_id, m.Approve(), w.seller("CN"))
    w.act(return_id, m.ChoosePoint(POINT), customer)
    yield -9
    w.take_in(return_id, used=True)


def accepted(w: World) -> Scenario:
    """Taken in, waits for the linehaul."""
    yield -2.4
    return_id, _ = w.request("CN", "did_not_fit", "Too large.", named(WORN))
    yield -1.8
    w.act(return_id, m.Approve(), w.seller("CN"))
    yield -0.4
    w.take_in(return_id)


def dwelling(w: World) -> Scenario:
    """Taken in and forgotten: the point and support were told."""
    yield -8
    return_id, _ = w.request("CN", "changed_mind", "I do not need it any more.")
    yield -7
    w.act(return_id, m.Approve(), w.seller("CN"))
    yield -5.3
    w.take_in(return_id)


def dearer_receipt(w: World) -> Scenario:
    """The partner's next price list is published and has not begun."""
    yield -0.5
    prices = {**SEED_TARIFF.prices_minor, Service.RECEIPT: 6_50}
    dearer = msgspec.structs.replace(SEED_TARIFF, prices_minor=prices)
    why = "The warehouse pays more for its night shift."
    w.partner_errand(lambda tx, at: p_errands.publish_terms(tx, dearer, at_hour(at, 30, 0), SECOND, why, at, seen="0"))


def on_the_way(country: str, day: float):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Between the pick-up point and the warehouse."""

    def scenario(w: World) -> Scenario:
        yield day - 3
        return_id, _ = w.request(country, "did_not_like", "Not my style.")
        yield day - 2
        w.act(return_id, m.Approve(), w.seller(country) if country != "HK" else w.people["moderator"])
        yield day
        w.stored(return_id)

    return scenario


def at_the_dock(w: World) -> Scenario:
    """Received with a scan, its gate check is owed; and a parcel beside it that carries no known code."""
    yield -9.4
    return_id, _ = w.request("CN", "did_not_like", "The colour differs.")
    yield -9
    w.act(return_id, m.Approve(), w.seller("CN"))
    yield -8.5
    w.stored(return_id)
    yield -0.3
    w.arrive(return_id, weighed=False)
    w.lays_in_the_bay("A grey box, the label is torn", 640, "WB-77")


def lost(w: World) -> Scenario:
    """Thirty days on the way."""
    yield -36
    return_id, _ = w.request("CN", "changed_mind")
    yield -35
    w.act(return_id, m.Approve(), w.seller("CN"))
    yield -34
    w.stored(return_id)


def carrier_objects(w: World) -> Scenario:
    """J7: damaged on the way to the customer with its box; the carrier says that it was packed badly, with a photo."""
    yield -9.5
    return_id, _ = w.request("TR", "packaging_and_product_damaged", suits=lambda line: line.price_rub_minor > 500_000)
    yield -9.2
    w.act(return_id, m.Approve(Route.A), w.seller("TR"))
    yield -8.6
    w.stored(return_id)
    yield -8
    w.act(return_id, m.FileClaim(), w.seller("TR"))
    yield -2.5
    support = w.people["support"]
    said = m.RecordCarrierAnswer(accepts=False, comment="Weak packing: no foam.", photos=w.photos(support, 1))
    w.act(return_id, said, support)


def found_after_claim(w: World) -> Scenario:
    """Lost, paid, and there it is."""
    yield -45
    return_id, _ = w.request("CN", "does_not_work", "It does not switch on.", named(DEVICES))
    yield -44.5
    w.act(return_id, m.Approve(), w.seller("CN"))
    yield -44
    w.stored(return_id)
    yield -11.5
    w.act(return_id, m.FileClaim(), w.seller("CN"))
    support = w.people["support"]
    yield -9
    w.act(return_id, m.RecordCarrierAnswer(accepts=True), support)
    w.act(return_id, m.PayClaim(), support)
    yield -2
    w.arrive(return_id)


def route_a(last: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """J3: the marketplace disposes and compensates."""

    def scenario(w: World) -> Scenario:
        yield -17
        return_id, customer = w.request("TR", "did_not_like", suits=lambda line: line.price_rub_minor > 500_000)
        yield -16
        w.act(return_id, m.Offer(500), w.seller("TR"))
        yield -15
        w.act(return_id, m.DeclineOffer(), customer)
        w.act(return_id, m.Approve(Route.A), w.seller("TR"))
        yield -13
        w.stored(return_id)
        yield -5
        if last == "on_the_way":
            return
        w.act(return_id, m.ReceiveForDisposal(), w.people["sorting"])
        yield -3
        if last == "disposed":
            command = m.CertifyDisposal("shredding", "N. Orlova", w.photos(w.people["sorting"], 1))
            w.act(return_id, command, w.people["sorting"])

    return scenario


def at_partner(country: str, arrival: float, last: str = "", reason: str = "did_not_like"):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """On the partner's shelf, and what happens there."""

    def scenario(w: World) -> Scenario:
        yield arrival - 12
        device = last in {"marked", "crushed", "substituted"}
        suits = named(DEVICES) if device else unchecked if last in {"media", "media_ready"} else named(("",))
        return_id, _ = w.request(country, reason, "See the photos.", suits)
        yield arrival - 11
        w.act(return_id, m.Approve(), w.people["moderator"] if country == "HK" else w.seller(country))
        yield arrival - 10
        w.stored(return_id)
        yield arrival
        w.arrive(return_id, packaging_intact=last != "crushed")
        company = PartnerBy(PartnerRole.SELLER, f"{SELLERS[country][2]}@example.com", str(_company_of(w, country)))
        yield from _at_partner(w, return_id, arrival, last, company, w.destinations[f"{country}-HK"])

    return scenario


def consolidated(w: World) -> Scenario:
    """R91: two units of one company are on their way to Hong Kong together."""
    yield -20
    ids = [w.request("CN", "did_not_like", "See the photos.", unchecked)[0] for _ in range(2)]
    yield -19
    for return_id in ids:
        w.act(return_id, m.Approve(), w.seller("CN"))
    yield -18
    for return_id in ids:
        w.stored(return_id)
    yield -9
    for return_id in ids:
        w.arrive(return_id)
    yield -8.5
    for return_id in ids:
        _inspect(w, return_id, p.Mark(Mark.SERVICEABLE, note="Complete, unused"))
    yield -8
    company = PartnerBy(PartnerRole.SELLER, f"{SELLERS['CN'][2]}@example.com", str(_company_of(w, "CN")))
    hong_kong = w.destinations["CN-HK"]
    for return_id in ids:
        w.partner_act(return_id, p.Decide("ship_hk", hong_kong), company)
    yield -7
    consignment_id = w.open_consignment(hong_kong, "Pearl Freight")
    for return_id in ids:
        w.consign(consignment_id, c.PackUnit(f"R-{return_id}"))
    w.consign(consignment_id, c.MeasureCarton(1, 40, 30, 25, 4_200))
    w.consign(consignment_id, c.CloseConsignment())
    w.consign(consignment_id, c.DispatchConsignment("PF880016"))
    w.consign(consignment_id, c.NoteTracking(TrackingStatus.IN_TRANSIT, place="Moscow"))
    w.stage.pump()
    yield -4
    w.consign(consignment_id, c.NoteTracking(TrackingStatus.CUSTOMS, place="Shenzhen Bay"))


def substituted(w: World) -> Scenario:
    """J8: another watch came back after the refund; Pavel is blocked, can sign in, and has appealed."""
    yield -20
    delivered_us = to_us(w.stage.clock.now() - timedelta(days=2))
    watch = OrderLine(
        posting_number="89000000-0001-1", line_number=1, sku=990001, offer_id="LMT-WATCH-46",
        name="Smart watch, 46 mm, steel", category="electronics", unit_price_minor=18_500_50, currency="RUB",
        order_rate="1", price_rub_minor=18_500_50, paid_price_rub_minor=18_500_50, weight_gram=250,
        outbound_weight_gram=None, quantity=1, seller_id=SELLERS["CN"][0], seller_country="CN", customer_ref="C-1002",
        customer_email="c-1002@example.com", customer_language="ru", serial="LMTH98-2311-071999", marking_code=None,
        ordered_on=(w.stage.clock.now() - timedelta(days=12)).date().isoformat(), delivered_at_us=delivered_us,
    )  # fmt: skip
    return_id, customer = w.draft_of(w.order(watch), watch, "did_not_fit", "Too wide for my wrist.")
    w.act(return_id, m.Submit(), customer)
    yield -19
    w.act(return_id, m.Approve(), w.seller("CN"))
    yield -18
    w.stored(return_id)
    yield -8
    w.arrive(return_id, weight_gram=112)
    yield from _at_partner(w, return_id, -8, "substituted", PartnerBy(PartnerRole.SELLER, ""), 0)
    yield -1.5
    w.appeal(customer, "The seller sent me the other model. The photos show how I opened the parcel.")


def invoices(w: World) -> Scenario:
    """J14: the partner's invoices are paid after some days, so nothing waits; a line of the newest is disputed."""
    for day in (-27, -22, -17, -12, -8, -4, -1):
        yield day
        for it in _open_invoices(w):
            if w.stage.clock.now() - it.issued_at > timedelta(days=4):
                _pay(w, it)
    unknown = paid_of(f"{w.stage.clock.now():%Y-%m-%d}", "64.50", "CNY", "BANK-907", "Lumitek, shipping")
    w.partner_errand(lambda tx, at: payment_errands.import_payment(tx, SECOND, unknown, at))
    _dispute_newest(w, PartnerBy(PartnerRole.SELLER, "chen@example.com", str(_company_of(w, "CN"))))


FORGOTTEN = 13  # of so many refunds the bank never answers for one


def bank_statements(w: World) -> Scenario:
    """The bank answers every few days, not for every refund; one came back, and two entries are of something else."""
    for day in (-41.5, -37.5, -33.5, -29.5, -25.5, -21.5, -17.5, -13.5, -9.5, -5.5):
        yield day
        _bank_answers(w)
    yield -2.5
    _bank_answers(w, "{day},17.00,RUB,B-4711,NOTPROVIDED,booked,", "{day},1990.00,RUB,B-4712,SALARY-08,booked,")


def _bank_answers(w: World, *others: str) -> None:
    """A statement of what the bank has; it forgets a few, and with `others` of the rest one came back."""
    day = f"{w.stage.clock.now():%Y-%m-%d}"
    with w.stage.marketplace.database.read() as tx:
        payouts = [
            one
            for file in payout_queries.batches(tx)
            if file.state is BatchState.HANDED_OVER
            for one in payout_queries.of_batch(tx, file.id)
            if one.state is PayoutState.SENT and one.return_id % FORGOTTEN
        ]
    lines = [f"{day},{decimal_text(one.amount.minor)},RUB,B-{one.key},{one.key},booked," for one in payouts]
    if others and lines:
        lines[0] = lines[0].replace(",booked,", ",returned,AC04")
    columns = "date,amount,currency,reference,end_to_end_id,status,reason"
    raw = "\n".join([columns, *lines, *(one.format(day=day) for one in others)]).encode()
    if lines or others:
        desk, support = w.stage.marketplace.desk, w.people["support"]
        statement_errands.taken_in(desk, f"statement-{day}.csv", raw, support)


def exchange_rates(w: World) -> Scenario:
    """A week's rates are handed in on its first day; Elif is paid in liras, one rate of hers is corrected."""
    elif_kaya = Account(0, "elif", Role.SELLER, str(SELLERS["TR"][0]), "Elif Kaya", "en", owner=True)
    for week in range(-DAYS, 1, 7):
        yield week
        first = day_of(w.stage.clock.now())
        rates = [rate for n in range(7) for rate in _rates_of(first + timedelta(days=n), first)]
        _hand_in(w, rates)
        if week == -DAYS:
            w.set_up(set_payout_currency, elif_kaya, "TRY")
    yield -0.5
    wrong = _rates_of(day_of(w.stage.clock.now()), first)[1]
    right = msgspec.structs.replace(wrong, rate_micro=wrong.rate_micro + 40_000)
    _hand_in(w, [right])


def _hand_in(w: World, rates: list[Rate]) -> None:
    w.errand(lambda tx, at: rate_store.import_rates(tx, rates, "marina", at))


def _rates_of(day: date, first: date) -> list[Rate]:
    """Rates that move a little from day to day."""
    wave = (day - first).days * 700 + day.toordinal() % 90 * 1_300
    found = (("CNY", 1, 13_480_000), ("TRY", 10, 27_020_000), ("USD", 1, 94_300_000), ("HKD", 1, 12_050_000))
    return [Rate(currency, day, nominal, micro + wave, "Central bank") for currency, nominal, micro in found]


TEXTILES = {
    700: "Linen tablecloth, 150 x 220 cm",
    900: "Waffle bath towels, set of 3",
    980: "Cotton bathrobe, size L",
    1400: "Muslin blanket, 150 x 200 cm",
    3900: "Linen bedspread, 220 x 240 cm",
}


def compensated(accepted: float, price_try: int, gram: int):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A product priced in liras, converted by the rate of its order's day; the marketplace disposes of it."""

    def scenario(w: World) -> Scenario:
        yield accepted - 2
        ordered = w.stage.clock.now() - timedelta(days=10)
        line = OrderLine(
            posting_number=f"8810{price_try:04}-0001-1", line_number=1, sku=880_000 + gram, offer_id=f"AET-LIN-{gram}",
            name=TEXTILES[gram], category="home textile", unit_price_minor=price_try * 100 + 90,
            currency="TRY", order_rate="", price_rub_minor=0, paid_price_rub_minor=price_try * 271,
            weight_gram=gram, outbound_weight_gram=None, quantity=1, seller_id=SELLERS["TR"][0], seller_country="TR",
            customer_ref="C-1001", customer_email="irina.s@example.com", customer_language="ru", serial=None,
            marking_code=None, ordered_on=ordered.date().isoformat(),
            delivered_at_us=to_us(w.stage.clock.now() - timedelta(days=3)),
        )  # fmt: skip
        return_id, customer = w.draft_of(w.order(line), line, "did_not_like", "Another colour than I thought.")
        w.act(return_id, m.Submit(), customer)
        yield accepted - 1
        w.act(return_id, m.Approve(Route.A), w.seller("TR"))
        yield accepted
        w.stored(return_id)

    return scenario


def reconciled(w: World) -> Scenario:
    """The seller brings the partner's newest invoice with a line twice, as a partner's mistake would have it."""
    yield -0.5
    company = _company_of(w, "CN")
    with w.stage.partner.database.read() as tx:
        found = invoice_queries.of_company(tx, company, [], w.stage.clock.now())
        lines = {it.id: invoice_queries.all_lines(tx, it.id) for it in found}
    for it in found:
        stored = [line for line in lines[it.id] if line.service == Service.STORAGE]
        if stored:
            w.bring_invoice("CN", export(it, [*lines[it.id], stored[-1]], {}, 1, "csv"))
            return


def _pay(w: World, it: InvoiceView) -> None:
    day, amount, reference = f"{w.stage.clock.now():%Y-%m-%d}", decimal_text(it.open.minor), f"BANK-{it.number[-3:]}"
    paid = paid_of(day, amount, it.open.currency, reference)
    w.partner_errand(lambda tx, at: payment_errands.record_payment(tx, SECOND, paid, it.number, at))


def _open_invoices(w: World) -> list[InvoiceView]:
    with w.stage.partner.database.read() as tx:
        return invoice_queries.of_all(tx, w.stage.clock.now(), "unpaid")


def _dispute_newest(w: World, by: PartnerBy) -> None:
    """While the newest invoice can still be disputed."""
    policy = w.stage.partner.house.terms.policy
    with w.stage.partner.database.read() as tx:
        found = invoice_queries.of_company(tx, int(by.subject), [], w.stage.clock.now())[:1]
        lines = invoice_queries.lines(tx, found[0].id) if found else []
    if not lines or w.stage.clock.now() >= disputable_until(found[0].issued_at, policy):
        return
    reason = "This unit was charged although the receipt was on the invoice of the month before."
    w.partner_errand(lambda tx, at: invoice_errands.dispute(tx, by, found[0].number, lines[0].line, reason, policy, at))


def _at_partner(w: World, parcel_id: int, arrival: float, last: str, seller: PartnerBy, hong_kong: int) -> Scenario:
    if last in {"marked", "crushed"}:
        yield arrival + 1
        mark = p.Mark(Mark.PARTIALLY_DAMAGED, "Scratched housing", "Bottom left corner",
                      w.partner_photos(INSPECTOR, parcel_id))  # fmt: skip
        _inspect(w, parcel_id, mark)
    if last in {"good", "pickup", "picked_up", "ship", "label", "delivered", "disposed", "missed_disposed"}:
        yield arrival + 1
        _inspect(w, parcel_id, p.Mark(Mark.SERVICEABLE, note="Complete, unused"))
    if last == "substituted":
        yield arrival + 1
        photos = w.partner_photos(INSPECTOR, parcel_id, 3)
        compared = "Serial number differs, 140 g lighter, another model on the photo of the pick-up point."
        _inspect(w, parcel_id, p.Mark(Mark.SUBSTITUTED, "Other model", "", photos, compared))
        yield arrival + 1.2
        w.partner_act(parcel_id, p.ConfirmMark(), SECOND)
    if last in {"media", "media_ready"}:
        yield arrival + 0.5
        w.partner_act(parcel_id, p.OrderMedia(), seller)
    if last == "media_ready":
        yield arrival + 1.5
        media = p.DeliverMedia(w.partner_photos(INSPECTOR, parcel_id), (w.partner_video(INSPECTOR),))
        w.partner_act(parcel_id, media, INSPECTOR)
    decisions = {"pickup": "pickup", "picked_up": "pickup", "disposed": "dispose", "dispose": "dispose"}
    decisions |= dict.fromkeys(("ship", "label", "delivered"), "ship_hk")
    if last in decisions:
        yield arrival + 2
        decision = decisions[last]
        w.partner_act(parcel_id, p.Decide(decision, hong_kong if decision == "ship_hk" else 0), seller)
    if last in {"label", "delivered"}:
        yield arrival + 3
        w.partner_act(parcel_id, p.PrintLabel("Pearl Freight", f"PF{parcel_id}"), RECEIVER)
    if last == "delivered":
        yield arrival + 8
        w.partner_act(parcel_id, p.ConfirmDelivery(), RECEIVER)
    if last == "picked_up":
        yield arrival + 4
        w.partner_act(parcel_id, p.HandOver("Sun Li", _pickup_code(w, parcel_id)), RECEIVER)
    if last in {"disposed", "missed_disposed"}:
        yield arrival + (4 if last == "disposed" else 19.5)
        w.partner_act(parcel_id, p.StartDisposal(), RECEIVER)
        photos = w.partner_photos(RECEIVER, parcel_id)
        w.partner_act(parcel_id, p.Destroy("Shredded and recycled", "N. Orlova", photos), RECEIVER)
    w.stage.pump()


def _inspect(w: World, parcel_id: int, mark: p.Mark) -> None:
    """An inspector takes the unit, from the queue or by a look at random."""
    with w.stage.partner.database.read() as tx:
        it = queries.one(tx, parcel_id)
    if it is not None and it.inspection.status == "none":
        w.partner_act(parcel_id, p.QueueInspection("Random check"), INSPECTOR)
    w.partner_act(parcel_id, mark, INSPECTOR)


def vehicle_announced(w: World) -> Scenario:
    """Lumitek's program announces the vehicle that fetches what is kept for pick-up."""
    yield -0.05
    arrival = to_us(at_hour(w.stage.clock.now(), 1, 9))
    van = Vehicle(arrival, "Sun Li", "+7 900 000-00-00", "A123BC 77", "GAZelle Next")
    asked = PassesWanted(SELLERS["CN"][0], "key:demo", (("MSK-2", van),))
    policy = w.stage.partner.house.terms.policy
    w.partner_errand(lambda tx, at: arrival_pass_errands.give(tx, asked, policy, at))


def _company_of(w: World, country: str) -> int:
    with w.stage.partner.database.read() as tx:
        return next(row.company_id for row in queries.all_links(tx) if row.seller_id == SELLERS[country][0])


def _pickup_code(w: World, parcel_id: int) -> str:
    with w.stage.partner.database.read() as tx:
        it = queries.one(tx, parcel_id)
        return queries.around_of(tx, it).pickup_code if it is not None else ""


SCENARIOS = [
    exchange_rates, draft, in_pre_moderation, photos_asked, no_reply,
    compensated(-0.2, 3390, 900), compensated(-2.4, 4290, 1_400), compensated(-4.3, 6190, 980),
    compensated(-5.4, 5490, 3_900), compensated(-8.1, 4590, 700),
    waiting_for("TR", -2.3, "external_defects", "A stain on one side.", CLOTH),
    waiting_for("TR", -0.9, "did_not_fit", "Too short for the window.", ("curtains",)),
    waiting_for("CN", -2.6, "does_not_work", "The motor does not start.", MOTORS),
    waiting_for("CN", -1.4, "wrong_item", "I ordered the black ones.", ("sneakers, white", "sneakers, blue")),
    waiting_for("CN", -0.2, "packaging_and_product_damaged", "The box was crushed."),
    offered, offer_declined, offer_accepted, refunded_without_return, approved, approved_by_timer, rejected, disputed,
    cancelled, awaiting_dropoff, dropoff_expired, turned_away, accepted, dwelling, dearer_receipt,
    on_the_way("CN", -4), on_the_way("CN", -17), on_the_way("HK", -6), lost, carrier_objects, found_after_claim,
    route_a("on_the_way"), route_a("disposing"), route_a("disposed"),
    at_partner("CN", -0.6), at_partner("CN", -3, "marked", "does_not_work"), at_partner("CN", -5, "good"),
    at_partner("CN", -9, "media_ready"), at_partner("CN", -2, "media"), at_partner("CN", -13.2),
    at_partner("CN", -11, "crushed"), substituted, at_partner("CN", -6, "pickup"),
    at_partner("CN", -12, "picked_up"), at_partner("CN", -4, "ship"), at_partner("CN", -7, "label"),
    at_partner("CN", -14, "delivered"), at_partner("CN", -10, "disposed"), at_partner("CN", -16),
    at_partner("CN", -33, "delivered"), invoices, reconciled, at_partner("CN", -24, "missed_disposed"), bank_statements, consolidated, at_partner("HK", -4), at_partner("HK", -5, "dispose"),
    at_the_dock, vehicle_announced,
]  # fmt: skip
