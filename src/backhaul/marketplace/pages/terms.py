"""Support publishes versions of the policy on the page that both houses have for it (`kit/terms_pages.py`)."""

from datetime import datetime
from typing import Any

from litestar import Response

from backhaul.kit import terms_pages
from backhaul.kit.database import Tx
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.publication import Publication
from backhaul.kit.terms_pages import Desks
from backhaul.marketplace import access, errands, texts
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.perform import stored_policy
from backhaul.marketplace.policy_texts import POLICY_HINTS, POLICY_LABELS, POLICY_TOPICS
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import misfits
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.tables import shelf


def routes(office: Office) -> list[Any]:
    """The handlers of the policy's page."""

    def who(request: Req) -> Visitor:
        found = visitor(office, request)
        if found.by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=found.by.role)
        return found

    def draw(request: Req, who: Visitor, template: str, status: int = 200, **context: Any) -> Response[str]:
        return page(request, template, who, status, **context)

    def publish(tx: Tx, policy: Policy, valid_from: datetime, by: By, why: str, at: datetime, seen: str) -> None:
        errands.publish_policy(tx, policy, valid_from, by, why, at, seen=seen)

    def renew() -> None:
        with office.database.read() as tx:
            office.house.read_terms_again(tx, office.clock.now())

    policy = Publication(
        kind="policy",
        path="/support/policy",
        title=N_("Policy"),
        first=Policy(),
        topics=POLICY_TOPICS,
        labels=POLICY_LABELS,
        check=misfits,
        decode=stored_policy,
        publish=publish,
        who=who,
        draw=draw,
        known=access.Known,
        renew=renew,
        refusals=texts.REFUSALS,
        hints=POLICY_HINTS,
    )
    return terms_pages.routes(Desks(office.database, office.desk, shelf, office.chance), policy)
