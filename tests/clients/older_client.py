"""Run by the interpreter of `requirements/older-client.txt`: calls `ozon-api-client` 0.1.15 as it is, and tells what it gave back.

From standard input: an address, a seller's number and key, and calls, each the name of an API, of its method, and of the
model that is its body. To standard output: the status and what the client made of each answer.
"""

import json
import sys
from typing import Any

import ozon_api_client  # type: ignore[import-not-found]  # it lives in an environment of its own
from ozon_api_client.rest import ApiException  # type: ignore[import-not-found]

WITHOUT_HEADERS = (
    "returns_list", "returns_company_fbs_info", "return_pass_create", "return_pass_update", "return_pass_delete",
)  # fmt: skip


def built(said: Any) -> Any:
    """`{"Model": {fields}}` as the client's own model."""
    if isinstance(said, dict) and len(said) == 1 and next(iter(said))[0].isupper():
        [(name, fields)] = said.items()
        return getattr(ozon_api_client, name)(**{field: built(value) for field, value in fields.items()})
    return [built(one) for one in said] if isinstance(said, list) else said


def main() -> None:
    asked = json.load(sys.stdin)
    if asked == "methods":
        apis = [getattr(ozon_api_client, name) for name in dir(ozon_api_client) if name.endswith("Api")]
        print(json.dumps(sorted({method for api in apis for method in dir(api) if not method.startswith("_")})))
        return
    configuration = ozon_api_client.Configuration()
    configuration.host = asked["url"]
    client = ozon_api_client.ApiClient(configuration)
    named = (asked["client_id"], asked["key"])
    told = []
    for api, method, body in asked["calls"]:
        call = getattr(getattr(ozon_api_client, api)(client), method)
        bodies = [] if body is None else [built(body)]
        if method in WITHOUT_HEADERS:  # of these the client has no parameters for the headers
            headers = dict(zip(("Client-Id", "Api-Key"), named, strict=True))
            client.default_headers.update(headers)
            arguments, more = ([], {"body": bodies[0]}) if method == "returns_company_fbs_info" else (bodies, {})
        else:
            arguments, more = [*bodies, *named], {}
        try:
            answer = call(*arguments, **more)
            told.append([200, answer.to_dict() if hasattr(answer, "to_dict") else answer])
        except ApiException as error:
            told.append([error.status, json.loads(error.body)])
    print(json.dumps(told, default=str))


main()
