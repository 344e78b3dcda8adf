"""What is looked at among many returns: the product's own functions, each with the number of rows that it must find."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.marketplace import facet_queries, queries, queue_queries, search_queries
from backhaul.marketplace.filters import ALL, TABS, Filter
from backhaul.marketplace.queue_filters import RequestFilter
from backhaul.marketplace.returns_report import queries as report_queries
from backhaul.marketplace.returns_report.wanted import Wanted
from backhaul.marketplace.rules.outcomes import Queue
from backhaul.marketplace.rules.wire_states import ON_THE_ROAD, REQUESTS, RESOLVED
from backhaul.marketplace.rules.words import Mark, ReasonGroup, Route, Status
from bench.copies import FIRST_ID, LARGE_ONE_IN, POINTS, STEP_US
from bench.fixture import SELLER_ID

SLICE_ROWS = 100


@dataclass(frozen=True)
class Among:
    """How many returns there are, how many of them are open, and the instant of the newest one."""

    count: int
    live: int
    at: datetime

    def some(self, nth: int) -> int:
        """Another copy of the large seller's at each call: as far from each other as there are returns, over all that is past."""
        lasting = (self.count - self.live) // LARGE_ONE_IN
        return LARGE_ONE_IN * (nth * 397 % 1000 * lasting // 1000)

    def asked_us(self, n: int) -> int:
        """When copy `n` was asked for."""
        return to_us(self.at) - (self.count - 1 - n) * STEP_US


@dataclass(frozen=True)
class Look:
    """One look-up. `run` gives how many rows it found; `bounded`: it counts, up to a bound."""

    group: str
    name: str
    rows: int
    run: Callable[[Tx, Among, int], int]
    bounded: bool = False


def _soonest(tx: Tx, among: Among, nth: int) -> int:
    """A page somewhere in what waits."""
    first, place = facet_queries.soonest(tx, SELLER_ID, Filter(), among.at, most=10 + nth % 30)
    assert place is not None
    return len(first) - 10 - nth % 30 + len(facet_queries.soonest(tx, SELLER_ID, Filter(), among.at, after=place)[0])


def _newest(wanted: Filter, statuses: tuple[Status, ...] = ALL) -> Callable[[Tx, Among, int], int]:
    return lambda tx, among, _: len(facet_queries.newest(tx, SELLER_ID, wanted, among.at, statuses))


def _deep(tx: Tx, among: Among, nth: int) -> int:
    before = FIRST_ID + 60 * LARGE_ONE_IN + among.some(nth) // 2
    return len(facet_queries.newest(tx, SELLER_ID, Filter(), among.at, before=before))


def _wire(groups: tuple[str, ...] = ()) -> Callable[[Tx, Among, int], int]:
    def run(tx: Tx, among: Among, nth: int) -> int:
        after = FIRST_ID + among.some(nth) // 2
        return len(queries.wire_list(tx, SELLER_ID, groups, after=after, most=50))

    return run


def _wire_day(tx: Tx, among: Among, nth: int) -> int:
    """Of an hour that is over."""
    low = among.asked_us(among.some(nth) // 10 * 9)
    found = queries.wire_list(tx, SELLER_ID, ["rejected"], after=0, most=50, from_us=low, to_us=low + 3600 * 1_000_000)
    return min(len(found), 20)


def _wire_offer(tx: Tx, among: Among, nth: int) -> int:
    n = among.some(nth)
    offer = f"OF-{400000 + n * 7919 % max(among.count // 50, 1)}"
    return min(1, len(queries.wire_list(tx, SELLER_ID, ["rejected", "approved", "checkout", "utilization"], after=0,
                                        most=50, offer=offer)))  # fmt: skip


def _wire_posting(tx: Tx, among: Among, nth: int) -> int:
    n = among.some(nth)
    found = queries.wire_list(tx, SELLER_ID, (), after=0, most=50, posting=f"{10_000_000 + n}-0001-1")
    return len(found)


def _sku(among: Among, nth: int) -> int:
    return 400000 + among.some(nth) * 7919 % max(among.count // 50, 1)


def _report(tx: Tx, among: Among, nth: int) -> int:
    """A slice in the middle of a report over the whole history, with what stands around its returns."""
    report = report_queries.Report(
        "R", SELLER_ID, "", Wanted(datetime(2020, 1, 1, tzinfo=UTC), among.at + timedelta(days=1)), "running", 0, 0, 0, "", 0, "",
        among.at, among.at,
    )  # fmt: skip
    n = among.some(nth) // 2
    rows = report_queries.page(tx, report, (among.asked_us(n), FIRST_ID + n), SLICE_ROWS)
    known = report_queries.around(tx, [row[2] for row in rows], "", among.at)
    return sum(1 for one in known if one.moments)


LOOKS = (
    Look("inbox", "what waits, a page and the next", 50, _soonest),
    Look("inbox", "map of what waits", 1, lambda tx, a, _: min(1, len(facet_queries.by_band(tx, SELLER_ID, Filter(), a.at)))),
    Look("inbox", "count of what waits", 1, lambda tx, a, _: min(1, facet_queries.count(tx, SELLER_ID, Filter(), a.at, waiting=True))),
    Look("api_list", "newest", 50, _newest(Filter())),
    Look("api_list", "newest, deep", 50, _deep),
    Look("api_list", "tab requests", 50, _newest(Filter(), TABS[REQUESTS])),
    Look("api_list", "tab resolved", 50, _newest(Filter(), TABS[RESOLVED])),
    Look("api_list", "tab on the road", 40, lambda tx, a, _: min(40, len(facet_queries.newest(tx, SELLER_ID, Filter(), a.at, TABS[ON_THE_ROAD])))),
    Look("api_list", "few and long ago, by state", 9, _newest(Filter(state=Status.LOST))),
    Look("api_list", "by mark", 50, _newest(Filter(mark=Mark.SERVICEABLE))),
    Look("api_list", "by route in a tab", 50, _newest(Filter(route=Route.B), TABS[RESOLVED])),
    Look("api_list", "by reason and price in a tab", 50, _newest(Filter(reason_group=ReasonGroup.DEFECT, price_from=20_000), TABS[REQUESTS])),
    Look("api_list", "by SKU", 1, lambda tx, a, n: min(1, len(facet_queries.newest(tx, SELLER_ID, Filter(sku=_sku(a, n)), a.at)))),
    Look("api_list", "by days left", 10, lambda tx, a, _: min(10, len(facet_queries.newest(tx, SELLER_ID, Filter(days_from=0, days_to=300), a.at)))),
    Look("api_list", "counts of the tabs", 10, lambda tx, _a, _: min(10, len(facet_queries.some_by_status(tx, SELLER_ID))), bounded=True),
    Look("api_list", "how many match", 1, lambda tx, a, _: min(1, facet_queries.count(tx, SELLER_ID, Filter(price_from=20_000), a.at, TABS[RESOLVED])), bounded=True),
    Look("seller_api", "list", 50, _wire()),
    Look("seller_api", "list of three groups", 50, _wire(("rejected", "approved", "checkout"))),
    Look("seller_api", "list of an hour", 20, _wire_day),
    Look("seller_api", "list of an offer", 1, _wire_offer),
    Look("seller_api", "list of a posting", 1, _wire_posting),
    Look("report", "a slice", SLICE_ROWS, _report),
    Look("search", "number", 1, lambda tx, a, n: len(search_queries.by_number(tx, str(FIRST_ID + a.some(n))[:20], SELLER_ID)[:1])),
    Look("search", "number, whole", 1, lambda tx, a, n: min(1, queries.id_of_number(tx, f"R-{FIRST_ID + a.some(n)}") or 0)),
    Look("search", "posting", 1, lambda tx, a, n: len(search_queries.by_posting(tx, f"{10_000_000 + a.some(n)}-0001"))),
    Look("search", "waybill", 20, lambda tx, a, n: len(search_queries.by_waybill(tx, f"WB{1_000_000 + a.some(n) // 200}"))),
    Look("search", "SKU", 20, lambda tx, a, n: len(search_queries.by_sku(tx, _sku(a, n)))),
    Look("search", "customer", 10, lambda tx, a, n: len(search_queries.of_customer(tx, f"C-{2 + a.some(n) % (a.count // 10)}"))),
    Look("staff", "moderators' requests", 50, lambda tx, a, _: len(queue_queries.soonest(tx, Queue.REQUESTS, RequestFilter(), a.at)[0])),
    Look("staff", "newest of all", 50, lambda tx, _a, _: len(queries.latest(tx))),
    Look("staff", "in a state", 50, lambda tx, _a, _: len(queries.in_status(tx, Status.REJECTED, Status.DISPUTE))),
    Look("staff", "too long at points", 50, lambda tx, a, _: len(queries.dwelling(tx, a.at + timedelta(days=2)))),
    Look("point", "expected", 1, lambda tx, _a, n: min(1, len(queries.expected_at_point(tx, _point(n))))),
    Look("point", "waiting for the carrier", 1, lambda tx, _a, n: min(1, len(queries.waiting_at_point(tx, _point(n))))),
    Look("point", "handed over", 20, lambda tx, a, n: min(20, len(queries.dispatched(tx, _point(n), a.at - timedelta(days=900), a.at + timedelta(days=9))))),
    Look("customer", "returns", 10, lambda tx, a, n: len(queries.of_customer(tx, f"C-{2 + a.some(n) % (a.count // 10)}"))),
    Look("customer", "order lines", 9, lambda tx, a, n: min(9, len(queries.lines_of_customer(tx, f"C-{a.some(n) % (a.count // 10)}")))),
)  # fmt: skip


def _point(nth: int) -> str:
    """Those where something waits for its customer, and for the carrier."""
    return f"P-{POINTS - 10 + nth % 10}"
