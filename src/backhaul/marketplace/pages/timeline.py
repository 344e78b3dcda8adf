"""What happened to a return, line by line, as each reader is told it; and all of it on a page of its own."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, queries, texts, timeline_views
from backhaul.marketplace.doors import Req, visitor
from backhaul.marketplace.notice_texts import BECAUSE
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.timeline import Kind
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.timeline_texts import KIND_LABELS
from backhaul.marketplace.timeline_views import READERS, STAFF, LineView


def routes(office: Office) -> list[Any]:
    """The page of a return's whole timeline."""

    @get("/returns/{return_id:int}/timeline", include_in_schema=False)
    @http.in_thread
    def whole(request: Req, return_id: FromPath[int]) -> Response[Any]:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, who.by) or who.by.role not in READERS:
                raise Refused("not_found", "missing")
            lines = timeline_views.timeline(tx, it, who.by, office.house.terms, who.language)
        party, kind = (request.query_params.get(name, "")[:20] for name in ("party", "kind"))
        path = f"/returns/{return_id}/timeline"
        return page(
            request,
            "timeline.html",
            who,
            here=path,
            it=it,
            path=path,
            party=party,
            kind=kind,
            parties=_choices(path, lines, party, kind),
            kinds=[
                (one, KIND_LABELS[one], f"{path}?{urlencode(_said(party, one))}", n)
                for one in Kind
                if (n := sum(line.is_of(party, one) for line in lines)) or one == kind
            ],
            every_kind=path + (f"?{urlencode(said)}" if (said := _said(party, "")) else ""),
            every_party=path + (f"?{urlencode(said)}" if (said := _said("", kind)) else ""),
            lines=[line for line in lines if line.is_of(party, kind)],
            count=len(lines),
        )

    return [whole]


def _said(party: str, kind: str) -> dict[str, str]:
    return {name: value for name, value in (("party", party), ("kind", kind)) if value}


def _choices(path: str, lines: list[LineView], party: str, kind: str) -> list[tuple[str, str, str, int]]:
    """Everybody who did something or was written to, with how many lines that is within the kind."""
    found = []
    for role in Role:
        count = sum(line.is_of(role, kind) for line in lines)
        if count or role == party:
            found.append((role.value, texts.ROLE_LABELS[role], f"{path}?{urlencode(_said(role, kind))}", count))
    return found


def is_for(role: Role, happening: queries.Happening) -> bool:
    """Whether a reader is told of it."""
    return texts.is_told(happening.event, happening.kind, role)


def told(tx: Tx, by: By, happening: queries.Happening) -> dict[str, Any]:
    """A line of the timeline. Names of staff are for staff."""
    event = happening.event
    label, what = timeline_views.title_of(happening)
    until = event.decide_by if isinstance(event, e.DecisionMirrored) and event.decision == "none" else None
    is_staff = by.role in STAFF and happening.role in STAFF
    name = access.name_of(tx, happening.actor) if is_staff else ""
    why = ""
    for written in ("comment", "refused_because"):
        why = why or str(getattr(event, written, "") or "")
    facts = {
        "label": label,
        "what": what,
        "until": until,
        "why": why,
        "because": BECAUSE.get(why, ""),
        "name": name,
        "role_label": timeline_views.role_label(happening),
    }
    return {**msgspec.structs.asdict(happening), **facts}
