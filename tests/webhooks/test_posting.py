"""Where Bifrost posts to because a user says so: nowhere near itself, whatever the address looks like."""

import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from providers import posting
from providers.posting import NoAnswerError, check_target, post, refusal_of
from tests.webhooks.receiver import receiving


@pytest.fixture(autouse=True)
def public_only(settings):
    settings.WEBHOOK_PRIVATE = False


def resolving(monkeypatch, *addresses: str) -> list[str]:
    """Whatever the name: it leads to these. Returns the names that were looked up."""
    asked = []

    def getaddrinfo(host, port, **more):
        asked.append(host)
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kinds[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.fixture
def connected(monkeypatch) -> list[tuple]:
    """Where a connection was tried to."""
    places: list[tuple] = []

    def connect(self, place):
        places.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return places


PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1"),
    *("100.64.0.1", "0.1.2.3", "192.0.0.8", "198.18.0.1", "192.0.2.1", "203.0.113.5", "240.0.0.1"),
    *("255.255.255.255", "::1", "fc00::1", "fd12::1", "fec0::1", "2001:db8::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:c0a8:101::1", "2001::1"),
]
NEVER = [
    *("169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%1", "::ffff:169.254.169.254"),
    *("64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "fd00:ec2::254", "100.100.100.200"),
    *("192.0.0.192", "168.63.129.16", "224.0.0.1", "ff02::1", "0.0.0.0", "::"),
]


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER])
def test_a_name_that_leads_home_is_not_called(monkeypatch, connected, address):
    resolving(monkeypatch, address)

    with pytest.raises(NoAnswerError, match="not sent: its host is an address"):
        post("https://hooks.example.com/x", b"{}", {})

    assert connected == []


@pytest.mark.parametrize("address", NEVER)
def test_some_are_not_called_even_where_private_ones_are(settings, monkeypatch, connected, address):
    settings.WEBHOOK_PRIVATE = True
    resolving(monkeypatch, address)

    with pytest.raises(NoAnswerError, match="never called"):
        post("http://hooks.example.com/x", b"{}", {})

    assert connected == []


@pytest.mark.parametrize("address", PRIVATE)
def test_private_ones_are_called_if_the_operator_says_so(settings, monkeypatch, connected, address):
    settings.WEBHOOK_PRIVATE = True
    resolving(monkeypatch, address)

    with pytest.raises(NoAnswerError, match="gave no answer"):
        post("http://hooks.example.com:81/x", b"{}", {})

    assert connected == [(address, 81)]


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8"])
def test_public_ones_are_called(monkeypatch, connected, address):
    resolving(monkeypatch, address)

    with pytest.raises(NoAnswerError, match="hooks.example.com gave no answer"):
        post("https://hooks.example.com/x", b"{}", {})

    assert connected == [(address, 443)]


def test_of_a_name_with_both_only_the_public_address_is_called(monkeypatch, connected):
    asked = resolving(monkeypatch, "127.0.0.1", "93.184.215.14", "10.0.0.1")

    with pytest.raises(NoAnswerError):
        post("https://hooks.example.com/x", b"{}", {})

    assert connected == [("93.184.215.14", 443)]
    assert asked == ["hooks.example.com"]


def test_a_name_is_looked_up_once_and_what_was_checked_is_called(monkeypatch, connected):
    """The second look would find this machine."""
    answers = iter(["93.184.215.14", "127.0.0.1"])

    def getaddrinfo(host, port, **more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(NoAnswerError):
        post("https://rebinding.example.com/x", b"{}", {})

    assert connected == [("93.184.215.14", 443)]


@pytest.mark.parametrize(
    "spelling",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost"),
        *("LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "0"),
    ],
)
def test_however_this_machine_is_spelled(connected, spelling):
    with pytest.raises(NoAnswerError, match=r"not sent|not known"):
        post(f"https://{spelling}/x", b"{}", {})

    assert connected == []


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com"),
        *("https://user@example.com/", "https://user:pass@example.com/", "https://example.com/#a"),
        *("https://example.com\\@10.0.0.1/", "https://example.com/a b", "https://exämple.com/"),
        *("https://example.com/\r\nx: y", "https://example.com/x\n", " https://example.com", ""),
        *("https://example.com:0/", "https://example.com:99999/", "https://", "https://-x.com/"),
        *("https://[::1%25eth0]/", "https://[example]/", "https:///x", "javascript:alert(1)"),
    ],
)
def test_what_is_no_plain_address_is_refused(settings, url):
    for settings.WEBHOOK_PRIVATE in (False, True):
        assert refusal_of(url)


@pytest.mark.parametrize(
    ("url", "public", "private"),
    [
        ("https://example.com", "", ""),
        ("https://example.com/hooks?token=a%20b&c=d", "", ""),
        ("https://example.com:8443/", "", ""),
        ("HTTPS://Example.com/", "", ""),
        ("http://example.com/", "must begin with https", ""),
        ("https://example.com:25/", "port 25 is no web server's", ""),
        ("https://10.0.0.1/", "private network", ""),
        ("https://[fd00::1]/", "private network", ""),
        ("https://169.254.169.254/latest", "never called", "never called"),
    ],
)
def test_what_shows_without_a_look_up_is_refused_at_once(settings, url, public, private):
    for settings.WEBHOOK_PRIVATE, words in ((False, public), (True, private)):
        said = refusal_of(url)
        assert (words in said) if words else (said == "")


def test_a_refusal_does_not_repeat_what_may_be_secret():
    for url in ("http://example.com/s3cret?t=s3cret", "https://u:s3cret@example.com/"):
        with pytest.raises(Exception, match="address") as caught:
            check_target(url)
        assert "s3cret" not in str(caught.value)


@contextmanager
def talking(*pieces: bytes, pause: float = 0.0):
    """A server that says this, a piece at a time, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def talk():
        sock, _ = listener.accept()
        with sock:
            sock.recv(65536)
            for piece in pieces:
                try:
                    sock.sendall(piece)
                except OSError:
                    return
                if over.wait(pause):
                    return

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        over.set()
        listener.close()
        thread.join(5)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"H"] * 1000,
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 1000,
    ],
    ids=["status", "continue"],
)
def test_who_sends_a_byte_now_and_then_is_cut_off(settings, monkeypatch, pieces):
    settings.WEBHOOK_PRIVATE = True
    monkeypatch.setattr(posting, "SECONDS", 0.3)

    with talking(*pieces, pause=0.05) as url, pytest.raises(NoAnswerError, match="within 0.3 s"):
        post(url, b"{}", {})


def test_headers_that_never_end_are_not_waited_for(settings, monkeypatch):
    """Its status had been said by then."""
    settings.WEBHOOK_PRIVATE = True
    monkeypatch.setattr(posting, "SECONDS", 0.3)

    with talking(OK, *[b"x: y\r\n"] * 1000, pause=0.05) as url:
        assert post(url, b"{}", {}).status == 200


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n"),
        OK + b"x: " + b"y" * 100_000 + b"\r\n\r\n",
        OK + b"x: y\r\n" * 1000 + b"\r\n",
    ],
)
def test_what_is_no_answer_of_http_is_none(settings, said):
    settings.WEBHOOK_PRIVATE = True

    with talking(said) as url, pytest.raises(NoAnswerError, match="gave no answer"):
        post(url, b"{}", {})


def test_of_an_answer_the_body_is_not_read(settings):
    """It would go on for an hour."""
    settings.WEBHOOK_PRIVATE = True

    with talking(OK + b"retry-after: 7\r\n\r\n", *[b"x" * 1000] * 10_000, pause=0.4) as url:
        answer = post(url, b"{}", {})

    assert (answer.status, answer.retry_after) == (200, 7.0)


def test_over_tls_it_must_be_who_it_says(settings):
    settings.WEBHOOK_PRIVATE = True

    with receiving() as plain:
        address = plain.url.replace("http:", "https:")
        with pytest.raises(NoAnswerError, match="cannot be trusted"):
            post(address, b"{}", {})


def test_over_tls_the_certificate_is_that_of_the_name(settings, monkeypatch, tmp_path):
    """One that we trust, for another name than the one in the address, and for that one."""
    settings.WEBHOOK_PRIVATE = True
    certificate, key = certificate_for("hooks.example.com", tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate, key)
    theirs = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(posting, "_tls", lambda: theirs)
    with receiving(ours) as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        resolving(monkeypatch, "127.0.0.1")

        assert post(f"https://hooks.example.com:{port}/x", b"{}", {}).status == 204
        with pytest.raises(NoAnswerError, match="other.example.com cannot be trusted: Hostname"):
            post(f"https://other.example.com:{port}/x", b"{}", {})

    assert receiver.requests[0][1]["host"] == f"hooks.example.com:{port}"


def certificate_for(name: str, folder):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private
