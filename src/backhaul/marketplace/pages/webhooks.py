"""The pages of a seller's webhooks, as this house draws them."""

from typing import Any

from backhaul.kit import webhook_pages
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_errands import Keeper
from backhaul.kit.webhook_pages import Sheets
from backhaul.marketplace import texts
from backhaul.marketplace.doors import Visitor, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.webhooks import TYPES
from backhaul.marketplace.telling_doors import doors, keeper_of

LABELS = {kind: texts.EVENT_LABELS[event.__name__] for kind, event in TYPES.items()}


def routes(office: Office) -> list[Any]:
    """The handlers of the pages of webhooks."""
    sheets = Sheets(
        doors=doors(office),
        visitor=lambda request: visitor(office, request),
        keeper=_keeper,
        draw=lambda request, who, template, status=200, **context: page(request, template, who, status, **context),
        explain=explain,
        labels=LABELS,
        lead=N_(
            "Your program hears at once of everything that happens to your returns: we send each event to an address of yours, signed."
        ),
        case=N_("Return"),
        case_of=lambda return_id: (f"R-{return_id}", f"/returns/{return_id}"),
        back=("/settings", N_("Settings")),
    )
    return webhook_pages.routes(sheets)


def _keeper(who: Visitor) -> Keeper:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return keeper_of(who.account)
