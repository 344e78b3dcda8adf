"""System settings, webhooks: the pages of a company's webhooks, as this house draws them."""

from typing import Any

from litestar import Response

from backhaul.kit import webhook_pages
from backhaul.kit.i18n import N_
from backhaul.kit.webhook_pages import Sheets
from backhaul.partner import texts
from backhaul.partner.doors import Req, Visitor, explain, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.webhooks import OF_INVOICES, TYPES
from backhaul.partner.telling_doors import doors, keeper_of

OF_INVOICE_LABELS = {
    "Issued": N_("Invoice issued"),
    "Reminded": N_("Reminder of an invoice"),
    "Paid": N_("Payment received"),
    "DisputeRefused": N_("Dispute refused"),
    "Credited": N_("Credit note"),
}
LABELS = {
    kind: (OF_INVOICE_LABELS if event in OF_INVOICES else texts.EVENT_LABELS)[event.__name__]
    for kind, event in TYPES.items()
}


def routes(office: Office) -> list[Any]:
    """The handlers of the pages of webhooks."""

    def draw(request: Req, who: Visitor, template: str, status: int = 200, **context: Any) -> Response[str]:
        context.pop("form_token", "")  # every page of this house has one
        return page(request, office, template, who, status=status, **context)

    sheets = Sheets(
        doors=doors(office),
        visitor=lambda request: visitor(office, request),
        keeper=lambda who: keeper_of(who.known),
        draw=draw,
        explain=explain,
        labels=LABELS,
        lead=N_(
            "Your program hears at once of everything that happens to your units and invoices: we send each event to an address of yours, signed."
        ),
        case=N_("Return or invoice"),
        case_of=case_of,
        back=("/system-settings/authorizations", N_("System settings")),
    )
    return webhook_pages.routes(sheets)


def case_of(case_id: int) -> tuple[str, str]:
    """What a delivery is about: the return's number with its unit's page, or an invoice, whose numbers are below zero here."""
    if case_id < 0:
        number = f"INV-{-case_id:06}"
        return number, f"/invoices/{number}"
    return f"R-{case_id}", f"/parcels/{case_id}"
