"""The sheets that pages are drawn on: templates with the house's texts, navigation, and forms read off commands."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from litestar import Response

from backhaul.kit import done, drawing, forms, http, i18n, keys, walk
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.navigation import Group, Place, shell
from backhaul.kit.whereabouts import whereabouts
from backhaul.partner import texts
from backhaul.partner.doors import Req, Visitor, explain
from backhaul.partner.office import Office
from backhaul.partner.rules.words import Role

WAREHOUSE = Place("/warehouse", N_("Warehouse"), "archive-box")
INSPECTIONS = Place("/inspections-today", N_("Inspections today"), "clipboard-document-check")
PACKING = (Place("/packing", N_("Packing"), "cube"), Place("/consignments", N_("Consignments"), "truck"))
DOCK = (Place("/receiving", N_("Receiving"), "inbox-arrow-down"), WAREHOUSE)
MESSAGES = Place("/messages", N_("Messages"), "bell")
NAVIGATION: dict[Role, tuple[Group, ...]] = {
    Role.SELLER: (
        Group("", (
            Place("/parcels", N_("Order management"), "archive-box"),
            Place("/returns-management", N_("Return management"), "adjustments-horizontal"),
            PACKING[1],
            Place("/invoices", N_("Invoices"), "document-text"),
            MESSAGES,
        )),
        Group(N_("Settings"), (
            Place("/destinations", N_("Address book"), "map-pin"),
            Place("/system-settings/authorizations", N_("System settings"), "cog-6-tooth"),
            Place("/api-keys", N_("API keys"), "key"),
            Place("/webhooks", N_("Webhooks"), "bolt"),
        )),
    ),
    Role.RECEIVER: (Group("", (*DOCK, *PACKING, MESSAGES)),),
    Role.INSPECTOR: (Group("", (INSPECTIONS, WAREHOUSE)),),
    Role.SUPERVISOR: (
        Group("", (*DOCK, *PACKING, MESSAGES)),
        Group(N_("Control"), (
            Place("/overview", N_("Overview"), "chart-bar"),
            Place("/units", N_("Units"), "queue-list"),
            Place("/inspection", N_("Inspectors"), "clipboard-document-check"),
            Place("/destruction", N_("Destruction"), "fire"),
            Place("/sync", N_("Agreement"), "arrows-right-left"),
            Place("/second-factors", N_("Second factors"), "lock-closed"),
            Place("/seen-photos", N_("Photos seen before"), "photo"),
            Place("/attempts", N_("Refused attempts"), "shield-exclamation"),
        )),
        Group(N_("Money and rules"), (
            Place("/billing", N_("Billing"), "banknotes"),
            Place("/tariff", N_("Tariff"), "table-cells"),
            Place("/policy", N_("Policy"), "adjustments-horizontal"),
            Place("/addresses", N_("Addresses"), "map-pin"),
        )),
    ),
}  # fmt: skip
HOME = {
    Role.SELLER: "/parcels",
    Role.RECEIVER: "/warehouse",
    Role.INSPECTOR: "/inspections-today",
    Role.SUPERVISOR: "/warehouse",
}
# Where each finds parcels by any code: a seller their own.
SEARCH = {role: "/parcels" if role is Role.SELLER else "/warehouse" for role in NAVIGATION}
CSRF_COOKIE = "partner_csrf"

PAGES = drawing.Pages(
    "backhaul.partner",
    N_("Partner"),
    {
        name.lower(): getattr(texts, name)
        for name in (
            "TABS", "TABS_EMPTY", "QUEUES", "QUEUES_EMPTY", "STATUS_LABELS", "MARK_LABELS_OF", "MARK_HINTS",
            "MEDIA_LABELS", "MEDIA_KINDS", "SHIPMENT_LABELS", "DISPOSAL_LABELS", "DECISION_LABELS", "DECIDED_BY", "REASON_GROUPS",
            "REASON_LABELS", "SERVICE_LABELS", "ROLE_LABELS", "FIELD_LABELS", "EVENT_LABELS", "CLOCK_LABELS",
            "PLATFORMS", "BUSINESS_TYPES", "LINK_MODES", "LINK_STATES", "KEY_ROLES", "KEY_STATUSES",
            "BREAKER_TURNS", "CLAIM_LABELS", "PAYERS",
            "DOCK_TABS", "GATE_LABELS", "GATE_FINDINGS", "QUARANTINE_LABELS", "ORPHAN_STATUSES", "ORPHAN_EVENTS",
            "CANDIDATE_REASONS",
        )
    }
    | {"account_page": "/account"},
)  # fmt: skip


class Form(msgspec.Struct, frozen=True):
    """One form on a page. `label` and `hint` are in the reader's language; `note` says why it cannot be sent now."""

    id: str
    action: str
    label: str
    hint: str
    fields: list[forms.Field]
    hidden: dict[str, str] = {}
    value_labels: dict[str, str] = {}
    values: dict[str, Any] = {}
    price: Money | None = None
    photo_code: str = ""
    danger: bool = False
    note: str = ""
    photos_min: int = 0
    limits: dict[str, Any] = {}

    @property
    def files(self) -> bool:
        """Whether pictures or videos can be sent along."""
        return any(field.kind in {"photos", "videos"} for field in self.fields)


class Wrong(msgspec.Struct, frozen=True):
    """A refused form: which one, what was typed, and the refusal."""

    refused: Refused
    values: Mapping[str, Any] = {}
    form: str = ""


def form_of(
    office: Office, who: Visitor, shape: type, action: str, words: tuple[str, str], *,
    choices: Mapping[str, Iterable[str]] | None = None, **more: Any,
) -> Form:  # fmt: skip
    """The form of a command or other shape; `words`: its button and hint. Preset (`hidden`) fields are not drawn."""
    label, hint = words
    policy = msgspec.structs.asdict(office.house.terms.policy)
    hidden: dict[str, str] = more.pop("hidden", {})
    fields = [field for field in forms.fields(shape, choices) if field.name not in hidden]
    return Form(
        id=more.pop("id", action.strip("/").replace("/", "-")),
        action=action,
        label=i18n.sentence(who.language, label, policy),
        hint=i18n.sentence(who.language, hint, policy),
        fields=fields,
        hidden=hidden,
        limits=policy,
        **more,
    )


def page(request: Req, office: Office, template: str, who: Visitor, wrong: Wrong | None = None,
         **context: Any) -> Response[str]:  # fmt: skip
    """Draw a page for a visitor with its forms' tokens, and after a refusal its sentence and what was typed."""
    role = who.account.role if who.account else None
    groups = NAVIGATION[role] if role else ()
    passed = context.pop("here", "")
    here = passed or request.url.path
    status = context.pop("status", http.STATUS_BY_KIND[wrong.refused.kind] if wrong else 200)
    sentence = explain(wrong.refused, who.language) if wrong else context.pop("sentence", "")
    notice = context.pop("notice", "") or (done.notice(request, who.language) if wrong is None else "")
    drawn = PAGES.render(
        template,
        who.language,
        status,
        who=who,
        role=role or "",
        here=here,
        whereabouts=whereabouts(request, passed),
        section=context.pop("section", here),
        navigation=groups,
        shell=shell(groups),
        search_path=SEARCH.get(role, "") if role else "",
        search_name="code",
        csrf_input=f'<input type="hidden" name="_csrf_token" value="{http.csrf_token(request)}">',
        now=context.pop("now", None) or office.clock.now(),
        form_token=keys.session_token(office.chance)[:20],
        sentence=sentence,
        notice=notice,
        wrong_form=wrong.form if wrong else "",
        wrong_field=(wrong.refused.field or "") if wrong else "",
        wrong_values=wrong.values if wrong else {},
        **walk.shown(request, who.language),
        **context,
    )
    return done.told(request, drawn)
