"""Where units may be sent, and whether an address can be in the country it names (R5, R18, J10)."""

from backhaul.kit.machine import Refused
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import COUNTRY_OF, Decision

# Cities that a stranger's address names by mistake, in the spellings that people use.
BIG_CITIES: dict[str, tuple[str, ...]] = {
    "TR": (
        "istanbul", "ankara", "izmir", "bursa", "antalya", "adana", "konya", "gaziantep", "kayseri", "mersin",
        "стамбул", "анкара", "измир", "бурса", "анталья", "伊斯坦布尔", "安卡拉",
    ),
    "RU": (
        "moscow", "moskva", "moskova", "saint petersburg", "st. petersburg", "petersburg", "kazan", "novosibirsk",
        "yekaterinburg", "samara", "rostov", "krasnodar", "москва", "санкт-петербург", "казань", "новосибирск",
        "екатеринбург", "самара", "莫斯科", "圣彼得堡", "喀山",
    ),
    "CN": (
        "beijing", "shanghai", "shenzhen", "guangzhou", "dongguan", "hangzhou", "yiwu", "ningbo", "chengdu", "wuhan",
        "пекин", "шанхай", "шэньчжэнь", "гуанчжоу", "иу", "北京", "上海", "深圳",
        "广州", "东莞", "杭州", "义乌", "宁波",
    ),
    "HK": ("hong kong", "hongkong", "kowloon", "kwai chung", "tsuen wan", "гонконг", "香港", "九龙", "九龍"),
}  # fmt: skip

_STRAIGHT = str.maketrans({"İ": "i", "I": "i", "ı": "i", "ё": "е"})


def check_country(country: str, home: str, policy: Policy) -> None:
    """Nobody sends to a country off the list; each variant has a list of its own."""
    if country not in policy.destinations():
        raise Refused("destination_not_allowed", "invalid", "country", country=country)
    if country not in policy.destinations_of(home):
        allowed = list(policy.destinations_of(home))
        raise Refused("destination_not_in_your_variant", "invalid", "country", country=country, allowed=allowed)


def check_address(country: str, city: str, street: str) -> None:
    """An address that names a big city of another country, and none of its own, is a mistake."""
    if not city.strip() or not street.strip():
        raise Refused("address_incomplete", "invalid", "street" if city.strip() else "city")
    named = _countries_named(city) or _countries_named(street)
    if named and country not in named:
        raise Refused("address_contradicts_country", "invalid", "city", country=country, named=sorted(named))


def decision_of(text: str) -> Decision:
    """The decision that a caller named; to ship where nobody ships is refused as such, not as a misspelling."""
    known = {decision.value: decision for decision in Decision if decision is not Decision.NONE}
    if text in known:
        return known[text]
    if text.startswith("ship_"):
        raise Refused("destination_not_allowed", "invalid", "decision", country=text[5:].upper())
    raise Refused("unknown_decision", "invalid", "decision", known=list(known))


def decisions_for(home: str, policy: Policy) -> list[Decision]:
    """What a seller from this country may choose, in the order of the catalogue."""
    allowed = policy.destinations_of(home)
    return [
        decision
        for decision in Decision
        if decision is not Decision.NONE
        and (country_of(decision) in ("", *allowed))
        and (decision is not Decision.DISPOSE or policy.disposes_by_choice(home))
    ]


def country_of(decision: Decision) -> str:
    """The country that a decision ships to, or nothing."""
    return COUNTRY_OF.get(decision, "")


def _countries_named(text: str) -> set[str]:
    words = "".join(c if c.isalnum() or c in "-." else " " for c in text.translate(_STRAIGHT).lower())
    padded = f" {' '.join(words.split())} "
    return {
        country
        for country, cities in BIG_CITIES.items()
        if any((city if _is_chinese(city) else f" {city} ") in padded for city in cities)
    }


def _is_chinese(text: str) -> bool:
    """Chinese puts no spaces around a name."""
    return ord(text[0]) >= 0x3400
