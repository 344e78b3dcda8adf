"""What page, API v1 and Seller API share about reports: ask for one, find one's own, hand out its file or a link to it.

A read-only key or user may ask for a report (R101): it changes nothing of the seller's. The row is the house's note of its
own work, as the access log is.
"""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from litestar.response import File

from backhaul.kit import drawing, keys
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.marketplace import access
from backhaul.marketplace.office import Office
from backhaul.marketplace.returns_report import queries, store
from backhaul.marketplace.returns_report.wanted import KINDS, Wanted, checked
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role

LINK_PATH = "/report-files"
Check = Callable[[Tx, datetime], None]


def seller_of(by: By) -> int:
    """Reports are for sellers; whose they are."""
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return int(by.subject)


def ordering(office: Office, wanted: Wanted, by: By, key: str = "") -> Errand:
    """The errand that asks for a report; its answer is the report's id. `key` makes it count once."""
    seller_id, policy = seller_of(by), office.house.terms.policy
    checked(wanted, policy.report_months_max)
    report_id = office.chance(12).hex()

    def run(tx: Tx, at: datetime) -> bytes:
        store.ask(tx, report_id, seller_id, by.id, wanted, policy, at)
        return report_id.encode()

    return Errand(run, _asking(by), key, fingerprint(wanted) if key else b"")


def own(tx: Tx, report_id: str, by: By) -> queries.Report:
    """One's own report; another's and none at all look the same."""
    found = queries.one(tx, report_id, seller_of(by))
    if found is None:
        raise Refused("not_found", "missing")
    return found


def ending(report_id: str, by: By, key: str = "", check: Check = lambda _tx, _at: None) -> Errand:
    """The errand that deletes a report. It is somebody's in the shop, so who only reads may not. `check` has its say before."""
    seller_id = seller_of(by)

    def run(tx: Tx, at: datetime) -> None:
        if not by.writes:
            raise Refused("role_read_only", "forbidden")
        check(tx, at)
        store.end_now(tx, report_id, seller_id, at)

    return Errand(run, access.Known(by), key, fingerprint(("delete", report_id)) if key else b"")


def linking(office: Office, reports: Sequence[queries.Report], by: By, key: str = "") -> tuple[dict[str, str], Errand]:
    """Paths by report id that open each file once without a session, and the errand that makes them work; it answers until when.

    With a `key` the same links come out again, though nobody keeps them.
    """
    seller_id, policy = seller_of(by), office.house.terms.policy

    def token(report: queries.Report) -> str:
        said = f"{by.id}\0{key}\0{report.id}".encode()
        known = hmac.new(office.csrf_secret.encode(), said, "sha256").hexdigest()
        return known if key else keys.session_token(office.chance)

    tokens = {report.id: token(report) for report in reports}

    def run(tx: Tx, at: datetime) -> bytes:
        return store.link(tx, tokens, seller_id, policy, at).isoformat().encode()

    body_hash = fingerprint(("link", sorted(tokens))) if key else b""
    paths = {report_id: f"{LINK_PATH}/{token}" for report_id, token in tokens.items()}
    return paths, Errand(run, _asking(by), key, body_hash)


def file_of(office: Office, report: queries.Report) -> File:
    """The file as a download that no cache keeps; `Refused` when it is not there yet, or no longer."""
    at = office.clock.now()
    if report.state == queries.EXPIRED or at >= report.expires_at:
        raise Refused("report_expired", "missing")
    path = office.reports.path_of(report)
    if not report.is_ready(at) or not path.is_file():
        raise Refused("report_not_ready", "conflict")
    return File(path, filename=report.name, media_type=KINDS[report.wanted.kind], headers=drawing.download_headers())


def report_by_link(tx: Tx, token: str, at: datetime) -> queries.Report:
    """The report that a link opens; it is used up with this."""
    found = store.use_link(tx, token, at)
    report = None if found is None else queries.one(tx, *found)
    if report is None:
        raise Refused("not_found", "missing")
    return report


def _asking(by: By) -> access.Known:
    """The caller of an errand of the house's own: who may only read gets a connection that writes it down."""
    return access.Known(msgspec.structs.replace(by, writes=True))
