"""The timeline of a return as staff and its seller read it: who did what, why what nobody did, what money moved, who was told.

The customer's own list, and that of the counter, are shorter: `pages/timeline`.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.days import last_moment
from backhaul.kit.money import Money
from backhaul.marketplace import (
    access,
    answer_queries,
    clock_texts,
    explanation_texts,
    ledger_texts,
    queries,
    term_queries,
    texts,
    timeline_queries,
)
from backhaul.marketplace import timeline_texts as words
from backhaul.marketplace.notice_texts import BECAUSE, LANGUAGE
from backhaul.marketplace.queries import Happening
from backhaul.marketplace.reason_names import labels, name_in
from backhaul.marketplace.rules import clocks
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.explanations import explained
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.timeline import AMOUNTS, KINDS, Kind
from backhaul.marketplace.rules.words import Role

STAFF = frozenset({Role.CLERK, Role.MODERATOR, Role.SUPPORT})
READERS = frozenset({Role.SELLER, Role.MODERATOR, Role.SUPPORT})


class FactView(msgspec.Struct, frozen=True):
    """Something that the line says, in words."""

    name: str
    title: str
    value: str


class MovedView(msgspec.Struct, frozen=True):
    """A ledger entry of the line, debit to credit; for support."""

    title: str
    debit: str
    credit: str
    amount: Money


class WrittenView(msgspec.Struct, frozen=True):
    """Who was written what because of the line, in the words of whoever reads this."""

    to: str
    to_title: str
    subject: str
    text: str


class LineView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line: `at` is when it counts, `recorded_at` when it was written; `why`: of what happened by itself.

    `seq` is the number of the event; 0: a message of support, `to` somebody.
    """

    seq: int
    event: str
    kind: Kind
    title: str
    role: str
    role_title: str
    at: datetime
    recorded_at: datetime
    who: str = ""
    facts: tuple[FactView, ...] = ()
    comment: str = ""
    why: tuple[str, ...] = ()
    entries: tuple[MovedView, ...] = ()
    messages: tuple[WrittenView, ...] = ()
    to: str = ""

    def is_of(self, party: str, kind: str) -> bool:
        """Whether a filter shows it: by whom it is or whom it was written to, and what it is about."""
        parties = {self.role, self.to, *(one.to for one in self.messages)}
        kinds = {self.kind, *((Kind.MONEY,) if self.entries else ()), *((Kind.MESSAGE,) if self.messages else ())}
        return (not party or party in parties) and (not kind or kind in kinds)


def timeline(tx: Tx, it: Return, by: By, terms: Terms, language: str) -> list[LineView]:
    """All lines that this reader is told of, oldest first."""
    history = queries.history(tx, it.id)
    why = _Why(tx, it, history, terms, language)
    moved = timeline_queries.entries_by_event(tx, it.id) if by.role is Role.SUPPORT else {}
    written, earlier = timeline_queries.written_by_event(tx, it.id, _mine(it, by))
    names: dict[str, str] = {}
    lines = []
    for one in history:
        reasons = why.of(one)
        if not texts.is_told(one.event, one.kind, by.role):
            continue
        label, what = title_of(one)
        title = i18n.gettext(language, label) + (f": {i18n.gettext(language, what)}" if what else "")
        comment = str(getattr(one.event, "comment", "") or "")
        lines.append(LineView(
            one.seq, one.kind, KINDS[type(one.event)], title, one.role, i18n.gettext(language, role_label(one)), one.at,
            one.recorded_at, _who(tx, one, by, names), _facts(one.event, terms, language),
            i18n.gettext(language, BECAUSE.get(comment, comment)), reasons,
            tuple(
                MovedView(ledger_texts.entry_name(entry.cause, language), ledger_texts.account_name(entry.debit, language),
                          ledger_texts.account_name(entry.credit, language), entry.amount)
                for entry in moved.get(one.seq, ())
            ),
            _written(written.get(one.seq, ()), it.id, language),
        ))  # fmt: skip
    left_out = [line for line in lines if line.messages][:1] if earlier else []
    return sorted(
        [*(_left_out(line, language) for line in left_out), *lines, *_of_support(tx, it, by, language, names)],
        key=lambda line: line.recorded_at,
    )


def _mine(it: Return, by: By) -> str:
    """Whose messages alone a reader is told of: staff read all that was written, a seller what the seller was written."""
    return f"seller:{it.seller_id}" if by.role is Role.SELLER else ""


def _left_out(first: LineView, language: str) -> LineView:
    """Before the first line that shows messages, when there are more than are shown."""
    title = i18n.gettext(language, words.LEFT_OUT)
    role = i18n.gettext(language, texts.ROLE_LABELS[Role.SUPPORT])
    return LineView(0, "MessagesLeftOut", Kind.MESSAGE, title, Role.SUPPORT, role, first.at, first.recorded_at)


def _of_support(tx: Tx, it: Return, by: By, language: str, names: dict[str, str]) -> list[LineView]:
    """What support wrote is no event of the return, and stands among them; to the seller only what was written to the seller."""
    role = i18n.gettext(language, texts.ROLE_LABELS[Role.SUPPORT])
    said, earlier = answer_queries.messages(tx, it.id, Role.SELLER if by.role is Role.SELLER else None)
    found = [
        LineView(
            0, "SupportWrote", Kind.MESSAGE, i18n.gettext(language, words.WRITTEN[one.to]), Role.SUPPORT, role, one.at,
            one.at, _name(tx, one.written_by, names) if by.role in STAFF else "", (), one.text, to=one.to,
        )
        for one in said
    ]  # fmt: skip
    return [*([_left_out(found[0], language)] if earlier else []), *found]


def title_of(one: Happening) -> tuple[str, str]:
    """What happened, and what it came to; both are texts of the catalogue."""
    label = texts.EVENT_LABELS[one.kind]
    match one.event:
        case e.ClaimMoved(to=to):
            return label, texts.CLAIM_LABELS[to]
        case e.DecisionMirrored(decision="none", parcel_status=state):
            return texts.UNDECIDED_LABELS.get(state, label), ""
        case e.DecisionMirrored(decision=decision):
            return label, texts.DECISION_LABELS.get(decision, decision)
        case e.HandoverMirrored(parcel_status=state):
            return label, texts.PARCEL_LABELS.get(state, "")
        case _:
            return label, ""


def role_label(one: Happening) -> str:
    """Who did it, as a role; what clerks of the sorting point do is done there."""
    at_sorting = one.role == Role.CLERK and one.kind in texts.DONE_AT_SORTING_POINT
    return texts.SORTING_POINT if at_sorting else texts.ROLE_LABELS[one.role]


def _who(tx: Tx, one: Happening, by: By, names: dict[str, str]) -> str:
    """Names of staff are for staff, those of a seller's users for the seller and for staff; customers stay without."""
    of_seller = one.role == Role.SELLER
    if not of_seller and (one.role not in STAFF or by.role not in STAFF):
        return ""
    return _name(tx, one.actor, names)


def _name(tx: Tx, actor: str, names: dict[str, str]) -> str:
    if actor not in names:
        names[actor] = actor if actor.startswith("key:") else access.name_of(tx, actor)
    return names[actor]


def _facts(event: e.Any, terms: Terms, language: str) -> tuple[FactView, ...]:
    found = []
    for name, label in words.FACTS.items():
        value = getattr(event, name, None)
        if value:
            found.append(FactView(name, i18n.gettext(language, label), _shown(event, name, value, terms, language)))
    return tuple(found)


def _shown(event: e.Any, name: str, value: object, terms: Terms, language: str) -> str:  # noqa: PLR0911 -- one case a kind of value
    if name == "reason":
        return _reason(event, str(value), terms, language)
    if name == "weight_gram" and isinstance(value, int):
        return i18n.kilograms(value, language)
    match value:
        case Quote():
            return i18n.money(value.amount, language)
        case Money():
            return i18n.money(value, language)
        case datetime():
            return i18n.moment(last_moment(value) if name in words.BOUNDS else value, language)
        case tuple():
            return str(len(value))
        case _:
            return i18n.gettext(language, words.CODES.get(name, {}).get(str(value), str(value)))


def _reason(event: e.Any, code: str, terms: Terms, language: str) -> str:
    match event:
        case e.Rejected():
            return name_in(terms.rejections, code, language)
        case e.TurnedAway():
            return i18n.gettext(language, texts.REFUSED_AT_POINT.get(code, code))
        case _:
            return name_in(terms.reasons, code, language)


def _written(written: Sequence[timeline_queries.Written], return_id: int, language: str) -> tuple[WrittenView, ...]:
    found = []
    for one in written:
        if one.kind not in LANGUAGE.wordings:
            continue
        kind, _, rest = one.reader.partition(":")
        party = rest if kind == "role" else {"point": "clerk", "owner": "seller"}.get(kind, kind)
        subject = i18n.gettext(language, LANGUAGE.wordings[one.kind].subject)
        text = LANGUAGE.tell(one.kind, one.facts, return_id, language).body
        found.append(WrittenView(party, i18n.gettext(language, texts.ROLE_LABELS[party]), subject, text))
    return tuple(found)


class _Why:
    """Why something happened that nobody did, sentence by sentence; asked event by event, in their order."""

    def __init__(self, tx: Tx, it: Return, history: Sequence[Happening], terms: Terms, language: str) -> None:
        self.tx, self.language, self.policy = tx, language, terms.policy
        self.runs = clocks.clocks(it.id, ((one.event, one.at, one.role) for one in history), terms.policy)
        found = explained(it, terms.policy, [one.event for one in history])
        told = explanation_texts.told(found, language, labels(terms.reasons, language))
        self.amounts = {one.what: one.sentences for one in told}
        self.last = {one.kind: one.seq for one in history}
        self.before: tuple[datetime, str] | None = None  # the last one that a clock explains

    def of(self, one: Happening) -> tuple[str, ...]:
        amount = AMOUNTS.get(type(one.event), "")
        reasons = self.amounts.get(amount, ()) if self.last[one.kind] == one.seq else ()
        said = getattr(one.event, "why_not_moderated", "")
        if said:
            reasons = (*reasons, i18n.gettext(self.language, texts.WHY_NOT_MODERATED[said]))
        return (*self._clock(one), *reasons) if one.role == Role.CALENDAR else tuple(reasons)

    def _clock(self, one: Happening) -> tuple[str, ...]:
        if isinstance(one.event, e.Reminded):
            found = next((run for run in self.runs if run.clock.due_at == one.event.deadline), None)
            return () if found is None else self._sentences(words.REMINDED, found)
        passed = next(
            (run for run in self.runs if run.by_calendar and (run.ended_at, run.ended_by) == (one.at, one.kind)), None
        )
        if passed is not None:
            self.before = (one.at, texts.EVENT_LABELS[one.kind])
            at_hour = passed.clock.counted_by is clocks.CountedBy.AT_HOUR
            return self._sentences(words.AT_ITS_HOUR if at_hour else words.RAN_OUT, passed)
        if self.before is not None and self.before[0] == one.at:
            what = i18n.gettext(self.language, self.before[1])
            return (i18n.sentence(self.language, words.FOLLOWS, {"what": what}),)
        return (i18n.gettext(self.language, words.NOBODY_ASKED),)

    def _sentences(self, text: str, run: clocks.Run) -> tuple[str, ...]:
        """A bound that an event carries was counted by the policy when it began; any other one is counted by that of today."""
        clock, name = run.clock, run.clock.numbers[0]
        then = getattr(term_queries.policy_at(self.tx, run.started_at), name)
        number = getattr(self.policy, name) if clock.code in clocks.BY_POLICY_NOW else then
        counted = i18n.sentence(self.language, clock_texts.COUNTED[clock.counted_by], {"number": number})
        at_hour = clock.counted_by is clocks.CountedBy.AT_HOUR
        until = i18n.moment(clock.due_at if at_hour else last_moment(clock.due_at), self.language)
        title = i18n.gettext(self.language, clock_texts.TITLES[clock.code])
        said = i18n.sentence(self.language, text, {"clock": title, "until": until, "counted": counted})
        return (said, i18n.gettext(self.language, words.BY_TODAY)) if number != then else (said,)
