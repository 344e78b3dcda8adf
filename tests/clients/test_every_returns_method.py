"""Every method for returns that a client has is called by its tests, or stands here with the reason why not."""

import inspect
import json
import re
import subprocess
from pathlib import Path

import pytest
from ozon_sdk import SellerAPI as SdkAPI
from ozonapi import SellerAPI  # type: ignore[import-untyped]  # it ships no types

from tests.clients.test_ozon_api_client import interpreter, rfbs

HERE = Path(__file__).parent
# What a method is called that concerns returns, give-outs, cancellations, passes to fetch returns, disposal, disputes.
OF_RETURNS = re.compile(r"return|giveout|cancellation|utili[sz]ation|arbitration|(?<!sorted_)pass_list|roles")

FIRST_MILE = "how a seller of the scheme FBS hands shipments in at its own warehouse: nothing of that is here"
SHIPMENTS = (
    "a shipment of the scheme FBS is disputed: all shipments here are of realFBS, and disputes are the customer's"
)
SWITCHED_OFF = "ended on 2025-08-03; the list of the same version is asked in its place and is 404"
SUPPLIES = "what sellers take back from their stock of the scheme FBP"
CARRIAGES = "passes of carriages to the marketplace; those for returns are in return_pass_*"
TESTED_AS_LIST = "the same answer as the list, see there"
REASONED = {
    "warehouse_fbs_create_return_point_list": FIRST_MILE,
    "warehouse_fbs_update_return_point_list": FIRST_MILE,
    "warehouse_fbs_return_mile_info": FIRST_MILE,
    "warehouse_fbs_return_mile_check": FIRST_MILE,
    "warehouse_rfbs_return_point_list": FIRST_MILE,
    "posting_fbs_arbitration": SHIPMENTS,
    "move_fbs_posting_to_arbitration": SHIPMENTS,
    "posting_api_move_fbs_posting_to_arbitration": SHIPMENTS,
    "get_supplier_returns_summary_report": SUPPLIES,
    "get_supply_returns_summary_report": SUPPLIES,
    "pass_list": CARRIAGES,
    "cancellation_api_conditional_cancellation_approve": SWITCHED_OFF,
    "cancellation_api_conditional_cancellation_reject": SWITCHED_OFF,
    "cancellation_api_get_conditional_cancellation": SWITCHED_OFF,
}


def of_the_older_client() -> list[str]:
    command = [str(interpreter()), str(HERE / "older_client.py")]
    done = subprocess.run(command, input='"methods"', capture_output=True, text=True, timeout=60, check=True)
    found: list[str] = json.loads(done.stdout)
    return [name for name in found if not name.endswith("_with_http_info")]


def methods(client: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(client, callable) if not name.startswith("_")]


@pytest.mark.parametrize("client", ["ozonapi_async", "ozon_sdk", "ozon_api_client"])
def test_each_is_called_or_has_its_reason(client: str) -> None:
    found = {"ozonapi_async": lambda: methods(SellerAPI), "ozon_sdk": lambda: methods(SdkAPI)}
    every = [name for name in found.get(client, of_the_older_client)() if OF_RETURNS.search(name)]
    text = (HERE / f"test_{client}.py").read_text("utf-8")
    called = {*re.findall(r"\w+", text), *(rfbs(word) for word in re.findall(r'rfbs\("(\w+)"\)', text))}

    assert len(every) > 15
    assert [] == [name for name in every if name not in called and name not in REASONED]
