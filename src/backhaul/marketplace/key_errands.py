"""What is done to a seller's keys, inside the desk's transaction: made, revoked, kept to networks, seen in use."""

import ipaddress
from datetime import datetime, timedelta

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, directory, queries, store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role

NAME_CHARACTERS_MAX = 64
NETWORKS_MAX = 20
REASON_CHARACTERS_MAX = 300
USE_EVERY = timedelta(minutes=1)


def create_key(tx: Tx, account: access.Account, name: str, role: str, key: keys.NewKey, policy: Policy,
               at: datetime, networks: str = "") -> None:  # fmt: skip
    """Store a new key's hash. Only who keeps the keys may; the name is unique among the active keys (R38, D19)."""
    seller_id = _keeper(account)
    networks = parsed_networks(networks)
    name = name.strip()
    if not name or len(name) > NAME_CHARACTERS_MAX:
        raise Refused("key_name_length", "invalid", "name", characters_max=NAME_CHARACTERS_MAX)
    if role not in {access.RETURNS, access.RETURNS_READ_ONLY}:
        raise Refused("unknown_key_role", "invalid", "role")
    active = [row[0] for row in tx.rows(store.ACTIVE_KEYS, seller=seller_id, now_us=to_us(at))]
    if name in active:
        raise Refused("key_name_taken", "conflict", "name")
    if len(active) >= policy.keys_max:
        raise Refused("too_many_keys", "conflict", keys_max=policy.keys_max)
    expires = at + timedelta(days=policy.key_valid_days)
    tx.run(store.INSERT_KEY, public_id=key.public_id, seller_id=seller_id, name=name, role=role, digest=key.digest,
           last4=key.last4, created_by=account.login, created_us=to_us(at), expires_us=to_us(expires),
           revoked_us=None, networks=networks, revoked_by="", revoked_role="", revoked_because="")  # fmt: skip


def revoke_key(tx: Tx, account: access.Account, public_id: str, at: datetime, because: str = "") -> None:
    """A key stops working with the commit of this. Support may revoke any seller's key, with a reason that the owner reads (P19)."""
    because = because.strip()
    if account.role is Role.SUPPORT:
        directory.one_key(tx, public_id)
        if not because:
            raise Refused("reason_needed", "invalid", "because")
    else:
        directory.one_key(tx, public_id, _keeper(account))
    if len(because) > REASON_CHARACTERS_MAX:
        raise Refused("text_too_long", "invalid", "because", characters_max=REASON_CHARACTERS_MAX)
    if tx.run(store.REVOKE_KEY, key=public_id, at_us=to_us(at), login=account.login, by_role=account.role,
              because=because) != 1:  # fmt: skip
        raise Refused("key_revoked_already", "conflict")


def allow_networks(tx: Tx, account: access.Account, public_id: str, networks: str) -> None:
    """From where a key works from now on; nothing: from everywhere."""
    key = directory.one_key(tx, public_id, _keeper(account))
    if key.revoked_us is not None:
        raise Refused("key_revoked_already", "conflict")
    tx.run(store.ALLOW_NETWORKS, key=public_id, to=parsed_networks(networks))


def parsed_networks(text: str) -> str:
    """Networks as they are stored: CIDR, in the order given, each once. `Refused` names the first that is none."""
    found: dict[str, None] = {}
    for word in text.replace(",", " ").split():
        try:
            found[str(ipaddress.ip_network(word))] = None
        except ValueError as error:
            raise Refused("not_a_network", "invalid", "networks", network=word[:60]) from error
    if len(found) > NETWORKS_MAX:
        raise Refused("too_many_networks", "invalid", "networks", networks_max=NETWORKS_MAX)
    return " ".join(found)


def note_use(tx: Tx, caller: str, what: str, at: datetime) -> None:
    """The latest use of a key stands in the access log, at most one a minute and one a key (D35)."""
    last = tx.rows(directory.LAST_USES, callers=[caller])
    if last and to_us(at - USE_EVERY) < last[0][1]:
        return
    tx.run(store.FORGET_USE, key=caller)
    t.journal.log_access(tx, [{"at_us": to_us(at), "caller": caller, "what": what, "code": queries.USED}])


def _keeper(account: access.Account) -> int:
    if not account.keeps_keys:
        raise Refused("key_rights_needed", "forbidden")
    return int(account.subject)
