"""What happens to a key at a reading door goes into the access log: its latest use, and what it was refused (D35).

The log is written by the desk in a transaction of its own, never by the one that reads.
"""

from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import key_errands
from backhaul.marketplace.access import KeyCaller
from backhaul.marketplace.office import Office

WHAT_CHARACTERS_MAX = 120
KEYS_REMEMBERED_MAX = 10_000  # those of the last minute always are


def note_refusal(office: Office, caller: KeyCaller, what: str, refused: Refused) -> None:
    """What the desk does by itself for acts: a refused key and what it wanted. For handlers that run in a thread."""
    row = {"at_us": to_us(office.clock.now()), "caller": str(caller), "what": _from(caller, what), "code": refused.code}

    def log(tx: Tx, _: datetime) -> None:
        office.house.journal.log_access(tx, [row])

    office.desk.perform_now(Errand(log))


def use_is_due(office: Office, caller: KeyCaller) -> bool:
    """Whether this use of a key is to be noted: at most once a minute a key. Asked often, so it looks into memory only."""
    last = office.key_uses.get(str(caller))
    return last is None or office.clock.now() - last >= key_errands.USE_EVERY


def note_use(office: Office, caller: KeyCaller, what: str) -> None:
    """Note the use of a good key. A house that cannot write now answers its readers all the same."""
    name, now = str(caller), office.clock.now()
    if not use_is_due(office, caller):
        return
    office.key_uses[name] = now
    if len(office.key_uses) > KEYS_REMEMBERED_MAX:
        _forget(office, now - key_errands.USE_EVERY)
    told = _from(caller, what)

    def log(tx: Tx, at: datetime) -> None:
        key_errands.note_use(tx, name, told, at)

    try:
        office.desk.perform_now(Errand(log))
    except Refused:
        del office.key_uses[name]


def _forget(office: Office, before: datetime) -> None:
    for name in [name for name, at in list(office.key_uses.items()) if at <= before]:
        office.key_uses.pop(name, None)


def was_admitted(refused: Refused) -> bool:
    """Whether the key itself was good, and only what it asked for was refused."""
    return refused.code == "role_read_only" or refused.kind not in {"unknown", "forbidden", "away"}


def _from(caller: KeyCaller, what: str) -> str:
    return f"{what[:WHAT_CHARACTERS_MAX]} ({caller.address})" if caller.address else what[:WHAT_CHARACTERS_MAX]
