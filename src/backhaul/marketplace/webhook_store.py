"""SQL that writes webhooks, their secrets, deliveries and attempts."""

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, among
from backhaul.marketplace import tables as t

_hooks, _secrets, _deliveries, _attempts = t.webhooks, t.webhook_secrets, t.webhook_deliveries, t.webhook_attempts
_this = _hooks.c.id == bindparam("webhook")
_here = _hooks.c.removed_us.is_(None)

INSERT = Statement(_hooks.insert())
CHANGE = Statement(
    _hooks.update().where(_this, _here).values({name: bindparam(f"to_{name}") for name in ("url", "name", "kinds")})
)
PAUSE = Statement(_hooks.update().where(_this, _here).values(state="paused", why=bindparam("because")))
# Whoever is resumed, or gets something again, is tried at once.
RESUME = Statement(
    _hooks.update().where(_this, _here).values(state="active", why="", fails=0, failing_since_us=None, next_us=0)
)
TRY_NOW = Statement(_hooks.update().where(_this, _here).values(next_us=0))
REMOVE = Statement(_hooks.update().where(_this, _here).values(removed_us=bindparam("at_us")))
TAKE = Statement(
    _hooks.update()
    .where(_this, _here, _hooks.c.lease_us <= bindparam("now_us"), _hooks.c.next_us <= bindparam("now_us"))
    .values(lease_us=bindparam("until_us"))
)
LET_GO = Statement(
    _hooks.update()
    .where(_this)
    .values(
        lease_us=0, fails=bindparam("to_fails"), failing_since_us=bindparam("to_failing_since"),
        next_us=bindparam("to_next"),
    )
)  # fmt: skip

INSERT_SECRET = Statement(_secrets.insert())
END_SECRETS = Statement(
    _secrets.update()
    .where(
        _secrets.c.webhook_id == bindparam("webhook"),
        _secrets.c.number < bindparam("before"),
        sa.or_(_secrets.c.until_us.is_(None), _secrets.c.until_us > bindparam("to_until")),
    )
    .values(until_us=bindparam("to_until"))
)
DELETE_SECRETS = Statement(
    _secrets.delete().where(_secrets.c.webhook_id == bindparam("webhook"), _secrets.c.until_us <= bindparam("now_us"))
)
FORGET_SECRETS = Statement(_secrets.delete().where(_secrets.c.webhook_id == bindparam("webhook")))

MARK = Statement(
    _deliveries.update()
    .where(_deliveries.c.id == bindparam("delivery"))
    .values({name: bindparam(f"to_{name}") for name in ("state", "tries", "first_us", "next_us", "done_us")})
)
AGAIN = Statement(
    _deliveries.update()
    .where(among(_deliveries.c.event_id, "ids"), _deliveries.c.webhook_id == bindparam("webhook"))
    .values(state="waiting", tries=0, first_us=None, next_us=bindparam("now_us"), done_us=None)
)
HURRY = Statement(
    _deliveries.update()
    .where(_deliveries.c.webhook_id == bindparam("webhook"), _deliveries.c.next_us > bindparam("now_us"))
    .values(next_us=bindparam("now_us"))
)
# After a pause each message has all its tries again.
AFRESH = Statement(
    _deliveries.update()
    .where(_deliveries.c.webhook_id == bindparam("webhook"), _deliveries.c.next_us.is_not(None))
    .values(tries=0, first_us=None, next_us=bindparam("now_us"))
)
ANY_WAITING = Statement(
    sa.select(_deliveries.c.id)
    .where(
        _deliveries.c.webhook_id == bindparam("webhook"), _deliveries.c.next_us.is_not(None), _deliveries.c.position > 0
    )
    .limit(1)
)
DROP_WAITING = Statement(
    _deliveries.update()
    .where(_deliveries.c.webhook_id == bindparam("webhook"), _deliveries.c.next_us.is_not(None))
    .values(state="dropped", next_us=None, done_us=bindparam("at_us"))
)
INSERT_ATTEMPT = Statement(
    _attempts.insert().values({c.name: bindparam(c.name) for c in _attempts.columns if c.name != "id"})
)
OLD_PINGS = Statement(
    sa.select(_deliveries.c.event_id)
    .where(_deliveries.c.webhook_id == bindparam("webhook"), _deliveries.c.position == 0)
    .order_by(_deliveries.c.id.desc())
    .offset(bindparam("kept"))
    .limit(100)
)
