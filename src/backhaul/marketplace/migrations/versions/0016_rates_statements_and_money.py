"""Exchange rates, statements of accounts, and where the money of each return stands"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CLAIMED = sa.text("claim != 'none'")
OBJECTED = sa.text("weight = 'objected'")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = 1_000


def upgrade() -> None:
    """Two tables, a column, two wider indexes; the second table is filled from the returns that are there."""
    op.add_column("sellers", sa.Column("payout_currency", sa.Text(), nullable=False, server_default="RUB"))
    for side in ("debit", "credit"):
        op.drop_index(f"entries_by_{side}", "entries")
        op.create_index(f"entries_by_{side}", "entries", [side, "at_us", "cause", "currency", "amount_minor"])
    op.create_table(
        "exchange_rates",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Text(), nullable=False),
        sa.Column("nominal", sa.Integer(), nullable=False),
        sa.Column("rate_micro", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("exchange_rates_of_currency", "exchange_rates", ["currency", "on_day", "id"])
    append_only(op.get_bind(), "exchange_rates")
    _return_money()
    _fill(op.get_bind())


def _return_money() -> None:
    table = op.create_table(
        "return_money",
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("refund", sa.Text(), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.Column("refund_us", sa.BigInteger(), nullable=False),
        sa.Column("compensation", sa.Text(), nullable=False),
        sa.Column("compensation_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("weight_low_gram", sa.BigInteger(), nullable=False),
        sa.Column("weight_high_gram", sa.BigInteger(), nullable=True),
        sa.Column("price_low_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_high_minor", sa.BigInteger(), nullable=True),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("claim_minor", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("return_id"),
    )
    for name, columns in (
        ("return_money_of_seller", ["seller_id", "compensation", "due_us", "return_id"]),
        ("return_money_by_compensation", ["compensation", "due_us", "return_id"]),
        ("return_money_by_refund", ["refund", "refund_us", "refund_minor"]),
        ("return_money_refunds_of_seller", ["seller_id", "refund", "refund_us", "refund_minor"]),
        ("return_money_of_customer", ["customer_ref", "return_id"]),
    ):
        op.create_index(name, table.name, columns)
    op.create_index("return_money_weights", table.name, ["return_id"], sqlite_where=OBJECTED, postgresql_where=OBJECTED)
    for name, columns in (
        ("return_money_claims", ["seller_id", "return_id"]),
        ("return_money_claims_on_carriers", ["carrier"]),
    ):
        op.create_index(name, table.name, columns, sqlite_where=CLAIMED, postgresql_where=CLAIMED)


def _fill(connection: sa.Connection) -> None:
    returns = sa.table("returns", sa.column("id", sa.BigInteger), sa.column("doc", sa.LargeBinary))
    money = sa.table("return_money", *(sa.column(name) for name in COLUMNS))
    for docs in _docs(connection, returns):
        rows = [row for doc in docs if (row := _row(json.loads(bytes(doc)))) is not None]
        if rows:
            connection.execute(money.insert(), rows)


def _docs(connection: sa.Connection, returns: sa.TableClause) -> Iterator[list[bytes]]:
    after = -1
    while True:
        found = connection.execute(
            sa.select(returns.c.id, returns.c.doc).where(returns.c.id > after).order_by(returns.c.id).limit(STEP)
        ).fetchall()
        if not found:
            return
        yield [row[1] for row in found]
        after = found[-1][0]


COLUMNS = (
    "return_id", "seller_id", "customer_ref", "carrier", "refund", "refund_minor", "refund_us", "compensation",
    "compensation_minor", "due_us", "quality", "weight_low_gram", "weight_high_gram", "price_low_minor",
    "price_high_minor", "claim", "claim_minor", "weight",
)  # fmt: skip


def _row(doc: dict[str, Any]) -> dict[str, Any] | None:
    """As the house writes it; None where no money is to be told of."""
    refund, compensation, claim = doc["refund"], doc["compensation"], doc["claim"]
    quote = compensation.get("quote") or (doc.get("check") or {}).get("quote")
    if refund["status"] == "none" and quote is None and claim["status"] == "none":
        return None
    open_refund = refund["status"] in ("held", "failed")
    expected = compensation["status"] == "none" and quote is not None and quote["amount"]["minor"] > 0
    promised = expected and open_refund and claim["status"] in ("none", "refused")
    quote = quote or {}
    return {
        "return_id": doc["id"], "seller_id": doc["seller_id"], "customer_ref": doc["customer_ref"],
        "carrier": doc.get("carrier", ""), "refund": refund["status"], "refund_minor": _minor(refund.get("amount")),
        "refund_us": _us(refund.get("send_at") if open_refund else refund.get("sent_at") or refund.get("send_at")),
        "compensation": "expected" if promised else compensation["status"],
        "compensation_minor": _minor(quote.get("amount")), "due_us": _us(compensation.get("due_by")),
        "quality": quote.get("quality", ""), "weight_low_gram": quote.get("weight_low_gram") or 0,
        "weight_high_gram": quote.get("weight_high_gram"), "price_low_minor": quote.get("price_low_minor") or 0,
        "price_high_minor": quote.get("price_high_minor"), "claim": claim["status"],
        "claim_minor": _minor(claim.get("amount")), "weight": "none",
    }  # fmt: skip


def _minor(amount: dict[str, Any] | None) -> int:
    return 0 if amount is None else int(amount["minor"])


def _us(text: str | None) -> int:
    if not text:
        return 0
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def downgrade() -> None:
    """Without them."""
    op.drop_table("return_money")
    op.drop_table("exchange_rates")
    for side in ("debit", "credit"):
        op.drop_index(f"entries_by_{side}", "entries")
        op.create_index(f"entries_by_{side}", "entries", [side, "at_us"])
    with op.batch_alter_table("sellers") as sellers:
        sellers.drop_column("payout_currency")
