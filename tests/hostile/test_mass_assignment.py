"""T30: no body that anybody sends takes a field that it does not know, at any depth, in both houses; so nobody sets what they may not.

What a house tells the other is the exception: its shapes grow by addition, and both must read what the newer one says (`wire.py`).
"""

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from backhaul import instructions, wire
from backhaul.kit import forms
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as m_commands
from backhaul.partner.rules import commands as p_commands
from tests import webs
from tests.marketplace.cast import market
from tests.partner.house import opened

FROM_THE_OTHER_HOUSE = (wire.__name__, instructions.__name__)
# What somebody would like to set. None of these is a field of every body.
WANTED = (
    "role",
    "seller_id",
    "price",
    "status",
    "state",
    "deadline",
    "decide_by",
    "refund",
    "amount",
    "owner",
    "is_admin",
    "id",
    "version",
    "__class__",
)


def structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """Every struct within a type."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for inner in typing.get_type_hints(hint).values():
            yield from structs(inner)
        return
    for part in typing.get_args(hint):
        yield from structs(part)


def bodies(app: Litestar) -> dict[str, Any]:
    """What each door of API v1 and of the Seller API reads, by verb and path."""
    found: dict[str, Any] = {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for verb, (handler, *_) in route.route_handler_map.items():
            taken = handler.opt.get("takes")
            shapes = [*(taken.values() if isinstance(taken, dict) else ())]
            data = handler.parsed_fn_signature.parameters.get("data")
            shapes += [data.annotation] if data is not None else []
            for shape in shapes:
                found[f"{verb} {route.path}"] = shape
    return found


def open_models(found: dict[str, Any]) -> list[str]:
    """Structs that pass over what they do not know, by the door that reads them."""
    return [
        f"{door}: {shape.__name__}"
        for door, body in found.items()
        for shape in structs(body)
        if not shape.__struct_config__.forbid_unknown_fields and shape.__module__ not in FROM_THE_OTHER_HOUSE
    ]


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("doors")
    (folder / "m").mkdir()
    (folder / "p").mkdir()
    with market(f"sqlite:///{folder / 'm.sqlite'}", folder / "m") as shop:
        found = {f"marketplace {door}": body for door, body in bodies(webs.marketplace(shop.office)).items()}
    with opened(f"sqlite:///{folder / 'p.sqlite'}", folder / "p") as house:
        return found | {f"partner {door}": body for door, body in bodies(webs.partner(house.office)).items()}


def test_no_door_reads_a_body_that_passes_over_what_it_does_not_know(doors: dict[str, Any]) -> None:
    assert len(doors) > 60
    assert [] == open_models(doors)


def test_an_open_model_is_noticed() -> None:
    """The control, also inside another."""

    class Open(msgspec.Struct):
        role: str = ""

    class Closed(msgspec.Struct, forbid_unknown_fields=True):
        inner: tuple[Open, ...] = ()

    assert ["POST /x: Open", "POST /y: Open"] == open_models({"POST /x": Open, "POST /y": Closed | None})


@pytest.mark.parametrize("module", [m_commands, p_commands])
def test_no_command_takes_a_field_that_it_does_not_know(module: Any) -> None:
    commands: list[Any] = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, module.Command) and one is not module.Command
    ]
    taken = []
    for command in commands:
        for name in set(WANTED) - set(command.__struct_fields__):
            try:
                forms.convert(command, {name: "1"})
            except Refused as refused:
                if refused.facts["problem"] in {"unknown_field", "missing"}:
                    continue
            taken.append(f"{command.__name__}.{name}")

    assert len(commands) > 20
    assert [] == taken
    assert [] == [one.__name__ for one in commands if not one.__struct_config__.forbid_unknown_fields]
