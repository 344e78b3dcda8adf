"""The sheets that pages are drawn on: templates with the house's texts, navigation and the visitor."""

from collections.abc import Mapping
from typing import Any

from litestar import Response

from backhaul.kit import done, drawing, forms, http, walk
from backhaul.kit.i18n import N_
from backhaul.kit.navigation import Group, Place, shell
from backhaul.kit.whereabouts import whereabouts
from backhaul.marketplace import rule_texts, texts
from backhaul.marketplace.doors import Req, Visitor
from backhaul.marketplace.reason_names import labels
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.search_views import WHO_SEARCHES

MESSAGES = Place("/messages", N_("Messages"), "bell")
SEARCH = "/search"
HELP = Place("/help", N_("Help"), "question-mark-circle")
SUBSTITUTIONS = Place("/substitutions", N_("Substitutions"), "finger-print")
SEEN_PHOTOS = Place("/seen-photos", N_("Photos seen before"), "photo")
NAVIGATION: dict[Role, tuple[Group, ...]] = {
    Role.CUSTOMER: (
        Group("", (
            Place("/orders", N_("My orders"), "shopping-bag"),
            Place("/my-returns", N_("My returns"), "arrow-uturn-left"),
            Place("/ledger", N_("Refunds"), "banknotes"),
            MESSAGES,
            HELP,
        )),
    ),
    Role.SELLER: (
        Group("", (
            Place("/to-decide", N_("To decide"), "inbox"),
            Place("/overview", N_("Overview"), "chart-bar"),
            Place("/quality", N_("Product quality"), "star"),
            Place("/returns", N_("realFBS returns"), "arrow-uturn-left"),
            MESSAGES,
        )),
        Group(N_("Money"), (
            Place("/money", N_("Money"), "banknotes"),
            Place("/reconciliation", N_("Reconciliation"), "scale"),
            Place("/reports", N_("Reports"), "document-chart-bar"),
            Place("/jobs", N_("Long work"), "queue-list"),
        )),
        Group(N_("Programs"), (
            Place("/keys", N_("API keys"), "key"),
            Place("/webhooks", N_("Webhooks"), "bolt"),
        )),
        Group("", (Place("/settings", N_("Settings"), "cog-6-tooth"), HELP)),
    ),
    Role.CLERK: (Group("", (Place("/counter", N_("Counter"), "qr-code"), MESSAGES, HELP)),),
    Role.MODERATOR: (
        Group("", (
            Place("/moderation", N_("Moderation"), "hand-raised"),
            Place("/blocks", N_("Blocks"), "no-symbol"),
            SUBSTITUTIONS,
            SEEN_PHOTOS,
            HELP,
        )),
    ),
    Role.SUPPORT: (
        Group("", (Place("/support", N_("Returns"), "arrow-uturn-left"), MESSAGES, Place("/claims", N_("Claims"), "truck"),
                   Place("/blocks", N_("Blocks"), "no-symbol"), SUBSTITUTIONS, SEEN_PHOTOS)),
        Group(N_("Money"), (
            Place("/finance", N_("Finance"), "banknotes"),
            Place("/support/payouts", N_("Payouts"), "building-library"),
            Place("/reconciliation", N_("Reconciliation"), "scale"),
            Place("/jobs", N_("Long work"), "queue-list"),
        )),
        Group(N_("Companies"), (
            Place("/support/sellers", N_("Sellers"), "building-storefront"),
            Place("/support/points", N_("Points"), "map-pin"),
            Place("/support/sync", N_("Agreement"), "arrows-right-left"),
        )),
        Group(N_("Rules"), (
            Place("/support/policy", N_("Policy"), "adjustments-horizontal"),
            Place("/support/rate-cards", N_("Rate cards"), "table-cells"),
            Place("/support/catalogues", N_("Catalogues"), "book-open"),
            Place("/support/second-factors", N_("Second factors"), "lock-closed"),
            Place("/compliance", N_("Compliance"), "shield-check"),
            Place("/support/answers", N_("Answers"), "chat-bubble-left-right"),
            HELP,
        )),
    ),
}  # fmt: skip
VISITORS = (Group("", (HELP,)),)
HOME = {
    Role.CUSTOMER: "/my-returns",
    Role.SELLER: "/to-decide",
    Role.CLERK: "/counter",
    Role.MODERATOR: "/moderation",
    Role.SUPPORT: "/support",
}
CSRF_COOKIE = "marketplace_csrf"

PAGES = drawing.Pages(
    "backhaul.marketplace",
    N_("Marketplace"),
    {
        name.lower(): getattr(texts, name)
        for name in (
            "TABS", "STATUS_LABELS", "REASON_GROUPS", "MARK_LABELS",
            "DECISION_LABELS", "ROUTE_LABELS", "QUALITY_LABELS", "REFUND_LABELS", "COMPENSATION_LABELS",
            "CLAIM_LABELS", "CLAIM_KINDS", "PAYERS", "WHY_NOT_MODERATED", "ROLE_LABELS", "FIELD_LABELS", "EVENT_LABELS",
            "BLOCK_STATUSES", "BLOCK_TONES", "APPEAL_STATUSES", "APPEAL_TONES", "BLOCK_ENDS", "BLOCK_EVENTS",
            "MARKING_LABELS", "METHOD_LABELS", "WITNESS_LABELS", "WEIGHT_LABELS",
            "STEP_LABELS", "STEP_STATES",
        )
    }
    | {
        "refused_labels": texts.REFUSED_AT_POINT,
        "account_page": "/account",
        "topic_labels": rule_texts.TOPIC_LABELS,
        "force_labels": rule_texts.FORCE_LABELS,
    },
)  # fmt: skip


def page(request: Req, template: str, who: Visitor, status: int = 200, **context: Any) -> Response[str]:
    """Draw a page for a visitor, with the form token that its forms send back."""
    role = who.account.role if who.account else None
    terms: Terms = request.app.state.house.terms
    groups = NAVIGATION[role] if role else VISITORS
    here = context.pop("here", "")
    notice = context.pop("notice", "") or done.notice(request, who.language)
    drawn = PAGES.render(
        template,
        who.language,
        status,
        who=who,
        notice=notice,
        reason_labels=labels(terms.reasons, who.language),
        rejection_labels=labels(terms.rejections, who.language),
        role=role or "",
        here=here or request.url.path,
        whereabouts=whereabouts(request, here),
        navigation=groups,
        shell=shell(groups),
        search_path=SEARCH if role in WHO_SEARCHES else "",
        banner="block_banner.html" if who.block is not None else "",
        csrf_input=f'<input type="hidden" name="_csrf_token" value="{http.csrf_token(request)}">',
        **walk.shown(request, who.language),
        **context,
    )
    return done.told(request, drawn)


def act_form(command: type, word: str, choices: dict[str, Any], *, closed: Mapping[str, str] | None = None,
             names: Mapping[str, str] | None = None, **values: Any) -> dict[str, Any]:  # fmt: skip
    """What the macro needs to draw the form of one act. `closed`: choices that would be refused, with the words that say so.

    `names`: what the catalogues in force call the reasons.
    """
    label, hint = texts.COMMAND_LABELS[command.__name__]
    return {
        "word": word,
        "label": label,
        "hint": hint,
        "fields": forms.fields(command, choices),
        "value_labels": {
            **(names or {}),
            **texts.ROUTE_LABELS,
            **texts.METHOD_LABELS,
            **texts.WITNESS_LABELS,
            **(closed or {}),
        },
        "closed": closed or {},
        "values": values,
        "danger": command.__name__ in {"Reject", "Cancel", "CertifyDisposal", "RefuseClaim"},
    }
