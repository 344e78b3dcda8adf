"""What a caller may do now and until when, and what not now and why: beside every parcel, consignment and orphan of API v1."""

from datetime import datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.i18n import Message
from backhaul.kit.machine import Refused
from backhaul.partner.doors import explain
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.clocks import Clock, clocks, for_eyes_of
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import blinded


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that the caller may do now: `method` to `href`. `deadline`: the first instant that is too late."""

    act: str
    title: str
    method: str
    href: str
    deadline: datetime | None = None


class NotAvailable(msgspec.Struct, frozen=True):
    """Something that the caller's role can do, but not now: the code of the refusal and its sentence."""

    act: str
    title: str
    code: str
    detail: str


def action(act: str, title: Message, href: str, language: str, deadline: datetime | None = None) -> Action:
    """An open act; every act is a POST."""
    return Action(act, i18n.sentence(language, title, {}), "POST", href, deadline)


def not_available(act: str, title: Message, refused: Refused, language: str) -> NotAvailable:
    """An act with what stands in its way."""
    return NotAvailable(act, i18n.sentence(language, title, {}), refused.code, explain(refused, language))


def running_clocks(it: Parcel, around: Around, by: By, at: datetime, policy: Policy) -> list[Clock]:
    """The deadlines of a parcel as its reader may see them."""
    place = around.destinations.get(it.destination.id) if it.destination else None
    return for_eyes_of(by.role, clocks(blinded(it, by, around), place, at, policy))
