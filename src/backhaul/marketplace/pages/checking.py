"""One return on the screen of a counter: the big answer, what to compare, and the form of what the clerk may do now."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response

from backhaul.kit import http, keys
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries, tables, texts
from backhaul.marketplace.doors import ACT_WORDS, Req, Visitor, explain
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.decisions import concerns, open_acts, own_order
from backhaul.marketplace.rules.returns import Return, group_of
from backhaul.marketplace.rules.words import METHODS, ReasonGroup, Status, WitnessRole

TO_HAND_IN = (Status.APPROVED, Status.AWAITING_DROPOFF)
TONES = {
    Status.ACCEPTED_AT_PVZ: "good", Status.ON_THE_WAY: "good", Status.DISPOSING_BY_MARKETPLACE: "good",
    Status.DISPOSED_BY_MARKETPLACE: "good", Status.AT_PARTNER: "good",
}  # fmt: skip


class Told(msgspec.Struct, frozen=True):
    """The answer in big words, and what to do now."""

    headline: str
    then: str
    tone: str


def draw(request: Req, office: Office, who: Visitor, return_id: int, refused: Refused | None = None,
         wrong_act: str = "", values: dict[str, Any] | None = None) -> Response[str]:  # fmt: skip
    """The page of a return for a clerk; after a refusal with its sentence and everything that was typed or photographed."""
    by = who.by
    with office.look(by) as tx:
        it = queries.one(tx, return_id)
        if it is None or not concerns(it, by):
            raise Refused("not_found", "missing")
        earlier = [other for other_id in it.earlier if (other := queries.one(tx, other_id)) and concerns(other, by)]
        deleted = tables.book.deleted(tx, queries.customer_files([it, *earlier]))
    at = office.clock.now()
    policy = office.house.terms.policy
    acts = {ACT_WORDS[act] for act in open_acts(it, by, at, office.house.terms) if act in ACT_WORDS}
    status = http.STATUS_BY_KIND[refused.kind] if refused else 200
    return page(
        request,
        "counter_return.html",
        who,
        status,
        here=f"/returns/{return_id}",
        section="/counter",
        it=it,
        acts=acts,
        told=None if "receive-for-disposal" in acts else _told(it, at),
        own=own_order(it, by),
        elsewhere=it.point_id if it.status is Status.AWAITING_DROPOFF and it.point_id != by.subject else "",
        misgraded=group_of(it) is ReasonGroup.MISGRADING,
        taste=group_of(it) is ReasonGroup.FIT,
        photos_min=policy.point_photos_min,
        disposal_photos_min=policy.disposal_photos_min,
        methods=METHODS,
        witness_roles=tuple(WitnessRole),
        earlier=earlier,
        deleted=deleted,
        earlier_labels={other.id: texts.STATUS_LABELS[other.status] for other in earlier},
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
        wrong_act=wrong_act,
        wrong_field=(refused.field or "") if refused else "",
        values=values or {},
    )


def _told(it: Return, at: datetime) -> Told | None:
    """None while the product may be checked: then the answer is not known yet."""
    status = it.status
    if status in TO_HAND_IN:
        if it.act_by is not None and at < it.act_by:
            return None
        status = Status.DROPOFF_EXPIRED  # the sweep has not passed yet
    headline, then = texts.COUNTER_ANSWERS[status]
    return Told(headline, then, TONES.get(status, "bad"))
