"""A supervisor publishes versions of policy and tariff on the page that both houses have for it (`kit/terms_pages.py`)."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response

from backhaul.kit import terms_pages
from backhaul.kit.database import Tx
from backhaul.kit.i18n import N_
from backhaul.kit.publication import Publication
from backhaul.partner import access, errands, texts
from backhaul.partner.doors import Req, Visitor, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.policy_texts import (
    POLICY_HINTS,
    POLICY_LABELS,
    POLICY_TOPICS,
    TARIFF_HINTS,
    TARIFF_LABELS,
    TARIFF_TOPICS,
)
from backhaul.partner.rules.around import By
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.publishing import misfits, misfits_of_tariff
from backhaul.partner.rules.tariff import SEED_TARIFF, Tariff
from backhaul.partner.rules.words import Role
from backhaul.partner.tables import shelf


def routes(office: Office) -> list[Any]:
    """The handlers of both pages."""
    policy = Publication(
        kind="policy",
        path="/policy",
        title=N_("Policy"),
        first=Policy(),
        topics=POLICY_TOPICS,
        labels=POLICY_LABELS,
        check=misfits,
        decode=msgspec.json.Decoder(Policy).decode,
        hints=POLICY_HINTS,
        **_ours(office),
    )
    tariff = Publication(
        kind="tariff",
        path="/tariff",
        title=N_("Tariff"),
        first=SEED_TARIFF,
        topics=TARIFF_TOPICS,
        labels=TARIFF_LABELS,
        check=misfits_of_tariff,
        decode=msgspec.json.Decoder(Tariff).decode,
        hints=TARIFF_HINTS,
        key_labels={"prices_minor": texts.SERVICE_LABELS},
        unit=lambda tariff: tariff.currency,
        **_ours(office),
    )
    return [*terms_pages.routes(office, policy), *terms_pages.routes(office, tariff)]


def _ours(office: Office) -> dict[str, Any]:
    """How this house draws and publishes, whatever the kind."""

    def who(request: Req) -> Visitor:
        return visitor(office, request, Role.SUPERVISOR)

    def draw(request: Req, who: Visitor, template: str, status: int = 200, **context: Any) -> Response[str]:
        return page(request, office, template, who, status=status, **context)

    def publish(tx: Tx, document: Policy | Tariff, valid_from: datetime, by: By, why: str, at: datetime,
                seen: str) -> None:  # fmt: skip
        errands.publish_terms(tx, document, valid_from, by, why, at, seen=seen)

    def renew() -> None:
        with office.database.read() as tx:
            office.house.read_terms_again(tx, office.clock.now())

    return {
        "shelf": shelf, "publish": publish, "who": who, "draw": draw, "known": access.Known, "renew": renew,
        "refusals": texts.REFUSALS,
    }  # fmt: skip
