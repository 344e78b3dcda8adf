"""The sheets that pages are drawn on: templates with the house's texts, navigation and the visitor."""

from collections.abc import Mapping
from typing import Any

from litestar import Response

from backhaul.kit import forms, http
from backhaul.kit.i18n import N_
from backhaul.marketplace import rule_texts, texts
from backhaul.marketplace.doors import Req, Visitor
from backhaul.marketplace.reason_names import labels
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.words import Role

NAVIGATION: dict[Role, tuple[tuple[str, str], ...]] = {
    Role.CUSTOMER: (
        ("/orders", N_("My orders")),
        ("/my-returns", N_("My returns")),
        ("/ledger", N_("Refunds")),
        ("/messages", N_("Messages")),
    ),
    Role.SELLER: (
        ("/returns", N_("realFBS returns")),
        ("/money", N_("Money")),
        ("/messages", N_("Messages")),
        ("/reports", N_("Reports")),
        ("/reconciliation", N_("Reconciliation")),
        ("/keys", N_("API keys")),
        ("/webhooks", N_("Webhooks")),
        ("/settings", N_("Settings")),
    ),
    Role.CLERK: (("/counter", N_("Counter")), ("/messages", N_("Messages"))),
    Role.MODERATOR: (("/moderation", N_("Moderation")), ("/blocks", N_("Blocks"))),
    Role.SUPPORT: (
        ("/support", N_("Returns")),
        ("/finance", N_("Finance")),
        ("/messages", N_("Messages")),
        ("/support/sellers", N_("Sellers")),
        ("/support/points", N_("Points")),
        ("/support/payouts", N_("Payouts")),
        ("/blocks", N_("Blocks")),
        ("/support/policy", N_("Policy")),
        ("/support/sync", N_("Agreement")),
        ("/reconciliation", N_("Reconciliation")),
        ("/support/rate-cards", N_("Rate cards")),
        ("/support/catalogues", N_("Catalogues")),
    ),
}
HELP = ("/help", N_("Help"))
HOME = {
    Role.CUSTOMER: "/my-returns",
    Role.SELLER: "/returns",
    Role.CLERK: "/counter",
    Role.MODERATOR: "/moderation",
    Role.SUPPORT: "/support",
}
CSRF_COOKIE = "marketplace_csrf"

PAGES = http.Pages(
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
    return PAGES.render(
        template,
        who.language,
        status,
        who=who,
        reason_labels=labels(terms.reasons, who.language),
        rejection_labels=labels(terms.rejections, who.language),
        role=role or "",
        here=context.pop("here", request.url.path),
        navigation=(*(NAVIGATION[role] if role else ()), HELP),
        banner="block_banner.html" if who.block is not None else "",
        csrf_input=f'<input type="hidden" name="_csrf_token" value="{http.csrf_token(request)}">',
        **context,
    )


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
