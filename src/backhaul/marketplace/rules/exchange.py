"""The law of currencies: which rate holds on a day, and what an amount is in another currency by it. Rounding is half-up (D13)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.money import DIGITS_BY_CURRENCY, Money, decimal_text, half_up
from backhaul.marketplace.rules.versions import Fault

ROUBLE = "RUB"
# Currencies that orders and payouts can have; all of them divide into hundredths, as the rouble does.
CURRENCIES = tuple(currency for currency in DIGITS_BY_CURRENCY if currency != ROUBLE)
MILLION = 1_000_000
NOMINALS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
RATE_MICRO_MAX = 1_000_000 * MILLION
EARLIEST = date(2000, 1, 1)
# A central bank tells the rates of the days to come before holidays.
DAYS_AHEAD_MAX = 14
SOURCE_CHARACTERS_MAX = 80
FAULTS_MAX = 50


class Rate(msgspec.Struct, frozen=True):
    """`nominal` units of a currency were worth so many millionths of a rouble on a day; `source` says so."""

    currency: str
    on: date
    nominal: int
    rate_micro: int
    source: str

    def __str__(self) -> str:
        """Roubles for one unit, exactly: `13.5022`."""
        return _short(decimal_text(self.rate_micro, 6 + len(str(self.nominal)) - 1))

    @property
    def for_nominal(self) -> str:
        """Roubles for the nominal, as the source tells it."""
        return _short(decimal_text(self.rate_micro, 6))


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".")


class Conversion(msgspec.Struct, frozen=True):
    """What an amount became in another currency, and by which rate."""

    amount: Money
    of: Money
    rate: str
    rate_on: date
    source: str


class Payout(msgspec.Struct, frozen=True):
    """In which currency somebody is paid, and the rates of the last weeks."""

    currency: str = ROUBLE
    rates: tuple[Rate, ...] = ()


def holding(rates: Iterable[Rate], currency: str, day: date, days_max: int) -> Rate | None:
    """The rate that holds on a day: the last one up to that day (weekends have none), not more than `days_max` days old.

    Of rows for one day the last counts: it corrects the others.
    """
    best: Rate | None = None
    for rate in rates:
        fits = rate.currency == currency and day - timedelta(days=days_max) <= rate.on <= day
        if fits and (best is None or rate.on >= best.on):
            best = rate
    return best


def roubles(minor: int, rate: Rate) -> int:
    """An amount in kopecks, half-up: the first rounding of three, before any band is looked up (D13)."""
    return half_up(minor * rate.rate_micro, MILLION * rate.nominal)


def paid_out(amount: Money, rate: Rate) -> Conversion:
    """Roubles in the currency of the rate, half-up: the last rounding of three (D13)."""
    minor = half_up(amount.minor * MILLION * rate.nominal, rate.rate_micro)
    return Conversion(Money(minor, rate.currency), amount, str(rate), rate.on, rate.source)


def payout(amount: Money, to: Payout, accrued_at: datetime, days_max: int) -> Conversion | None:
    """What an amount is in the currency of its payee, by the rate of the day on which it accrued (P9).

    None: it is paid in roubles, or that day has no rate yet and the page of rates says so.
    """
    if to.currency == ROUBLE:
        return None
    rate = holding(to.rates, to.currency, day_of(accrued_at), days_max)
    return None if rate is None else paid_out(amount, rate)


def day_of(at: datetime) -> date:
    """The day whose rate counts at an instant: Moscow's."""
    return at.astimezone(MOSCOW).date()


def faults(rates: Sequence[Rate], today: date) -> list[Fault]:
    """What is wrong with rates that somebody hands in; `where` is the place among them, from 1."""
    found: list[Fault] = []
    said: dict[tuple[str, date], Rate] = {}
    for row, rate in enumerate(rates, start=1):
        facts: dict[str, str | int] = {"row": row, "currency": rate.currency[:10], "day": rate.on.isoformat()}
        if rate.currency not in CURRENCIES:
            found.append(Fault("currency_unknown", str(row), facts))
        elif not EARLIEST <= rate.on <= today + timedelta(days=DAYS_AHEAD_MAX):
            found.append(Fault("rate_day_out_of_range", str(row), facts))
        elif rate.nominal not in NOMINALS:
            found.append(Fault("nominal_invalid", str(row), facts | {"nominal": rate.nominal}))
        elif not 0 < rate.rate_micro <= RATE_MICRO_MAX:
            found.append(Fault("rate_out_of_range", str(row), facts))
        elif not 0 < len(rate.source.strip()) <= SOURCE_CHARACTERS_MAX or not rate.source.isprintable():
            found.append(Fault("source_invalid", str(row), facts | {"characters_max": SOURCE_CHARACTERS_MAX}))
        elif said.setdefault((rate.currency, rate.on), rate) != rate:
            found.append(Fault("rate_twice", str(row), facts))
        if len(found) == FAULTS_MAX:
            break
    return found
