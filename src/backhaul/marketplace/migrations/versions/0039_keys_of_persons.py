"""What a customer writes is closed with a key of their own; who called is a pseudonym where it was a customer's login"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

NOW_US = {
    "sqlite": "CAST(strftime('%s', 'now') AS INTEGER) * 1000000",
    "postgresql": "CAST(extract(epoch FROM now()) * 1000000 AS BIGINT)",
}
_UUID = "replace(CAST(gen_random_uuid() AS TEXT), '-', '')"
ID = {"sqlite": "lower(hex(randomblob(8)))", "postgresql": f"substr({_UUID}, 1, 8) || right({_UUID}, 8)"}
SECRET = {"sqlite": "randomblob(32)", "postgresql": f"decode({_UUID} || {_UUID}, 'hex')"}
# Customers' logins give way to what stands for them everywhere else.
CALLED = """
    UPDATE {table} SET caller = (SELECT 'customer:' || a.subject FROM accounts a
                                 WHERE a.role = 'customer' AND 'customer:' || a.login = {table}.caller)
    WHERE caller IN (SELECT 'customer:' || a.login FROM accounts a WHERE a.role = 'customer' AND a.login <> a.subject)
"""


def upgrade() -> None:
    """A table with a key for every customer; callers by their pseudonyms."""
    op.create_table(
        "person_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_ref"),
    )
    name = op.get_bind().dialect.name
    op.execute(
        "INSERT INTO person_keys (id, customer_ref, secret, made_us) "  # noqa: S608 -- expressions of ours
        f"SELECT {ID[name]}, ref, {SECRET[name]}, {NOW_US[name]} FROM customers"
    )
    for table in ("answers", "access_log"):
        op.execute(CALLED.format(table=table))


def downgrade() -> None:
    """Without them; what was closed stays closed."""
    op.drop_table("person_keys")
