"""What a customer writes is closed with a key of their own, and who asks for it is erased; callers are pseudonyms, not logins of customers"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_UUID = "replace(CAST(gen_random_uuid() AS TEXT), '-', '')"
ID = {"sqlite": "lower(hex(randomblob(8)))", "postgresql": f"substr({_UUID}, 1, 8) || right({_UUID}, 8)"}
SECRET = {"sqlite": "randomblob(32)", "postgresql": f"decode({_UUID} || {_UUID}, 'hex')"}
INDEXES = {
    "erasures_of_customer": ("erasures", ["customer_ref", "id"], None),
    "erasures_due": ("erasures", ["look_us", "id"], sa.text("look_us IS NOT NULL")),
    "person_keys_due": ("person_keys", ["look_us", "id"], sa.text("look_us IS NOT NULL")),
    "mails_sent": ("mails", ["sent_us"], sa.text("sent_us IS NOT NULL")),
    "mails_by_address": ("mails", ["address"], None),
    "blob_uses_by_uploader": ("blob_uses", ["uploader"], None),
    "accounts_by_customer": ("accounts", ["customer_ref"], sa.text("customer_ref != ''")),
}
# Customers' logins give way to what stands for them everywhere else.
CALLED = """
    UPDATE {table} SET caller = (SELECT 'customer:' || a.subject FROM accounts a
                                 WHERE a.role = 'customer' AND 'customer:' || a.login = {table}.caller)
    WHERE caller IN (SELECT 'customer:' || a.login FROM accounts a WHERE a.role = 'customer' AND a.login <> a.subject)
"""


def upgrade() -> None:
    """A key for every customer, erasures, what finds everything of a person; callers by their pseudonyms."""
    op.create_table(
        "person_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("look_us", sa.BigInteger(), nullable=True),
        sa.Column("masked", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_ref"),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("look_us", sa.BigInteger(), nullable=True),
        sa.Column("erased_us", sa.BigInteger(), nullable=True),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for index, (table, columns, where) in INDEXES.items():
        op.create_index(index, table, columns, sqlite_where=where, postgresql_where=where)
    name = op.get_bind().dialect.name
    op.execute(
        "INSERT INTO person_keys (id, customer_ref, secret, look_us) "  # noqa: S608 -- expressions of ours
        f"SELECT {ID[name]}, ref, {SECRET[name]}, 0 FROM customers"
    )
    for table in ("answers", "access_log"):
        op.execute(CALLED.format(table=table))


def downgrade() -> None:
    """Without them; what was closed stays closed."""
    for index, (table, _, _) in INDEXES.items():
        op.drop_index(index, table)
    op.drop_table("erasures")
    op.drop_table("person_keys")
