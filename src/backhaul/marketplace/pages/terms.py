"""The policy's page: change values, see what differs, say why and from when. The flow is that of all terms (`publishing`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response

from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import publications, term_queries
from backhaul.marketplace.doors import Req, Visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages import publishing
from backhaul.marketplace.pages.publishing import Shown, Values
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.policy_texts import ANSWERS, POLICY_LABELS
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import changed, differences
from backhaul.marketplace.rules.versions import Draft


class PolicySheet:
    """The policy as a kind of terms."""

    path = "/support/policy"
    kind = "policy"
    labels: Mapping[str, str] = POLICY_LABELS

    def __init__(self, office: Office) -> None:
        self.office = office

    def draft(self, tx: Tx, values: Values, at: datetime) -> Draft:
        """The policy that the form describes: what would hold then, with the form's values."""
        valid_from = publishing.moment_of(values, at)
        before = term_queries.policy_at(tx, valid_from)
        after = changed(before, {name: values[name] for name in POLICY_LABELS if name in values})
        draft = publishing.draft_of(after, values, valid_from)
        if after == before:
            raise Refused("nothing_changes", "invalid")
        return draft

    def publish(self, tx: Tx, draft: Draft, by: By, at: datetime) -> None:
        """Write it."""
        publications.publish(tx, self.kind, draft, by, at)

    def draw(self, request: Req, who: Visitor, shown: Shown) -> Response[str]:
        """The values in force with the form that changes them, and every version so far."""
        terms, now = self.office.house.terms, self.office.clock.now()
        with self.office.database.read() as tx:
            listed = publishing.listing(tx, self.kind, terms.policy_version, now)
        fields = [(name, label, shown.values.get(name, _text(getattr(terms.policy, name))))
                  for name, label in POLICY_LABELS.items()]  # fmt: skip
        return page(
            request,
            "policy.html",
            who,
            publishing.status_of(shown),
            here=self.path,
            fields=fields,
            **listed,
            **publishing.told(shown, who, now, self.labels),
        )

    def draw_preview(self, request: Req, who: Visitor, draft: Draft, values: Values) -> Response[str]:
        """What would differ, before anybody confirms."""
        after = msgspec.convert(draft.document, Policy)
        with self.office.database.read() as tx:
            before = term_queries.policy_at(tx, draft.valid_from)
            later = publishing.later_version(tx, self.kind, draft.valid_from)
        return page(
            request,
            "policy_preview.html",
            who,
            here=self.path,
            section=self.path,
            labels=POLICY_LABELS,
            answers=ANSWERS,
            rows=[(name, _text(one), _text(other)) for name, one, other in differences(before, after)],
            values=publishing.carried(values, tuple(POLICY_LABELS)),
            valid_from=draft.valid_from,
            why=draft.why,
            later=later,
            form_token=publishing.form_token(self.office),
        )


def routes(office: Office) -> list[Any]:
    """The handlers of the policy's page."""
    return publishing.routes(office, PolicySheet(office))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
