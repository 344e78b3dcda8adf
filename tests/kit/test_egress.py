"""Calls to addresses that users typed (T24): never a connection into our networks, whatever the name, its answers, or the other side."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from backhaul.kit import egress
from backhaul.kit.clock import Clock
from backhaul.kit.machine import Refused
from tests.receiving import receiving

LOCAL = egress.networks("127.0.0.0/8")
OUTSIDE = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "1.1.1.1", "203.0.114.1")
INSIDE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3",  # noqa: S104 -- nothing is bound to
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254",
    "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.254",
    "192.0.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1",
    "::", "::1", "::127.0.0.1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:93.184.216.34",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::",
    "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "100::1",
    "not-an-address", "",
)  # fmt: skip


class Net:
    """A resolver that says what it is told, and sockets that are only noted."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.connections: list[str] = []

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def connect(self, address: str, _port: int, _seconds: float) -> httpcore2.NetworkStream:
        self.connections.append(address)
        raise httpcore2.ConnectError("nobody is called in this test")

    @property
    def way(self) -> egress.Way:
        return egress.Way(resolve=self.resolve, connect=self.connect)


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_never_connected_to(address: str) -> None:
    net = Net([address])
    reply = egress.post(net.way, "https://hooks.example.com/in", b"{}", {})

    assert ("address_inside", 0, b"") == (reply.error, reply.status, reply.body)
    assert [] == net.connections


@pytest.mark.parametrize("address", INSIDE)
def test_one_bad_address_among_good_ones_is_enough(address: str) -> None:
    net = Net([*OUTSIDE, address])
    reply = egress.post(net.way, "https://hooks.example.com/in", b"{}", {})

    assert "address_inside" == reply.error
    assert [] == net.connections


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_the_one_that_is_connected_to(address: str) -> None:
    net = Net([address])
    reply = egress.post(net.way, "https://hooks.example.com/in", b"{}", {})

    assert "no_connection" == reply.error
    assert [address] == net.connections


def test_a_name_whose_server_does_not_answer_is_left_when_the_time_of_a_call_is_over() -> None:
    """The machine's resolver waits as long as it likes; a call does not, and says that it was too slow."""
    over = Event()

    def silent(_host: str, _port: int) -> Sequence[str]:
        over.wait()
        return [OUTSIDE[0]]

    way = egress.Way(resolve=silent, connect=Net().connect, seconds_max=0.05)
    try:
        assert "too_slow" == egress.post(way, "https://silent.example.com/in", b"{}", {}).error
        with pytest.raises(Refused, match="address_unknown"):
            egress.check_name(way, "https://silent.example.com/in")
    finally:
        over.set()


def test_a_name_that_changes_between_look_and_connection_changes_nothing() -> None:
    """DNS rebinding: good when the webhook is made, inside at the call; and good, then inside, within one call."""
    net = Net([OUTSIDE[0]], ["127.0.0.1"])
    egress.check_name(net.way, "https://rebind.example.com/in")
    later = egress.post(net.way, "https://rebind.example.com/in", b"{}", {})
    flipping = Net([OUTSIDE[0]], ["169.254.169.254"], [OUTSIDE[0]])
    egress.post(flipping.way, "https://rebind.example.com/in", b"{}", {})

    assert "address_inside" == later.error
    assert [] == net.connections
    assert (1, [OUTSIDE[0]]) == (len(flipping.asked), flipping.connections)  # asked once, and that is what is called


def test_is_global_alone_would_leak() -> None:
    """The control: what the library calls global reaches inside through a translator."""
    leaking = [one for one in INSIDE if "%" not in one and ":" in one and ip_address(one).is_global]

    assert {"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"} <= set(leaking)


FORMS = {
    "address_unusable": (
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://127.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://0/", "https://1.2.3.4.5/",
        "https://256.1.1.1/", "https://user@example.com/", "https://user:pass@example.com/", "https://example.com@127.0.0.1/",
        "https://127.0.0.1@example.com/", "https://example.com#@127.0.0.1/", "https://example.com/#part",
        "https://example.com\\@127.0.0.1/", "https://[::1%25lo]/", "https://[fe80::1%eth0]/", "https://[::g]/", "https://[::1/",
        "https://localhost/", "https://localhost./", "https://x.localhost/", "https://printer.local/", "https://db.internal/",
        "https://host/", "https://example.com./", "https://-bad.example.com/", "https://exa mple.com/", "https://\t127.0.0.1/",
        "https://１２７.0.0.1/", "https://exam\u0440le.com/", "https://ⓔxample.com/", "https:///path", "https://", "",
        "https://example.com:0/", "https://example.com:99999/", "https://example.com:-1/", "https://example.com:x/",
        "https://" + "a" * 64 + ".com/", "https://example.com/" + "a" * 500, "https://%6c%6f%63alhost/", "https://example.com/\r\nX: y",
        "https://[2606:2800:220:1::1]https://127.example.com/", "https://[2606:2800:220:1::1]x:443/", "https://x[2606:2800:220:1::1]/", "https://example.com:/",
        "https://example.com:0443/",
    ),
    "address_inside": (
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://[64:ff9b::a9fe:a9fe]/",
        "https://100.100.100.200/", "https://192.168.1.1:8443/", "https://0.0.0.0/", "https://[::]/", "https://224.0.0.1/",
    ),
    "address_not_https": (
        "//x.com/", "http://example.com/", "http://127.0.0.1/", "ftp://example.com/", "gopher://example.com:70/_x", "ws://example.com/",
        "ldap://example.com/", "dict://example.com:11211/",
    ),
    "port_unusable": ("https://example.com:22/", "https://example.com:25/", "https://example.com:465/"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "url"), [(code, url) for code, urls in FORMS.items() for url in urls])
def test_a_form_that_hides_an_address_is_refused_before_anybody_is_asked(code: str, url: str) -> None:
    net = Net([OUTSIDE[0]])
    with pytest.raises(Refused) as refused:
        egress.checked_url(net.way, url)
    reply = egress.post(net.way, url, b"{}", {})

    assert code == refused.value.code
    assert "url" == refused.value.field
    assert code == reply.error
    assert ([], []) == (net.asked, net.connections)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "jar:https://a.com!/"]
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        egress.checked_url(Net([]).way, url)

    assert refused.value.code in {"address_unusable", "address_not_https"}


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "https://hooks.example.com/in?shop=7", "https://example.com:8443/a", "https://xn--e1afmkfd.com/",
     "https://93.184.216.34/", "https://[2606:2800:220:1:248:1893:25c8:1946]/"],
)  # fmt: skip
def test_an_address_of_the_open_internet_is_kept_as_it_is(url: str) -> None:
    assert url == egress.checked_url(Net([]).way, f"  {url} ")


def test_networks_that_stand_open_are_called_by_http_and_nothing_else_is() -> None:
    """For trying out: http goes into these networks only, and https everywhere that it may."""
    net = Net([OUTSIDE[0]])
    way = egress.Way(inside=LOCAL, resolve=net.resolve, connect=net.connect)
    kept = egress.checked_url(way, "http://127.0.0.1:8080/in")
    reply = egress.post(way, "http://example.com/in", b"{}", {})
    with pytest.raises(Refused) as other:
        egress.checked_url(way, "http://10.0.0.1/in")

    assert "http://127.0.0.1:8080/in" == kept
    assert ("address_inside", []) == (reply.error, net.connections)
    assert "address_inside" == other.value.code


# -- Over real sockets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data/", "/elsewhere", "//127.0.0.1/x"])
def test_no_redirect_is_followed(status: int, target: str) -> None:
    with receiving() as receiver:
        receiver.answers(status, location=target)
        reply = egress.post(egress.Way(inside=LOCAL), receiver.url, b"{}", {})
        paths = [one.path for one in receiver.got]

    assert (status, False, "") == (reply.status, reply.is_success, reply.error)
    assert ["/hooks"] == paths


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that speaks as it likes to its first caller; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    talk(connection)
            except OSError:
                pass  # the caller hung up, which is what is tried

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/in"
    thread.join(2)


def dribble(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for n in range(100_000):
        connection.sendall(b"x-%d: %s\r\n" % (n, b"y" * 100))


def endless_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"z" * 65_536)


def silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")


def rude(_: socket.socket) -> None:
    """Hangs up."""


@pytest.mark.parametrize(
    ("talk", "error"),
    [(dribble, "too_slow"), (silent, "too_slow"), (endless_headers, ""), (endless_body, ""), (nonsense, "no_http"),
     (rude, "no_http")],
)  # fmt: skip
def test_whatever_the_other_side_says_the_call_ends_in_time_and_reads_little(talk: Any, error: str) -> None:
    with speaking(talk) as url:
        began = time.monotonic()
        reply = egress.post(egress.Way(inside=LOCAL, seconds_max=0.5), url, b"{}", {})
        took = time.monotonic() - began

    if talk is endless_body:
        assert (200, b"z" * egress.KEPT_BYTES) == (reply.status, reply.body)
    elif talk is endless_headers:
        assert (0, True) == (reply.status, reply.error in {"no_http", "broken_off"})
    else:
        assert (0, error) == (reply.status, reply.error)
    assert took < 2


def test_a_good_answer_is_taken_with_its_beginning() -> None:
    with receiving() as receiver:
        receiver.answers(200, b"thank you")
        reply = egress.post(egress.Way(inside=LOCAL), f"{receiver.url}?shop=7", b'{"a": 1}', {"webhook-id": "evt_1"})
        got = receiver.got[0]

    assert (200, b"thank you", "", True) == (reply.status, reply.body, reply.error, reply.is_success)
    assert ("/hooks?shop=7", b'{"a": 1}', "evt_1") == (got.path, got.body, got.headers["webhook-id"])
    assert "identity" == got.headers["accept-encoding"]


def test_a_name_that_nobody_finds_in_time_ends_the_call() -> None:
    """The machine's resolver may take half a minute for each of its servers."""
    found = Event()

    def resolve(_host: str, _port: int) -> list[str]:
        found.wait(20)
        return [OUTSIDE[0]]

    way = egress.Way(resolve=resolve, seconds_max=0.2)
    began = time.monotonic()
    reply = egress.post(way, "https://hooks.example.com/in", b"{}", {})
    with pytest.raises(Refused, match="address_unknown"):
        egress.check_name(way, "https://hooks.example.com/in")
    took = time.monotonic() - began
    found.set()

    assert ("too_slow", True) == (reply.error, took < 2)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    reply = egress.post(egress.Way(inside=LOCAL), f"http://127.0.0.1:{port}/", b"{}", {})

    assert "no_connection" == reply.error


# -- Over TLS: the connection goes to the checked address, and the certificate must be the name's ----------------------


def certificate(name: str, directory: Path) -> Path:
    """A key and a certificate of its own making for a name, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    said = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = Clock().now()
    made = (
        x509.CertificateBuilder().subject_name(said).issuer_name(said).public_key(key.public_key())
        .serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = directory / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return file


@contextmanager
def speaking_tls(file: Path) -> Iterator[tuple[int, list[str | None]]]:
    """A receiver with this certificate; its port, and the names that callers asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    asked: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    with receiving() as receiver:
        receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
        yield receiver.server.server_address[1], asked


@pytest.mark.parametrize(("called", "error", "status"), [
    ("https://hooks.example.com", "", 204), ("https://other.example.com", "certificate_refused", 0),
    ("HTTPS://hooks.example.com", "", 204),  # a scheme is read without its case
])  # fmt: skip
def test_a_certificate_must_be_of_the_name_although_the_connection_goes_to_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str, error: str, status: int
) -> None:
    file = certificate("hooks.example.com", tmp_path)
    trusting = ssl.create_default_context(cafile=file)
    monkeypatch.setattr(egress, "tls", lambda: trusting)
    with speaking_tls(file) as (port, asked):
        way = egress.Way(inside=LOCAL, resolve=lambda *_: ["127.0.0.1"])
        reply = egress.post(way, f"{called}:{port}/in", b"{}", {})

    assert (status, error) == (reply.status, reply.error)
    assert [called.lower().removeprefix("https://")] == asked


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with speaking_tls(certificate("hooks.example.com", tmp_path)) as (port, _):
        way = egress.Way(inside=LOCAL, resolve=lambda *_: ["127.0.0.1"])
        reply = egress.post(way, f"https://hooks.example.com:{port}/in", b"{}", {})

    assert (0, "certificate_refused") == (reply.status, reply.error)
