"""What pages and API v1 of webhooks share: an address looked at before it is kept, fresh secrets, how a webhook is seen."""

import msgspec
from anyio import to_thread

from backhaul.kit import egress, webhooks
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, webhook_errands, webhook_queries
from backhaul.marketplace.doors import Req, account_of, bearer
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.words import Role

ID_BYTES = 9


class MadeSecret(msgspec.Struct, frozen=True):
    """A fresh secret: `text` is shown once."""

    text: str
    stored: webhook_errands.Secret


class Queued(msgspec.Struct, frozen=True):
    """What will be sent."""

    event_id: str


def seller_of(account: access.Account) -> int:
    """The seller whose webhooks this person sees."""
    if account.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return int(account.subject)


def seller_reading(office: Office, request: Req) -> int:
    """The seller whose person or key reads; for handlers that run in a thread."""
    by = bearer(office, request)
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return int(by.subject)


async def seller_calling(office: Office, request: Req) -> access.Account:
    """The person of a seller who calls API v1."""
    account = await to_thread.run_sync(account_of, office, request)
    seller_of(account)
    return account


def new_id(office: Office, prefix: str) -> str:
    """`hook_` or `ping_` and 72 random bits."""
    return f"{prefix}_{office.chance(ID_BYTES).hex()}"


def new_secret(office: Office) -> MadeSecret:
    """A secret and its sealed form."""
    text = webhooks.new_secret(office.chance)
    return MadeSecret(text, webhook_errands.Secret(office.seal.close(text), text.rstrip("=")[-4:]))


async def checked(office: Office, account: access.Account, wanted: webhook_errands.Wanted) -> webhook_errands.Wanted:
    """The same with the address as it is called. Where its name leads is asked now, outside the desk."""
    webhook_errands.keeper(account)
    way = office.webhooks.way
    url = egress.checked_url(way, wanted.url)
    await office.webhooks.lookups.run(seller_of(account), lambda: egress.check_name(way, url))
    return msgspec.structs.replace(wanted, url=url)


def condition(hook: webhook_queries.WebhookRow) -> str:
    """`active`, `failing` or `paused`."""
    return "failing" if hook.state == "active" and hook.fails else hook.state
