"""Being somebody else: a session of any person, without the password. Only what stands in front of a demo or sandbox asks for one."""

from typing import Any

from backhaul.kit import keys
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import access as m_access
from backhaul.marketplace import errands as m_errands
from backhaul.partner import access as p_access
from backhaul.partner import errands as p_errands


def account_of(office: Any, house: str, login: str) -> Any:
    """Without the password: who plays may have changed it."""
    access = m_access if house == "marketplace" else p_access
    with office.database.read() as tx:
        row = tx.one(access.LOGIN, login=login)
    if row is None:
        raise Refused("person_unknown", "invalid", "as", roles="")
    return m_access.account_of(row[:-1]) if house == "marketplace" else p_access.account(row[:-1])


def session_of(office: Any, house: str, login: str) -> tuple[str, Any]:
    """A session of this person; its token, and the account."""
    errands: Any = m_errands if house == "marketplace" else p_errands
    token = keys.session_token(office.chance)
    account = account_of(office, house, login)
    office.desk.perform_now(Errand(lambda tx, at: errands.sign_in(tx, account, token, at)))
    return token, account
