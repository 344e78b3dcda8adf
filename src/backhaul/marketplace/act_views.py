"""What the caller may do with a return now, until when and why, and what their role does but not now: as API v1 shows it."""

from datetime import datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.machine import Refused
from backhaul.marketplace import texts
from backhaul.marketplace.clock_texts import PASSES
from backhaul.marketplace.doors import ACT_WORDS, explain
from backhaul.marketplace.rules.blocks import Block
from backhaul.marketplace.rules.clocks import clock_of
from backhaul.marketplace.rules.decisions import By, closed_acts, open_acts
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return


class OpenAct(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that the caller may do now: before `deadline`, where there is one; `reason` says what happens otherwise."""

    act: str
    title: str
    method: str
    href: str
    allowed: bool
    deadline: datetime | None = None
    reason: str = ""


class ClosedAct(msgspec.Struct, frozen=True):
    """Something that the caller's role does, but that is refused now: the code of the refusal and its words."""

    act: str
    title: str
    code: str
    detail: str


def open_views(it: Return, by: By, at: datetime, terms: Terms, language: str, block: Block | None = None
               ) -> tuple[OpenAct, ...]:  # fmt: skip
    """What this caller may do now, in the order of the tables."""
    found = []
    for act in open_acts(it, by, at, terms, block):
        if act not in ACT_WORDS:
            continue
        clock, word = clock_of(it, act, terms.policy), ACT_WORDS[act]
        found.append(
            OpenAct(
                word, title_of(act, language), "POST", f"/api/v1/returns/{it.id}/{word}", allowed=True,
                deadline=None if clock is None else clock.due_at,
                reason="" if clock is None else i18n.gettext(language, PASSES[clock.code]),
            )
        )  # fmt: skip
    return tuple(found)


def closed_views(it: Return, by: By, at: datetime, terms: Terms, language: str, block: Block | None = None
                 ) -> tuple[ClosedAct, ...]:  # fmt: skip
    """The rest of what this role does. A refusal that many share is put into words once."""
    words: dict[Refused, str] = {}
    found = []
    for act, why in closed_acts(it, by, at, terms, block):
        if act in ACT_WORDS:
            if why not in words:
                words[why] = explain(why, language)
            found.append(ClosedAct(ACT_WORDS[act], title_of(act, language), why.code, words[why]))
    return tuple(found)


def title_of(act: type, language: str) -> str:
    """What people call an act."""
    return i18n.gettext(language, texts.COMMAND_LABELS[act.__name__][0])
