"""A company signs up and its first person confirms the address: what the page and API v1 share."""

from typing import Annotated

import msgspec
from anyio import to_thread
from msgspec import Meta

from backhaul.kit import keys, passwords
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.partner import errands
from backhaul.partner.office import Office

PASSWORD_CHARACTERS_MIN = 10


class SignUp(msgspec.Struct, frozen=True):
    """The sign-up form."""

    company: Annotated[str, Meta(min_length=1, max_length=200)]
    country: Annotated[str, Meta(max_length=2)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    login: Annotated[str, Meta(min_length=3, max_length=200)]
    password: Annotated[str, Meta(max_length=200)]


async def sign_up(office: Office, said: SignUp, language: str) -> None:
    """The company, its first person, and the mail with the link that confirms the address."""
    check_password(said.password, said.login)
    hashed = await to_thread.run_sync(keys.hash_password, said.password)
    company = errands.NewCompany(said.login, hashed, said.name, language, said.company, said.country)
    token = keys.session_token(office.chance)
    policy = office.house.terms.policy
    await office.desk.perform(Errand(lambda tx, at: str(errands.sign_up(tx, company, token, policy, at)).encode()))


async def confirm(office: Office, token: str) -> None:
    """The token of the mail, once."""
    await office.desk.perform(Errand(lambda tx, at: str(errands.confirm_email(tx, token, at)).encode()))


def check_password(password: str, login: str, current: str = "") -> None:
    """Long enough to be one, and not to be guessed."""
    if len(password) < PASSWORD_CHARACTERS_MIN:
        raise Refused("password_too_short", "invalid", "password", characters_min=PASSWORD_CHARACTERS_MIN)
    passwords.check_guessable(password, login, current)


def form_language(office: Office, asked: str | None) -> str:
    """The form is in the languages that the policy names, the first one by default (D23)."""
    allowed = office.house.terms.policy.sign_up_languages
    return asked if asked in allowed else allowed[0]
