"""Charges that explain the ledger, monthly invoices, disputes, credit notes, payments"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UNBILLED = sa.text("invoice_id IS NULL")
OPEN = sa.text("open_minor > 0")
REMIND = sa.text("remind_us IS NOT NULL")

# What was charged before there were charges: each entry is one, its quantity and tariff are not known any more.
BACKFILL = """
INSERT INTO charges (cause, seller_id, parcel_id, number, return_number, event, service, quantity, price_minor,
                     amount_minor, currency, tariff, at_us)
SELECT entries.cause, parcels.seller_id, parcels.id, parcels.number, parcels.return_number, events.kind,
       substr(entries.credit, 8), 1, entries.amount_minor, entries.amount_minor, entries.currency, '', entries.at_us
FROM entries
JOIN parcels ON parcels.id = entries.case_id
JOIN events ON events.case_id = entries.case_id AND events.seq = entries.seq
WHERE entries.debit LIKE 'receivable:seller:%' AND entries.credit LIKE 'income:%'
"""

STAYS = "the charge stays as it is"
SAME = " AND ".join(
    f"NEW.{name} = OLD.{name}" for name in ("cause", "seller_id", "service", "quantity", "amount_minor", "at_us")
)


def upgrade() -> None:
    """Seven tables; invoices and credit notes never change, a charge is put on an invoice once."""
    _charges()
    _invoices()
    _disputes()
    _payments()
    op.execute(sa.text(BACKFILL))
    _write_once()
    append_only(op.get_bind(), "invoices", "credit_notes", "closed_months")


def downgrade() -> None:
    """Without them."""
    bind = op.get_bind()
    for table in ("payments", "credit_notes", "disputes", "dues", "invoices", "closed_months", "charges"):
        op.drop_table(table)
    if bind.dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION charges_stay()"))


def _charges() -> None:
    op.create_table(
        "charges",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("return_number", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tariff", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("stored_from_us", sa.BigInteger(), nullable=True),
        sa.Column("stored_until_us", sa.BigInteger(), nullable=True),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("cause"),
    )
    op.create_index("charges_of_seller", "charges", ["seller_id", "at_us", "cause"])
    op.create_index("charges_of_invoice", "charges", ["invoice_id", "at_us", "cause"])
    op.create_index(
        "charges_unbilled", "charges", ["seller_id", "at_us"], sqlite_where=UNBILLED, postgresql_where=UNBILLED
    )


def _invoices() -> None:
    op.create_table(
        "closed_months",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("closed_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_pct", sa.Integer(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("issued_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("seller_id", "month", "currency"),
    )
    op.create_index("invoices_of_company", "invoices", ["company_id", "id"])
    op.create_table(
        "dues",
        sa.Column("invoice_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("disputed_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("remind_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("open_minor >= 0", name="dues_open"),
        sa.PrimaryKeyConstraint("invoice_id"),
    )
    for name, columns, where in (
        ("dues_of_seller", ["seller_id", "due_us"], OPEN),
        ("dues_by_day", ["due_us", "invoice_id"], OPEN),
        ("dues_of_company", ["company_id", "due_us"], OPEN),
        ("dues_to_remind", ["remind_us"], REMIND),
    ):
        op.create_index(name, "dues", columns, sqlite_where=where, postgresql_where=where)


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cause"),
    )
    op.create_index("disputes_by_status", "disputes", ["status", "id"])
    op.create_index("disputes_of_invoice", "disputes", ["invoice_id", "id"])
    op.create_table(
        "credit_notes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issued_us", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("credit_notes_of_invoice", "credit_notes", ["invoice_id", "id"])


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("payments_of_invoice", "payments", ["invoice_id", "recorded_us"])
    op.create_index("payments_unmatched", "payments", ["recorded_us"], sqlite_where=UNBILLED, postgresql_where=UNBILLED)


def _write_once() -> None:
    """A charge may get its invoice, once; nothing else of it changes, and it never goes (MNY-9)."""
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
        when = f"WHEN NOT (OLD.invoice_id IS NULL AND {SAME})"
        op.execute(sa.text(f"CREATE TRIGGER charges_no_update BEFORE UPDATE ON charges {when} {refuse}"))
        op.execute(sa.text(f"CREATE TRIGGER charges_no_delete BEFORE DELETE ON charges {refuse}"))
        return
    op.execute(
        sa.text(
            "CREATE FUNCTION charges_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'UPDATE' AND OLD.invoice_id IS NULL AND {SAME} THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION '{STAYS}'; END $$"
        )
    )
    op.execute(
        sa.text(
            "CREATE TRIGGER charges_stay BEFORE UPDATE OR DELETE ON charges "
            "FOR EACH ROW EXECUTE FUNCTION charges_stay()"
        )
    )
