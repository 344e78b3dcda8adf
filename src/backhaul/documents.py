"""`python -m backhaul.documents` writes the pages of docs/ that the code knows better than anybody. A test fails when one is stale."""

import inspect
import itertools
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import msgspec

from backhaul import wire
from backhaul.kit import description
from backhaul.kit.clock import TurnedClock
from backhaul.kit.days import EPOCH
from backhaul.kit.machine import Lifecycle, Row
from backhaul.kit.money import Money
from backhaul.kit.personal_data import MEANINGS, Kind, Register, Tag, tags_of
from backhaul.marketplace import app as marketplace_app
from backhaul.marketplace import office as marketplace_office
from backhaul.marketplace import personal_data as marketplace_data
from backhaul.marketplace.rules import blocks, webhooks
from backhaul.marketplace.rules import lifecycle as marketplace_lifecycle
from backhaul.marketplace.rules import policy as marketplace_policy
from backhaul.marketplace.rules.compensation import SEED_CARD, Quality, Quote, RateCard, quality, quote
from backhaul.marketplace.rules.words import Mark, ReasonGroup
from backhaul.partner import app as partner_app
from backhaul.partner import office as partner_office
from backhaul.partner import personal_data as partner_data
from backhaul.partner.rules import consignments, orphans
from backhaul.partner.rules import lifecycle as partner_lifecycle
from backhaul.partner.rules import policy as partner_policy
from backhaul.partner.rules import webhooks as partner_webhooks

SOURCE = Path(__file__).resolve().parent
DOCS = SOURCE.parent.parent / "docs"
WRITTEN_BY = "<!-- Written by `python -m backhaul.documents`. Change the code, not this page. -->"

Lines = Iterator[str]
Tables = tuple[Lifecycle[Any, Any], ...]

MARKETPLACE_TABLES: Tables = (
    marketplace_lifecycle.RETURN,
    marketplace_lifecycle.REFUND,
    marketplace_lifecycle.COMPENSATION,
    marketplace_lifecycle.CLAIM,
    marketplace_lifecycle.WEIGHT,
    blocks.BLOCK,
    blocks.APPEAL,
)
PARTNER_TABLES: Tables = (*partner_lifecycle.LIFECYCLES, consignments.CONSIGNMENT, orphans.ORPHAN)

# When the calendar gives a command, by (state, command); the names in braces are fields of the policy.
WHEN_AT_THE_MARKETPLACE = {
    ("new", "Cancel"): "end of day {draft_days} after the draft was begun",
    ("pre_moderation", "Approve"): "end of day {answer_days} after the request was sent, or its photos were",
    ("pre_moderation", "Remind"): "{answer_reminders_days} days before that",
    ("awaiting_customer", "Expire"): "end of day {customer_reply_days} after photos were asked for",
    ("seller_review", "Approve"): "end of day {answer_days} after the request was sent",
    ("seller_review", "Remind"): "{answer_reminders_days} days before that",
    ("offer_sent", "DeclineOffer"): "end of day {offer_answer_days} after the offer",
    ("seller_review_after_offer", "SettleUndecided"): "end of day {after_offer_days} after the offer was declined",
    ("seller_review_after_offer", "Remind"): "{answer_reminders_days} days before that",
    ("approved", "Expire"): "end of day {dropoff_days} after the approval",
    ("approved", "Remind"): "{answer_reminders_days} days before that",
    ("awaiting_dropoff", "Expire"): "end of day {dropoff_days} after the approval",
    ("awaiting_dropoff", "Remind"): "{answer_reminders_days} days before that",
    ("accepted_at_pvz", "AlarmDwell"): "end of day {dwell_alarm_days} after the acceptance, once",
    ("on_the_way", "MarkLate"): "day {transit_late_days} after the acceptance is over",
    ("on_the_way", "DeclareLost"): "day {transit_lost_days} after the acceptance is over",
    ("at_partner", "Remind"): "{partner_reminder_days} days before the last day to decide there at "
    "{partner_reminder_hour}:00",
    ("found_after_claim", "KeepMoney"): "end of day {found_choice_days} after the arrival",
    ("none", "LapseClaim"): "with the claim, end of day {claim_file_days} after its draft",
    ("draft", "LapseClaim"): "end of day {claim_file_days} after the draft",
    ("filed", "AlarmClaim"): "end of day {claim_answer_days} after the filing, once, unless the carrier has answered",
    ("in_review", "AlarmClaim"): "as above",
    ("held", "SendRefund"): "the next payout run at {payout_hour}:00, or when a hold by support ends",
    ("sent", "QuestionRefund"): "its payout file was not surely handed over, or is not answered by the end of day "
    "{payout_answer_days}",
    ("in_doubt", "RetryRefund"): "its payout file was handed over again, at most {payout_tries_max} times",
    ("accrued", "CreditCompensation"): "day {compensation_credit_day} at {compensation_credit_hour}:00",
    ("open", "ApplyWeight"): "end of day {weight_objection_days} after the check-in",
    ("accrued", "ApplyWeight"): "end of day {weight_objection_days} after the check-in",
    ("none", "ApplyWeight"): "end of day {weight_objection_days} after the check-in",
    ("open", "CreditCompensation"): "day {compensation_credit_day} at {compensation_credit_hour}:00",
    ("objected", "CreditCompensation"): "day {compensation_credit_day} at {compensation_credit_hour}:00",
    ("level_1", "Expire"): "day {block_days} after the first mark begins",
    ("level_2", "Expire"): "day {block_days} after the first mark begins",
}
WHEN_AT_THE_PARTNER = {
    ("arrived", "Remind"): "{reminder_days} days before the last day at {reminder_hour}:00, and "
    "{last_reminder_hours} hours before the bound",
    ("arrived", "ExtendDeadline"): "the bound has come and photos ordered in time have not: day by day, "
    "{media_delay_days_max} at most",
    ("arrived", "MissDeadline"): "end of day {decision_days} after the arrival, never less than that many times 24 h; "
    "kept for pick-up: end of the notice round",
    (
        "arrived",
        "KeepExpired",
    ): "end of day {keep_days} after the decision to pick up; then {notice_days} days of notice",
    ("arrived", "InstructDisposal"): "the hold is over: {undo_hours_person} h after a person, {undo_hours_key} h after "
    "an API key",
    ("disposal_due", "InstructDisposal"): "the hold is over: the next working day begins",
    ("arrived", "AlarmGate"): "the first full hour at which the gate check is {gate_check_hours} h late, once",
    ("disposal_due", "AlarmGate"): "the first full hour at which the gate check is {gate_check_hours} h late, once",
}


def prose(text: str) -> Lines:
    """A paragraph or more with an empty line after it."""
    yield from inspect.cleandoc(text).splitlines()
    yield ""


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Lines:
    """A Markdown table with an empty line after it."""
    titles = list(head)
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
    yield ""


def sentence(thing: object) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


# -- Lifecycles -------------------------------------------------------------------------------------------------------


def lifecycles() -> Lines:
    """Every table of both houses as a picture, and what the calendar does."""
    yield from prose("""
        # Lifecycles and deadlines

        The tables stand in `marketplace/rules/lifecycle.py` and `partner/rules/lifecycle.py`. What is not in a table is
        refused. A label reads *command (who may give it)*; `calendar` is the clock.
    """)
    yield from _house("marketplace", MARKETPLACE_TABLES, WHEN_AT_THE_MARKETPLACE, marketplace_policy.Policy())
    yield from _house("partner", PARTNER_TABLES, WHEN_AT_THE_PARTNER, partner_policy.Policy())


def _house(house: str, tables: Tables, when: dict[tuple[str, str], str], policy: Any) -> Lines:
    yield from prose(f"## The {house}")
    for one in tables:
        ends = f"ends as {_names(one.ends)}" if one.ends else "has no end"
        yield from prose(f"### {one.name.capitalize()}\n\nBegins as `{one.start}`, {ends}.")
        yield from prose(f"```mermaid\n{one.mermaid()}\n```")
    yield from prose(f"""
        ### What the calendar does at the {house}

        Days are calendar days in Moscow, the day of the event is day 0; the numbers are the policy's defaults.
    """)
    facts = {name: shown(value) for name, value in msgspec.structs.asdict(policy).items()}
    rows = [(row.before, row.command.__name__, row.after) for row in by_calendar(tables)]
    yield from table(
        ("while", "the calendar gives", "which leads to", "when"),
        (
            (f"`{before}`", f"`{name}`", _names(after), when[before, name].format(**facts))
            for before, name, after in rows
        ),
    )


def by_calendar(tables: Tables) -> Iterator[Row[Any, Any]]:
    """The rows that time alone can set off, each command in the first table that knows it as the calendar's."""
    seen: dict[type, Lifecycle[Any, Any]] = {}
    for one in tables:
        for row in one.rows:
            if "calendar" in row.by and seen.setdefault(row.command, one) is one:
                yield row


def _names(states: Iterable[str]) -> str:
    return " or ".join(f"`{state}`" for state in states)


def shown(value: object) -> str:
    """A value of the policy as a reader writes it."""
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {shown(one)}" for name, one in value.items())
    return str(value)


# -- The rate card ----------------------------------------------------------------------------------------------------


def rate_card() -> Lines:
    """The seed card as tables, and which block applies."""
    card = SEED_CARD
    yield from prose(f"""
        # The rate card

        What the marketplace pays the seller of a product that it disposed of: a percentage of the price by class, weight
        and price. Version `{card.version}`, in force until support publishes another one
        ([catalogues.md](catalogues.md)); it stands in `marketplace/rules/compensation.py` cell for cell as published.

        **Every band is (low, high]: more than the low bound, up to and including the high one.** The price is rounded to
        kopecks before its band is looked up, the amount is rounded half-up to the kopeck.
    """)
    prices = _bands([f"{edge // 100:,}".replace(",", " ") for edge in card.price_edges_minor], "RUB")
    weights = _bands([f"{edge // 1000}" for edge in card.weight_edges_gram], "kg")
    for block in Quality:
        yield from prose(f"## {block.replace('_', ' ').capitalize()}")
        rows = zip(weights, card.rates_pct[block], strict=True)
        yield from table(("weight, price", *prices), ((weight, *(f"{pct} %" for pct in pcts)) for weight, pcts in rows))
    yield from _edges(card)
    yield from _classes()


def _bands(edges: list[str], unit: str) -> list[str]:
    inner = [f"({low}, {high}] {unit}" for low, high in itertools.pairwise(edges)]
    return [f"(0, {edges[0]}] {unit}", *inner, f"> {edges[-1]} {unit}"]


def _edges(card: RateCard) -> Lines:
    yield from prose("## On both sides of an edge")
    samples = [(900, 12_400_00), (1_000, 5_000_00), (1_000, 5_000_01), (1_000, 17_000_00), (1_001, 17_000_00)]
    found = [quote(card, Quality.PROPER, gram, Money(minor)) for gram, minor in samples]
    rows = ((f"{q.weight_gram} g", q.price, q.quality, f"{q.rate_pct} %", q.amount) for q in found)
    yield from table(("weight", "price", "class", "rate", "amount"), rows)
    yield from prose("`./bh backhaul quote --class proper --weight-kg 0.9 --price-rub 12400` explains any other.")


def _classes() -> Lines:
    yield from prose("""
        ## Which block applies

        The reason's group, corrected by the inspection. A substituted product has no class: its seller files a claim.
        A star: improper instead, while a claim for damaged packaging is open against the outbound carrier.
    """)
    marks: tuple[Mark | None, ...] = (None, *Mark)
    heads = ["not inspected" if mark is None else mark.replace("_", " ") for mark in marks]
    rows = ((group.replace("_", " "), *(_class(group, mark) for mark in marks)) for group in ReasonGroup)
    yield from table(("reason group", *heads), rows)


def _class(group: ReasonGroup, mark: Mark | None) -> str:
    found, other = quality(group, mark), quality(group, mark, packaging_damaged=True)
    text = "–" if found is None else found.replace("_", " ")
    return text if found is other else f"{text} \\*"


# -- API v1 -----------------------------------------------------------------------------------------------------------


def api() -> Lines:
    """The operations of API v1 of both houses, and the messages between the houses."""
    yield from prose("""
        # API v1

        Each house serves its own at `/api/v1` and describes it in full at `/api/v1/openapi.json`. Sign in at
        `POST /api/v1/sessions` or use an API key, and send it as `Authorization: Bearer …`. A refusal is `application/problem+json` with a
        stable `code`; `/docs/errors` of a running marketplace lists them. Fields in **bold** are required. A body that
        cannot be read is 400 `body_invalid`, one that does not fit 422 `field_invalid`, with the `field` and the `problem`;
        numbers are JSON numbers: `"500"` is refused where `500` is meant. A POST of which no field is required may have no body at all.

        Every operation that changes something takes an `Idempotency-Key`: the same key with the same body is answered the
        same and done once, also after a restart; with another body, or at another door, 422; while the first is being
        answered, 409 `request_in_progress`. On 503 `outcome_unknown` nobody knows whether it was done (a database server died in its
        COMMIT): repeat it with its key. What is shown once (a key, a secret, a link) is not shown again. Signing in and
        out, previews, and the files of operators take none.

        Every JSON answer to a GET has an `ETag`; sent back as `If-None-Match` it is 304 while nothing has changed for you.
        Keep what you need yourself: answers say `no-store`, so that nothing about people stays in a cache on the way.
        Things that can be decided have their version in it, `"7-…"`: send it as `If-Match` (`"7"` will do) and a decision
        about what somebody has changed meanwhile is 409 `version_conflict` with the `version` that there is now. Without
        `If-Match` the decision counts for whatever there is. What has no version (settings, a user, a key, a report, a
        webhook, a payout file) is compared by its `ETag`: 409 `changed_meanwhile` with the `etag` that there is now.

        A long list is one page of at most 50 rows, `limit` makes it shorter; the header `Link` with `rel="next"` leads to
        the next one while there are more, and rows that come meanwhile shift nothing.

        On pages only: the help, a form that waits while its sender signs in again, and rate cards as files to edit (their
        cells are JSON here).
        The document names every status that an operation answers with, the shape of each answer, who may call, and for every
        body an example that a test has sent. `./bh test` and `./bh soak` call all operations with made-up data, as every role,
        and fail for an answer that is not in it; `kit/description.py` completes it from what a door is.
    """)
    for house, schema in schemas().items():
        yield from prose(f"## The {house}")
        if house == "partner":
            yield from prose(AT_THE_PARTNER)
        yield from table(("operation", "what it does", "fields of the body"), _operations(schema))
    yield from prose("""
        ## Messages between the houses

        Signed with Standard Webhooks headers, sent from an outbox until they are accepted, in order for each return; a
        message that comes twice counts once. The shapes stand in `wire.py`; they carry no customer's name or contact.
    """)
    yield from table(("shape", "what it says", "fields"), _messages())


AT_THE_PARTNER = """
    Beside each parcel and consignment stand `available_actions`, each with `method`, `href` and its `deadline`, and
    `not_available` with the code and the sentence of what stands in the way; `GET /parcels/{id}/clocks` has every deadline
    with what happens then and which number of the policy made it, `GET /parcels/{id}/explain` why it stands where it stands.

    Many decisions: fill in `GET /parcels/to-decide.csv` or take `GET /parcels/to-decide`, look what it would cost with
    `POST /decisions/file` or `POST /decisions/preview`, and give the items of the answer to `POST /decisions`.

    On pages only, because they are for eyes: the first steps of a seller (`/start`), the guide as a PDF (`/guide/zh.pdf`)
    and the draw explained (`/draw`, its data is at `GET /draws`).
"""


def schemas() -> dict[str, dict[str, Any]]:
    """The OpenAPI document of each house, from an office over an empty database."""
    found = {}
    houses: dict[str, tuple[Any, Any]] = {
        "marketplace": (marketplace_office, marketplace_app),
        "partner": (partner_office, partner_app),
    }
    for name, (offices, apps) in houses.items():
        with tempfile.TemporaryDirectory() as directory:
            data = Path(directory)
            office = offices.open_office(f"sqlite:///{data / 'empty.db'}", data, TurnedClock(EPOCH))
            found[name] = description.of(apps.make_app(office))
            office.close()
    return found


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for path, methods in sorted(schema["paths"].items()):
        for method, operation in sorted(methods.items()):
            said = [text for text in (operation["summary"], operation.get("description")) if text]
            yield (
                f"`{method.upper()} {path}`",
                " ".join(". ".join(said).split()),
                _fields(operation.get("requestBody"), schema),
            )


def _fields(body: dict[str, Any] | None, schema: dict[str, Any]) -> str:
    """All but `type`, which a body may leave out: the address names the act."""
    if body is None:
        return ""
    shape = next(iter(body["content"].values()))["schema"]
    shape = next((one for one in shape.get("oneOf", shape.get("anyOf", [])) if "$ref" in one), shape)
    if "$ref" in shape:
        shape = schema["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
    names = [name for name in shape.get("properties", {}) if name != "type"]
    return ", ".join(f"**{name}**" if name in shape.get("required", []) else name for name in names)


def _messages() -> Iterator[tuple[str, str, str]]:
    shapes: list[tuple[str, Any]] = inspect.getmembers(wire, inspect.isclass)
    for name, shape in shapes:
        if shape.__module__ == wire.__name__:
            yield f"`{name}`", sentence(shape), ", ".join(shape.__struct_fields__)


# -- Events -----------------------------------------------------------------------------------------------------------


def events() -> Lines:
    """Every event that sellers' programs are told, with its facts."""
    yield from prose("""
        # Events

        What [webhooks](webhooks.md) are sent and `GET /api/v1/events` gives, in each house its own. Around the facts stand
        `id`, `type`, `timestamp` and `data` with the return, unit or invoice after the event. Instants are RFC 3339 in UTC; an amount is `{"minor": 124000, "currency":
        "RUB"}`; a code is one of the words of the OpenAPI document. A fact that is not known is left out.
    """)
    for title, types, told in (
        ("The marketplace: returns", webhooks.TYPES, webhooks.TOLD),
        ("The partner: units and invoices", partner_webhooks.TYPES, partner_webhooks.TOLD),
    ):
        yield from prose(f"## {title}")
        yield from table(("type", "what happened", "facts"), _event_rows(types, told))


def _event_rows(types: Mapping[str, Any], told: Mapping[Any, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    for kind, event in types.items():
        hints = get_type_hints(event)
        facts = ", ".join(f"`{name}` ({_kind_of(hints[name])})" for name in told[event])
        yield f"`{kind}`", sentence(event).replace("`", ""), facts


def _kind_of(hint: Any) -> str:
    """`datetime | None` is an instant, an enumeration a code."""
    [shape] = [one for one in get_args(hint) if one is not type(None)] or [hint]
    names = {
        datetime: "instant",
        Money: "amount",
        Quote: "amount with its explanation",
        bool: "yes or no",
        int: "number",
        str: "text",
    }
    return names.get(shape, "code")


# -- The policy -------------------------------------------------------------------------------------------------------


def policy() -> Lines:
    """Every field of both policies: default and where the code reads it."""
    yield from prose("""
        # The policy

        What the business may change without changing the law. These are the defaults, version 1; in force is the newest
        row of kind `policy` in a house's table `terms` whose date has come. Support publishes versions on the page
        `/support/policy`, a supervisor of the partner on `/policy` and `/tariff`: with what differs, from when and why; what
        is published is never changed. The desk of that process uses a version at once when its instant has come, another
        process of the same house a few seconds later.
    """)
    for house, module in (("marketplace", marketplace_policy), ("partner", partner_policy)):
        yield from prose(f"## The {house}: `{house}/rules/policy.py`\n\n{sentence(module.Policy)}")
        yield from table(
            ("field", "default", "read in", "what this and the next are about"), _policy_rows(house, module)
        )


def _policy_rows(house: str, module: ModuleType) -> Iterator[tuple[str, str, str, str]]:
    about = ""
    defaults = msgspec.structs.asdict(module.Policy())
    for line in inspect.getsource(module.Policy).splitlines():
        comment, field = re.fullmatch(r" {4}# (.*)", line), re.match(r" {4}(\w+):", line)
        if comment:
            about = comment[1]
        if field:
            yield (
                f"`{field[1]}`",
                shown(defaults[field[1]]),
                ", ".join(readers(house, field[1])) or "nothing yet",
                about,
            )
            about = ""


def readers(house: str, field: str) -> list[str]:
    """The modules that read a field of a house's policy: its own, and those of the kit."""
    use = re.compile(rf"\.{field}\b")
    found = (path for path in sorted((SOURCE / house).rglob("*.py")) if use.search(path.read_text()))
    shared = (path for path in sorted((SOURCE / "kit").rglob("*.py")) if use.search(path.read_text()))
    return [
        *(f"`{path.relative_to(SOURCE / house).as_posix()}`" for path in found),
        *(f"`{path.relative_to(SOURCE).as_posix()}`" for path in shared),
    ]


# -- Personal data ----------------------------------------------------------------------------------------------------


def privacy() -> Lines:
    """What both houses hold of people, column by column."""
    yield from prose("""
        # Personal data

        Every column of both houses is tagged in `marketplace/personal_data.py` and `partner/personal_data.py` with what it holds
        of people; a column without a tag fails a test. Days in this page are the defaults of [the policy](policy.md).
        What customers write is closed with a key of their own ([decision 30](decisions/0030-words-closed-with-a-persons-key.md)).

        **Sellers and the partner never see who a customer is.** They work with the number of a return. What a customer wrote reaches a seller
        and a pick-up point without e-mail addresses, telephone numbers, links, names in messengers and the customer's own names.
    """)
    yield from table(("kind", "what it means"), ((kind, MEANINGS[kind]) for kind in Kind))
    registers: tuple[tuple[str, Register, Any], ...] = (
        ("marketplace", marketplace_data.REGISTER, marketplace_policy.Policy()),
        ("partner", partner_data.REGISTER, partner_policy.Policy()),
    )
    for house, register, terms in registers:
        facts = {name: shown(value) for name, value in msgspec.structs.asdict(terms).items()}
        yield from prose(f"## The {house}")
        yield from table(("column", "kind", "whose", "who may see it", "kept"), _personal(register, facts))
        others = sorted(
            {name for name, _, tag in tags_of(register)} - {n for n, _, tag in tags_of(register) if tag.is_personal}
        )
        yield from prose(f"Nothing of people stands in {', '.join(f'`{name}`' for name in others)}.")


def _personal(register: Register, facts: Mapping[str, str]) -> Iterator[tuple[str, str, str, str, str]]:
    for name, columns in sorted(register.items()):
        told: dict[Tag, str] = {
            tag: ", ".join(f"`{name}.{one}`" for one in names.split()) for tag, names in columns.items()
        }
        for tag, where in told.items():
            if tag.is_personal:
                yield where, tag.kind, tag.whose, "; ".join(tag.seen_by) or "nobody", tag.kept.format(**facts)


DOCUMENTS: dict[str, Callable[[], Lines]] = {
    "lifecycle.md": lifecycles,
    "rate-card.md": rate_card,
    "api.md": api,
    "events.md": events,
    "policy.md": policy,
    "privacy.md": privacy,
}


def text(name: str) -> str:
    """A page as it should stand in docs/."""
    return "\n".join([WRITTEN_BY, "", *DOCUMENTS[name]()]).rstrip() + "\n"


def main() -> None:
    """Write all pages."""
    for name in DOCUMENTS:
        (DOCS / name).write_text(text(name))
        sys.stdout.write(f"wrote docs/{name}\n")


if __name__ == "__main__":
    main()
