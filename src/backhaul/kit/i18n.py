"""Words for people: catalogues, the reader's language, dates and money by locale."""

import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta, get_datetime_format
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from backhaul.kit.days import MOSCOW
from backhaul.kit.money import Money

LANGUAGES = {"en": "English", "ru": "Русский", "zh": "中文", "tr": "Türkçe"}
FOLDERS = {"en": "en", "ru": "ru", "zh": "zh_Hans", "tr": "tr"}
DAY_PATTERNS = {"en": "d MMM y"}  # English for everybody: the day before the month; others as their locale has it
DEFAULT = "en"
MANY = 5  # what every language of ours says as it says any larger number


def N_(message: str) -> str:  # noqa: N802 -- gettext's own name: marks a text for the catalogue, translated where it is shown
    """The same text, now known to the extractor."""
    return message


Message = str | tuple[str, str, str]


def ngettext(one: str, many: str, fact: str) -> Message:
    """A text in two numbers, now known to the extractor; the fact of this name says which is told."""
    return one, many, fact


# The extractor does not look inside a call for another one, so these stand alone.
MOSCOW_TIME = N_("Moscow time")
KG = N_("kg")


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language, compiled in memory from its .po file; English is the source itself."""
    folder = FOLDERS.get(language, DEFAULT)
    source = files("backhaul") / "locale" / folder / "LC_MESSAGES" / "messages.po"
    if folder == "en" or not source.is_file():
        return NullTranslations()
    with source.open("rb") as file:
        catalogue = read_po(file, locale=folder)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(language: str, message: str) -> str:
    """One text in one language; English where there is no translation."""
    return translations(language).gettext(message) if message else ""


def plain(language: str, message: Message) -> str:
    """A text whose places stay open; of two numbers the one for many."""
    return gettext(language, message) if isinstance(message, str) else _counted(language, message, {})


def sentence(language: str, message: Message, facts: Mapping[str, object]) -> str:
    """A text with its {places} filled; a place without a fact stays as it is."""
    text = gettext(language, message) if isinstance(message, str) else _counted(language, message, facts)
    return filled(text, {name: show(value, language) for name, value in facts.items()})


def filled(text: str, shown: Mapping[str, str]) -> str:
    """The {places} of a text filled with facts that are words already; a place without a fact stays as it is."""
    return text.format_map(_Gaps(shown))


def _counted(language: str, message: tuple[str, str, str], facts: Mapping[str, object]) -> str:
    one, many, fact = message
    count = facts.get(fact)
    return translations(language).ngettext(one, many, count if isinstance(count, int) else MANY)


def worded(name: str, value: object, language: str, words: Mapping[str, Mapping[str, str]]) -> object:
    """A fact whose value is a code in the reader's words; any other as it is. `words`: labels by the fact's name."""
    if isinstance(value, list | tuple):
        return [worded(name, one, language, words) for one in value]
    label = words.get(name, {}).get(str(value))
    return value if label is None else gettext(language, label)


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def show(value: object, language: str) -> str:
    """A fact as its reader writes it."""
    if isinstance(value, datetime):
        return moment(value, language)
    if isinstance(value, Money):
        return money(value, language)
    if isinstance(value, list | tuple | frozenset | set):
        return ", ".join(show(v, language) for v in value)
    return str(value)


@cache
def locale(language: str) -> Locale:
    """Babel's locale of one of our languages."""
    return Locale.parse(FOLDERS.get(language, DEFAULT))


def moment(at: datetime, language: str) -> str:
    """Date, time and zone, always Moscow: the zone in which the rules count days."""
    return f"{moment_in_list(at, language)} {gettext(language, MOSCOW_TIME)}"


def moment_in_list(at: datetime, language: str) -> str:
    """The same where the page names the zone once, at its foot."""
    clock = format_skeleton("Hm", at.astimezone(MOSCOW), locale=locale(language))
    return str(get_datetime_format("medium", locale(language))).format(clock, day(at, language))


LAST_DAY = N_("This is the last day")


def days_left(days: int, language: str) -> str:
    """`3 days left`, in the plural that the language wants."""
    if days == 0:
        return gettext(language, LAST_DAY)
    return translations(language).ngettext("{days} day left", "{days} days left", days).format(days=days)


def day(at: date, language: str) -> str:
    """A calendar day; of an instant, that in Moscow."""
    on = at.astimezone(MOSCOW).date() if isinstance(at, datetime) else at
    if language in DAY_PATTERNS:
        return format_date(on, DAY_PATTERNS[language], locale=locale(language))
    return format_skeleton("yMMMd", datetime(on.year, on.month, on.day, tzinfo=MOSCOW), locale=locale(language))


def age(lasted: timedelta, language: str) -> str:
    """How long something lasts, in its largest unit: 3 days, 25 minutes."""
    return format_timedelta(lasted, locale=locale(language), threshold=1)


def money(amount: Money, language: str) -> str:
    """An amount with its currency."""
    return format_currency(Decimal(amount.minor) / 100, amount.currency, "#,##0.00\xa0¤¤", locale=locale(language))


def percent(number: float, language: str) -> str:
    """A percentage as the language writes it, with the digits that it has: 30 %, %30, 3,4 %."""
    return format_percent(Decimal(str(number)) / 100, locale=locale(language), decimal_quantization=False)


def kilograms(weight_gram: int, language: str) -> str:
    """A weight in kilograms with three digits."""
    number = format_decimal(weight_gram / 1000, "#,##0.000", locale=locale(language))
    return f"{number} {gettext(language, KG)}"


def number(value: Decimal, language: str) -> str:
    """A number with the separators of its reader, and no more digits than it has."""
    return format_decimal(value, "#,##0.###", locale=locale(language))


def length_of_time(count: int, unit: str, language: str) -> str:
    """A number of hours, days, months or years as its reader says it, the noun in the nominative."""
    catalogue = translations(language)
    match unit:
        case "hour":
            text = catalogue.ngettext("{n} hour", "{n} hours", count)
        case "day":
            text = catalogue.ngettext("{n} day", "{n} days", count)
        case "month":
            text = catalogue.ngettext("{n} month", "{n} months", count)
        case "year":
            text = catalogue.ngettext("{n} year", "{n} years", count)
        case _:
            raise LookupError(unit)
    return text.format(n=count)


def best(accept_language: str) -> str:
    """The first of our languages in an Accept-Language header, else English."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        wanted.append((-weight, tag.split("-")[0].lower()))
    for _, tag in sorted(wanted, key=lambda pair: pair[0]):
        if tag in LANGUAGES:
            return tag
    return DEFAULT
