"""What staff queue, count and compare: what became of each return that its customer sent, and each claim with its instants"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVER_US = 2**62
STEP = 1_000
QUEUES = {"pre_moderation": "requests", "awaiting_customer": "photos", "dispute": "disputes"}
DATED = {"filed": "filed_us", "paid": "settled_us", "refused": "settled_us"}
OPEN = {"draft", "filed", "in_review", "approved"}
# The groups of reasons as they were before a return carried its own.
GROUPS = {
    "did_not_fit": "fit_or_dislike", "did_not_like": "fit_or_dislike", "changed_mind": "fit_or_dislike",
    "does_not_work": "defect", "external_defects": "defect", "used_before_me": "defect", "broke_in_use": "defect",
    "counterfeit": "defect", "wrong_item": "misgrading", "part_missing": "misgrading", "incomplete": "misgrading",
    "packaging_and_product_damaged": "damage_on_delivery", "product_damaged_packaging_intact": "damage_on_delivery",
}  # fmt: skip
WAITS, DISPOSED = sa.text("act_us IS NOT NULL"), sa.text("disposed_us IS NOT NULL")
REJECTED = sa.text("rejected != ''")
SWAPPED, OPEN_CLAIM = sa.text("mark = 'substituted'"), sa.text("due_us IS NOT NULL")


def upgrade() -> None:
    """Two tables, filled from the returns that are there and from their events."""
    outcomes = op.create_table(
        "return_outcomes",
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("point_id", sa.Text(), nullable=False),
        sa.Column("reason_group", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("earlier", sa.Integer(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("act_us", sa.BigInteger(), nullable=True),
        sa.Column("rejected", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("dispute", sa.Text(), nullable=False),
        sa.Column("taken", sa.Text(), nullable=False),
        sa.Column("unchecked", sa.Integer(), nullable=False),
        sa.Column("accepted_us", sa.BigInteger(), nullable=True),
        sa.Column("hold_us", sa.BigInteger(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("disposed_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("return_id"),
    )
    claims = op.create_table(
        "return_claims",
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=True),
        sa.Column("drafted_us", sa.BigInteger(), nullable=False),
        sa.Column("filed_us", sa.BigInteger(), nullable=True),
        sa.Column("settled_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("return_id", "number"),
    )
    _fill(op.get_bind(), outcomes, claims)
    _date(op.get_bind(), outcomes)
    _index()


def _index() -> None:
    """After the tables are filled: that is quicker."""
    op.create_index(
        "return_outcomes_queue", "return_outcomes",
        ["queue", "act_us", "return_id", "seller_id", "reason_group", "price_minor", "earlier"],
        sqlite_where=WAITS, postgresql_where=WAITS,
    )  # fmt: skip
    op.create_index(
        "return_outcomes_by_request", "return_outcomes",
        ["asked_us", "point_id", "taken", "unchecked", "hold_us", "mark"],
    )  # fmt: skip
    op.create_index(
        "return_outcomes_rejected", "return_outcomes", ["asked_us", "rejected", "reason", "dispute"],
        sqlite_where=REJECTED, postgresql_where=REJECTED,
    )  # fmt: skip
    op.create_index("return_outcomes_of_customer", "return_outcomes", ["customer_ref", "rejected", "taken", "mark"])
    op.create_index(
        "return_outcomes_substituted", "return_outcomes", ["asked_us", "customer_ref", "point_id", "price_minor"],
        sqlite_where=SWAPPED, postgresql_where=SWAPPED,
    )  # fmt: skip
    op.create_index(
        "return_outcomes_disposed", "return_outcomes", ["disposed_us", "return_id"],
        sqlite_where=DISPOSED, postgresql_where=DISPOSED,
    )  # fmt: skip
    op.create_index(
        "return_claims_open", "return_claims", ["due_us", "return_id", "kind", "carrier", "status"],
        sqlite_where=OPEN_CLAIM, postgresql_where=OPEN_CLAIM,
    )  # fmt: skip
    op.create_index(
        "return_claims_by_draft", "return_claims",
        ["drafted_us", "kind", "carrier", "status", "amount_minor", "filed_us", "settled_us"],
    )  # fmt: skip
    op.create_index("blocks_by_beginning", "blocks", ["imposed_us", "status", "appeal"])


def _fill(connection: sa.Connection, outcomes: sa.Table, claims: sa.Table) -> None:
    returns = sa.table("returns", sa.column("id", sa.BigInteger), sa.column("doc", sa.LargeBinary))
    after = -1
    while found := connection.execute(
        sa.select(returns.c.id, returns.c.doc).where(returns.c.id > after).order_by(returns.c.id).limit(STEP)
    ).fetchall():
        docs = [json.loads(bytes(row[1])) for row in found]
        if rows := [_outcome(doc) for doc in docs if doc.get("submitted_at")]:
            connection.execute(outcomes.insert(), rows)
        if rows := _claims(connection, [doc for doc in docs if (doc.get("claim") or {}).get("kind")]):
            connection.execute(claims.insert(), rows)
        after = found[-1][0]


def _date(connection: sa.Connection, outcomes: sa.Table) -> None:
    """When units were disposed of, from the events: the documents do not say."""
    events = sa.table("events", *(sa.column(name) for name in ("case_id", "kind", "at_us")))
    e = events.c
    disposed = sa.select(sa.func.max(e.at_us)).where(
        e.case_id == outcomes.c.return_id, e.kind.in_(["DisposalCertified", "DisposalMirrored"])
    )
    newest = disposed.correlate(outcomes).scalar_subquery()
    connection.execute(outcomes.update().where(outcomes.c.certificate != "").values(disposed_us=newest))


def _claims(connection: sa.Connection, docs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All claims of these returns, from their events; how the last one of each stands, from its document."""
    events = sa.table("events", *(sa.column(name) for name in ("case_id", "seq", "kind", "data", "at_us")))
    e, found = events.c, dict[int, list[dict[str, Any]]]()
    happened = connection.execute(
        sa.select(e.case_id, e.kind, e.data, e.at_us)
        .where(e.case_id.in_([doc["id"] for doc in docs]), e.kind.in_(["ClaimDrafted", "ClaimMoved"]))
        .order_by(e.case_id, e.seq)
    )
    for return_id, kind, data, at_us in happened:
        said, of_return = json.loads(data), found.setdefault(return_id, [])
        if kind == "ClaimDrafted":
            of_return.append(_claim(said, at_us))
        elif of_return:
            of_return[-1] |= {"status": said["to"], **({DATED[said["to"]]: at_us} if said["to"] in DATED else {})}
    for doc in docs:
        of_return = found.setdefault(doc["id"], []) or [_claim({"claim": doc["claim"]["kind"]}, 0)]
        found[doc["id"]] = of_return
        of_return[-1] |= _standing(doc)
        first = len(doc["claim"].get("earlier") or ()) + 2 - len(of_return)
        for number, claim in enumerate(of_return, first):
            claim |= {"return_id": doc["id"], "number": number, "seller_id": doc["seller_id"]}
            claim |= {"carrier": doc.get("carrier", "")}
    return [claim for of_return in found.values() for claim in of_return]


def _claim(said: dict[str, Any], at_us: int) -> dict[str, Any]:
    """As it is drafted."""
    return {
        "kind": said["claim"], "status": "draft", "amount_minor": (said.get("amount") or {}).get("minor", 0), "due_us": None,
        "drafted_us": at_us, "filed_us": None, "settled_us": None,
    }  # fmt: skip


def _outcome(doc: dict[str, Any]) -> dict[str, Any]:
    """As the house writes it."""
    parcel, check, queue = doc.get("parcel") or {}, doc.get("check"), QUEUES.get(doc["status"], "")
    accepted, dispatched = _us(doc.get("accepted_at")), _us(doc.get("dispatched_at"))
    taken = "accepted" if accepted is not None else "refused" if doc["status"] == "refused_at_pvz" else ""
    overturned = "upheld" if doc.get("approved_by") else "refused"
    return {
        "return_id": doc["id"], "seller_id": doc["seller_id"], "customer_ref": doc["customer_ref"],
        "point_id": doc.get("point_id", ""), "reason_group": doc.get("reason_group") or GROUPS[doc["reason"]],
        "price_minor": doc["line"]["price"]["minor"], "earlier": len(doc.get("earlier") or ()),
        "asked_us": _us(doc["submitted_at"]), "queue": queue, "act_us": _us(doc.get("act_by")) if queue else None,
        "rejected": doc.get("rejected_by") or "", "reason": doc.get("rejection_reason", ""),
        "dispute": "" if not doc.get("disputed") else "open" if doc["status"] == "dispute" else overturned,
        "taken": taken, "unchecked": int(check is not None and not check["checked"]), "accepted_us": accepted,
        "hold_us": None if accepted is None or dispatched is None else dispatched - accepted,
        "mark": parcel.get("mark") or "", "certificate": doc.get("certificate") or parcel.get("certificate") or "",
    }  # fmt: skip


def _standing(doc: dict[str, Any]) -> dict[str, Any]:
    claim = doc["claim"]
    status = claim.get("status", "none")
    waits = status == "draft" and claim["kind"] != "substitution"
    asked = status in {"filed", "in_review"} and not claim.get("answer")
    bound = claim.get("file_by") if waits else claim.get("answer_by") if asked else None
    return {
        "kind": claim["kind"], "status": status, "amount_minor": (claim.get("amount") or {}).get("minor", 0),
        "due_us": None if status not in OPEN else _us(bound) if bound else EVER_US,
    }  # fmt: skip


def _us(text: str | None) -> int | None:
    return None if text is None else (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def downgrade() -> None:
    """Without them."""
    op.drop_index("blocks_by_beginning", "blocks")
    op.drop_table("return_claims")
    op.drop_table("return_outcomes")
