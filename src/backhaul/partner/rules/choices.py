"""The law of the seller's choices: the decision, photos on order, and the time for both."""

from datetime import datetime, timedelta

from backhaul.kit.days import MOSCOW, end_of_day, last_moment
from backhaul.kit.machine import Refused
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import destinations, freight
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.calendar import closes_at
from backhaul.partner.rules.holidays import end_of_working_day, working_day_from
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.tariff import Tariff, check_price, quoted
from backhaul.partner.rules.words import Decision, MediaKind, Service


def decide(it: Parcel, command: do.Decide, by: By, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """A decision, changeable until work starts (P27). The same one again changes nothing."""
    policy, decision = terms.policy, destinations.decision_of(command.decision)
    destination = _destination(it, decision, command.destination_id, by, policy, around)
    collector = " ".join(command.collector.split()) if decision is Decision.PICKUP else ""
    same = decision is it.decision and _id(destination) == _id(it.destination) and collector == it.collector_named
    if same:
        return []
    check_price(freight.quoted(it, decision, terms), command.price_minor)
    prices, by_whom = quoted(terms.tariff, decision), "api_key" if by.through_key else "seller"
    if decision is Decision.DISPOSE:
        if not policy.disposes_by_choice(it.unit.seller_country):
            raise Refused("disposal_not_in_your_variant", "invalid", "decision", decide_by=it.decide_by)
        hours = policy.undo_hours_key if by.through_key else policy.undo_hours_person
        return [e.Decided(decision, at, by_whom, hold_until=at + timedelta(hours=hours), prices=prices)]
    collect_by = _collect_by(it, at, policy) if decision is Decision.PICKUP else None
    return [e.Decided(decision, at, by_whom, destination, collect_by=collect_by, collector=collector,
                      prices=prices)]  # fmt: skip


def decide_by_rule(at: datetime, policy: Policy, prices: Tariff, rule: e.StandingRule | None = None) -> e.Decided:
    """Disposal that the seller asked for before the unit arrived, of this unit alone or by a standing rule (P25)."""
    through_key = rule is not None and rule.through_key
    hold_until = at + timedelta(hours=policy.undo_hours_key if through_key else policy.undo_hours_person)
    return e.Decided(Decision.DISPOSE, at, "rule", hold_until=hold_until, rule=rule, prices=prices)


def miss(at: datetime) -> list[e.Any]:
    """Nobody decided: destruction is held until a working day begins (P14, D9)."""
    return [e.DeadlineMissed(at, working_day_from(at))]


def order_media(at: datetime, it: Parcel, command: do.OrderMedia, terms: Terms) -> list[e.Any]:
    """One set of photos; late ones move the deadline when they were ordered by day 12 (P11)."""
    policy = terms.policy
    check_price(terms.tariff.price(Service.MEDIA), command.price_minor)
    due = end_of_working_day(at, policy.media_working_days)
    in_time = it.arrived_at is not None and at < end_of_day(it.arrived_at, policy.media_order_by_day)
    price, version = terms.tariff.price(Service.MEDIA), terms.tariff.version
    return [e.MediaOrdered(at, due, in_time, price, version, command.kind)]


def deliver_media(it: Parcel, command: do.DeliverMedia, at: datetime, policy: Policy) -> list[e.Any]:
    """What was ordered is there, of both at least one. Each whole day of delay is given back to the seller, five at most (P11)."""
    photos, videos = command.photos, command.videos
    wants_video = it.media.kind is MediaKind.VIDEO
    if not photos and (it.media.kind is MediaKind.PHOTO or not (videos or wants_video)):
        raise Refused("photos_needed", "invalid", "photos", photos_min=1)
    if not videos and wants_video:
        raise Refused("video_needed", "invalid", "videos")
    if len(videos) > policy.videos_max:
        raise Refused("too_many_videos", "invalid", "videos", videos_max=policy.videos_max)
    target = last_moment(it.media.due or at)
    days_late = max((at.astimezone(MOSCOW).date() - target.astimezone(MOSCOW).date()).days, 0)
    delivered = e.MediaDelivered(at, photos, days_late, videos)
    owed = min(days_late, policy.media_delay_days_max) - it.days_moved
    bound = closes_at(it, policy)
    if it.decide_by is None or bound is None or at >= bound or it.decision is not Decision.NONE:
        return [delivered]
    if not it.media.in_time or owed <= 0:
        return [delivered]
    return [delivered, e.DeadlineMoved(it.decide_by + timedelta(days=owed), it.days_moved + owed, at)]


def extend(it: Parcel, at: datetime) -> list[e.Any]:
    """The bound has come and the photos have not: one day more, and look again."""
    return [e.DeadlineMoved((it.decide_by or at) + timedelta(days=1), it.days_moved + 1, at)]


def reopen(it: Parcel, reason: str, at: datetime, policy: Policy) -> list[e.Any]:
    """A supervisor gives the seller three more days, with a reason (P14)."""
    if len(reason.strip()) < policy.reopen_reason_min_characters:
        characters_min = policy.reopen_reason_min_characters
        raise Refused("explanation_required", "invalid", "reason", characters_min=characters_min)
    decide_by = max(end_of_day(at, policy.reopen_days), it.decide_by or at)
    return [e.Reopened(reason, at, decide_by)]


def expire_keeping(at: datetime, policy: Policy) -> list[e.Any]:
    """Not collected: the seller has a notice round of 14 days, then the unit is disposed of (P13)."""
    decide_by = max(end_of_day(at, policy.notice_days), at + timedelta(days=policy.notice_days))
    return [e.KeepingExpired(at, decide_by)]


def _collect_by(it: Parcel, at: datetime, policy: Policy) -> datetime:
    """In the notice round its bound holds for collecting too."""
    if it.notice_rounds and it.decide_by is not None:
        return max(it.decide_by, at)
    return end_of_day(at, policy.keep_days)


def _destination(
    it: Parcel, decision: Decision, destination_id: int, by: By, policy: Policy, around: Around
) -> e.Destination | None:
    country = destinations.country_of(decision)
    if not country:
        return None
    destinations.check_country(country, it.unit.seller_country, policy)
    found = around.destinations.get(destination_id)
    if found is None or str(found.company_id) != by.subject:
        raise Refused("unknown_destination", "invalid", "destination_id")
    if found.country != country:
        raise Refused("destination_in_another_country", "invalid", "destination_id", country=found.country)
    return found


def _id(destination: e.Destination | None) -> int:
    return 0 if destination is None else destination.id
