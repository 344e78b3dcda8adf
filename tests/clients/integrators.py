"""The work of an integrator's own program, with clients as PyPI has them: read roles, list, get, act. Prints what it did.

A process of its own, because the clients keep state for the life of a process; it knows nothing but an address and a key.
"""

import asyncio
import json
import sys
from typing import Any

from ozon_sdk import SellerAPI as SdkAPI
from ozonapi import SellerAPI, SellerAPIConfig  # type: ignore[import-untyped]  # it ships no types
from ozonapi.seller.schemas.returns import (  # type: ignore[import-untyped]
    ReturnsRfbsGetRequest,
    ReturnsRfbsListFilter,
    ReturnsRfbsListRequest,
    ReturnsRfbsRejectRequest,
    ReturnsRfbsVerifyRequest,
)

EXPLAINED = "The photos show clear signs of use on both soles of the shoes."


async def ozonapi_async(url: str, client_id: str, key: str) -> dict[str, Any]:
    """0.89.0: approves the first return that waits for its seller."""
    config = SellerAPIConfig(client_id=client_id, api_key=key, base_url=url, max_retries=0)
    async with SellerAPI(config=config) as api:
        roles = await api.roles()
        new = ReturnsRfbsListFilter(group_state=["New"])
        page = await api.returns_rfbs_list(ReturnsRfbsListRequest(limit=100, filter=new))
        waiting = [row.return_id for row in page.returns if row.state.state == "OnSellerApproval"]
        one: Any = (await api.returns_rfbs_get(ReturnsRfbsGetRequest(return_id=waiting[0]))).returns
        await api.returns_rfbs_verify(ReturnsRfbsVerifyRequest(return_id=waiting[0]))
        if len(waiting) > 1:
            refusal = ReturnsRfbsRejectRequest(return_id=waiting[1], rejection_reason_id=11, comment=EXPLAINED)
            await api.returns_rfbs_reject(refusal)
        whole = await api.returns_rfbs_list(ReturnsRfbsListRequest(limit=1000))
    await SellerAPI.shutdown()
    return {
        "role": roles.roles[0].name,
        "listed": [row.return_id for row in whole.returns],
        "got": one.return_number,
        "approved": waiting[0],
        "rejected": waiting[1] if len(waiting) > 1 else None,
    }


async def ozon_sdk(url: str, client_id: str, key: str, return_id: int) -> dict[str, Any]:
    """0.2.0: refunds one return without its product, by the published action."""
    async with SdkAPI(client_id, key, base_url=url, max_retries=0) as api:
        roles: Any = await api.roles_by_token()
        page: Any = await api.returns_rfbs_list_v2(limit=100)
        one: Any = (await api.returns_rfbs_get_v2(return_id=return_id)).returns
        await api.returns_rfbs_action_set(id_=1030, return_id=return_id, return_for_back_way=0.0)
        after: Any = (await api.returns_rfbs_get_v2(return_id=return_id)).returns
    return {
        "role": roles.roles[0].name,
        "first": page.returns.return_id,
        "actions": [act.id_ for act in one.available_actions],
        "actions_after": [act.id_ for act in after.available_actions],
        "refunded": return_id,
    }


def main() -> None:
    """`integrators.py URL CLIENT_ID KEY CLIENT_ID KEY RETURN_ID`: the first pair for one client, the second for the other."""
    url, first_id, first_key, second_id, second_key, return_id = sys.argv[1:]
    told = {
        "ozonapi_async": asyncio.run(ozonapi_async(url, first_id, first_key)),
        "ozon_sdk": asyncio.run(ozon_sdk(url, second_id, second_key, int(return_id))),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
