"""Support publishes versions of the policy on the page that both houses have for it (`kit/terms_pages.py`)."""

from datetime import datetime
from typing import Any

from litestar import Response

from backhaul.kit import terms_pages
from backhaul.kit.database import Tx
from backhaul.kit.i18n import N_
from backhaul.kit.publication import Publication
from backhaul.marketplace import access, publications, texts
from backhaul.marketplace.doors import Req, Visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.publishing import support
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.policy_texts import POLICY_HINTS, POLICY_LABELS, POLICY_TOPICS
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import misfits
from backhaul.marketplace.tables import shelf
from backhaul.marketplace.term_queries import decode_policy, touched


def routes(office: Office) -> list[Any]:
    """The handlers of the policy's page."""

    def who(request: Req) -> Visitor:
        return support(office, request)

    def draw(request: Req, who: Visitor, template: str, status: int = 200, **context: Any) -> Response[str]:
        return page(request, template, who, status, **context)

    def publish(tx: Tx, policy: Policy, valid_from: datetime, by: By, why: str, at: datetime, seen: str) -> None:
        publications.publish_policy(tx, policy, valid_from, by, why, at, seen=seen)

    def renew() -> None:
        office.read_terms_again()

    policy = Publication(
        kind="policy",
        path="/support/policy",
        title=N_("Policy"),
        first=Policy(),
        topics=POLICY_TOPICS,
        labels=POLICY_LABELS,
        check=misfits,
        decode=decode_policy,
        publish=publish,
        who=who,
        draw=draw,
        known=access.Known,
        renew=renew,
        shelf=shelf,
        refusals=texts.REFUSALS,
        hints=POLICY_HINTS,
        touched=touched,
    )
    return terms_pages.routes(office, policy)
