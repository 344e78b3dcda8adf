"""PostgreSQL holds a look for somebody to their own rows, also where a query forgets to say whose they are (D28).

A house names who owns rows (`metadata.info["row_owners"]`); each such noun is a role that a reading transaction takes on, with
whose rows it may see. The desk and looks for the house itself see every row.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from backhaul.kit.database import DESK_ROLE, READER_ROLE

OWNERS = "row_owners"


def role_of(noun: str) -> str:
    """The role of those who own rows."""
    return f"backhaul_{noun}"


def make_role(connection: sa.Connection, role: str, *to: str) -> None:
    """A role that nobody signs in with, unless an administrator has made it; those named may take it on."""
    grants = "".join(f"GRANT {role} TO {one}; " for one in (*to, "CURRENT_USER"))
    connection.execute(
        sa.text(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
            f"CREATE ROLE {role} NOLOGIN; {grants}END IF; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    )


def make_roles(connection: sa.Connection, nouns: Sequence[str]) -> None:
    """Of desk and readers, and of the owners, which readers may take on."""
    make_role(connection, READER_ROLE)
    make_role(connection, DESK_ROLE)
    for noun in nouns:
        make_role(connection, role_of(noun), READER_ROLE)


def grant(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Owners look into every table but the secret ones, and those without their secret columns; what they see there the policies say."""
    secret = metadata.info.get("secret_tables", ())
    columns: Mapping[str, Sequence[str]] = metadata.info.get("secret_columns", {})
    for role in map(role_of, metadata.info.get(OWNERS, ())):
        connection.execute(sa.text(f"GRANT USAGE ON SCHEMA public TO {role}"))
        connection.execute(sa.text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
        for table in (*secret, *columns):
            connection.execute(sa.text(f"REVOKE SELECT ON {table} FROM {role}"))  # noqa: S608 -- names of our own tables
        for table, hidden in columns.items():
            shown = ", ".join(column.name for column in metadata.tables[table].columns if column.name not in hidden)
            connection.execute(sa.text(f"GRANT SELECT ({shown}) ON {table} TO {role}"))


def keep_apart(connection: sa.Connection, table: str, **whose: str) -> None:
    """Rows of `table` are seen by their owners only: by noun, the column that says whose a row is, or a condition in brackets.

    A noun that is not named sees none. For migration scripts.
    """
    if connection.dialect.name == "sqlite":
        return
    make_roles(connection, list(whose))
    connection.execute(sa.text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    connection.execute(
        sa.text(f"CREATE POLICY house_rows ON {table} TO {DESK_ROLE}, {READER_ROLE} USING (true) WITH CHECK (true)")
    )
    for noun, column in whose.items():
        kind = "BIGINT" if column.endswith("_id") else "TEXT"
        own = column if column.startswith("(") else f"{column} = CAST(current_setting('backhaul.owner') AS {kind})"
        connection.execute(sa.text(f"CREATE POLICY {noun}_rows ON {table} FOR SELECT TO {role_of(noun)} USING ({own})"))


def leave_together(connection: sa.Connection, table: str, *nouns: str) -> None:
    """Take `keep_apart` back. For the way down of a migration script."""
    if connection.dialect.name == "sqlite":
        return
    for policy in ("house", *nouns):
        connection.execute(sa.text(f"DROP POLICY {policy}_rows ON {table}"))
    connection.execute(sa.text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
