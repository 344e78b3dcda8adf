"""The program of a seller in the demo's world: its webhook took what happened in the last days, and it listens no more."""

import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from backhaul.kit import egress
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.webhook_doors import Office, new_id, new_secret
from backhaul.kit.webhook_errands import Keeper, Wanted, WebhookErrands
from backhaul.kit.webhook_law import WebhookPolicy

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


def tell(office: Office, errands: WebhookErrands, by: Keeper, policy: WebhookPolicy) -> None:
    """Make a webhook of this keeper and send it a test message and the events of the last days, over real HTTP."""
    webhook_id, ping_id = new_id(office, "hook"), new_id(office, "ping")
    secret = new_secret(office)
    with ThreadingHTTPServer((LOCAL, 0), _Taking) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        wanted = Wanted(f"http://{LOCAL}:{server.server_address[1]}/webhooks", "ERP", ())

        def make(tx: Tx, at: datetime) -> None:
            errands.create(tx, by, webhook_id, wanted, secret.stored, policy, at)
            since = at - timedelta(days=DAYS)
            errands.redeliver_span(tx, by, webhook_id, since, at, at, undelivered=False)
            errands.ping(tx, by, webhook_id, ping_id, at)

        usual, office.webhooks.way = office.webhooks.way, egress.Way(egress.networks(LOCAL))
        office.desk.perform_now(Errand(make))
        while office.webhooks.send_now():
            pass
        office.webhooks.way = usual
        server.shutdown()
