"""Run by the interpreter of `requirements/older-client.txt`: calls `ozon-api-client` 0.1.15 as it is, and tells what it gave back.

From standard input: an address, a seller's number and key, and calls, each the name of an API, of its method, and of the
model that is its body. To standard output: the status and what the client made of each answer.
"""

import json
import sys
from typing import Any

import ozon_api_client  # type: ignore[import-not-found]  # it lives in an environment of its own
from ozon_api_client.rest import ApiException  # type: ignore[import-not-found]


def built(said: Any) -> Any:
    """`{"Model": {fields}}` as the client's own model."""
    if isinstance(said, dict) and len(said) == 1 and next(iter(said))[0].isupper():
        [(name, fields)] = said.items()
        return getattr(ozon_api_client, name)(**{field: built(value) for field, value in fields.items()})
    return said


def main() -> None:
    asked = json.load(sys.stdin)
    configuration = ozon_api_client.Configuration()
    configuration.host = asked["url"]
    client = ozon_api_client.ApiClient(configuration)
    named = (asked["client_id"], asked["key"])
    told = []
    for api, method, body in asked["calls"]:
        call = getattr(getattr(ozon_api_client, api)(client), method)
        bodies = [] if body is None else [built(body)]
        if method in (
            "returns_list",
            "returns_company_fbs_info",
        ):  # of these the client has no parameters for the headers
            headers = dict(zip(("Client-Id", "Api-Key"), named, strict=True))
            client.default_headers.update(headers)
            arguments, more = (bodies, {}) if method == "returns_list" else ([], {"body": bodies[0]})
        else:
            arguments, more = [*bodies, *named], {}
        try:
            answer = call(*arguments, **more)
            told.append([200, answer.to_dict() if hasattr(answer, "to_dict") else answer])
        except ApiException as error:
            told.append([error.status, json.loads(error.body)])
    print(json.dumps(told, default=str))


main()
