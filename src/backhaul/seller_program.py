"""The program of a seller in the demo's world: its webhook took what happened in the last days, and it listens no more."""

import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from backhaul.kit import egress
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.marketplace import access, webhook_doors, webhook_errands
from backhaul.marketplace.office import Office

DAYS = 3
LOCAL = "127.0.0.1"


class _Taking(BaseHTTPRequestHandler):
    """Takes every message."""

    def do_POST(self) -> None:
        """Read it, say yes."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def tell(market: Office, owner: access.Account) -> None:
    """Make a webhook of this owner and send it a test message and the events of the last days, over real HTTP."""
    webhook_id, ping_id = webhook_doors.new_id(market, "hook"), webhook_doors.new_id(market, "ping")
    secret = webhook_doors.new_secret(market)
    policy = market.house.terms.policy
    with ThreadingHTTPServer((LOCAL, 0), _Taking) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        wanted = webhook_errands.Wanted(f"http://{LOCAL}:{server.server_address[1]}/webhooks", "ERP", ())

        def make(tx: Tx, at: datetime) -> None:
            webhook_errands.create(tx, owner, webhook_id, wanted, secret.stored, policy, at)
            since = at - timedelta(days=DAYS)
            webhook_errands.redeliver_span(tx, owner, webhook_id, since, at, at, undelivered=False)
            webhook_errands.ping(tx, owner, webhook_id, ping_id, at)

        usual, market.webhooks.way = market.webhooks.way, egress.Way(egress.networks(LOCAL))
        market.desk.perform_now(Errand(make))
        while market.webhooks.send_now():
            pass
        market.webhooks.way = usual
        server.shutdown()
