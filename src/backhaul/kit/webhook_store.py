"""SQL that writes webhooks, their secrets, deliveries and attempts."""

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, among
from backhaul.kit.webhook_tables import WebhookTables


class WebhookStore:
    """The statements of a house that write."""

    def __init__(self, tables: WebhookTables) -> None:
        self._of_webhooks(tables.webhooks)
        self._of_secrets(tables.secrets)
        self._of_deliveries(tables.deliveries, tables.attempts)

    def _of_webhooks(self, hooks: sa.Table) -> None:
        this, here = hooks.c.id == bindparam("webhook"), hooks.c.removed_us.is_(None)
        self.insert = Statement(hooks.insert())
        self.change = Statement(
            hooks.update()
            .where(this, here)
            .values({name: bindparam(f"to_{name}") for name in ("url", "name", "kinds")})
        )
        self.pause = Statement(hooks.update().where(this, here).values(state="paused", why=bindparam("because")))
        # Whoever is resumed, or gets something again, is tried at once.
        self.resume = Statement(
            hooks.update().where(this, here).values(state="active", why="", fails=0, failing_since_us=None, next_us=0)
        )
        # Another address has done nothing wrong yet.
        self.try_anew = Statement(hooks.update().where(this, here).values(fails=0, failing_since_us=None, next_us=0))
        self.try_now = Statement(hooks.update().where(this, here).values(next_us=0))
        self.remove = Statement(hooks.update().where(this, here).values(removed_us=bindparam("at_us")))
        self.take = Statement(
            hooks.update()
            .where(this, here, hooks.c.lease_us <= bindparam("now_us"), hooks.c.next_us <= bindparam("now_us"))
            .values(lease_us=bindparam("until_us"))
        )
        self.leave = Statement(hooks.update().where(this).values(lease_us=0))
        self.let_go = Statement(
            hooks.update()
            .where(this)
            .values(
                lease_us=0, fails=bindparam("to_fails"), failing_since_us=bindparam("to_failing_since"),
                next_us=bindparam("to_next"),
            )
        )  # fmt: skip

    def _of_secrets(self, secrets: sa.Table) -> None:
        of_this = secrets.c.webhook_id == bindparam("webhook")
        self.insert_secret = Statement(secrets.insert())
        self.end_secrets = Statement(
            secrets.update()
            .where(
                of_this,
                secrets.c.number < bindparam("before"),
                sa.or_(secrets.c.until_us.is_(None), secrets.c.until_us > bindparam("to_until")),
            )
            .values(until_us=bindparam("to_until"))
        )
        self.delete_secrets = Statement(secrets.delete().where(of_this, secrets.c.until_us <= bindparam("now_us")))
        self.forget_secrets = Statement(secrets.delete().where(of_this))

    def _of_deliveries(self, deliveries: sa.Table, attempts: sa.Table) -> None:
        of_this = deliveries.c.webhook_id == bindparam("webhook")
        self.mark = Statement(
            deliveries.update()
            .where(deliveries.c.id == bindparam("delivery"))
            .values({name: bindparam(f"to_{name}") for name in ("state", "tries", "first_us", "next_us", "done_us")})
        )
        self.again = Statement(
            deliveries.update()
            .where(among(deliveries.c.event_id, "ids"), of_this)
            .values(state="waiting", tries=0, first_us=None, next_us=bindparam("now_us"), done_us=None)
        )
        self.hurry = Statement(
            deliveries.update()
            .where(of_this, deliveries.c.next_us > bindparam("now_us"))
            .values(next_us=bindparam("now_us"))
        )
        # After a pause, and at another address, each message has all its tries again.
        self.afresh = Statement(
            deliveries.update()
            .where(of_this, deliveries.c.next_us.is_not(None))
            .values(tries=0, first_us=None, next_us=bindparam("now_us"))
        )
        self.any_waiting = Statement(
            sa.select(deliveries.c.id)
            .where(of_this, deliveries.c.next_us.is_not(None), deliveries.c.position > 0)
            .limit(1)
        )
        self.drop_waiting = Statement(
            deliveries.update()
            .where(of_this, deliveries.c.next_us.is_not(None))
            .values(state="dropped", next_us=None, done_us=bindparam("at_us"))
        )
        self.insert_attempt = Statement(
            attempts.insert().values({c.name: bindparam(c.name) for c in attempts.columns if c.name != "id"})
        )
        self.old_pings = Statement(
            sa.select(deliveries.c.event_id)
            .where(of_this, deliveries.c.position == 0)
            .order_by(deliveries.c.id.desc())
            .offset(bindparam("kept"))
            .limit(100)
        )
