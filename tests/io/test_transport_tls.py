"""TLS: what is verified, what is refused, and what the errors say; sync and asyncio alike."""

from __future__ import annotations

import contextlib
import ssl
import time
import warnings

import pytest
import trustme
from hostile import CHUNKED, END, OK, chunk, keep_alive, ok

from franca.errors import BadUsage, ConnectFailed, ConnectionLost, TimedOut


def test_verified_by_a_file_a_directory_and_a_context(door, serving, server_tls, authority_file, tmp_path, authority):
    """The ways to name whom to trust; the name and the address of the server are both checked."""
    server = serving(keep_alive(OK), server_tls)
    hashed = tmp_path / "hashed"
    hashed.mkdir()
    context = ssl.create_default_context(cafile=authority_file)
    for verify in (authority_file, context):
        transport = door.transport(verify=verify)
        for host in ("127.0.0.1", "localhost", "LOCALHOST"):
            assert door.send(transport, f"https://{host}:{server.port}/").read() == b"ok"
    assert server.connections == 4
    with pytest.raises(ConnectFailed):
        door.send(door.transport(verify=hashed), server.url)


def test_kept_connection_and_large_bodies(door, serving, server_tls, authority_file):
    """Many records, one connection."""
    big = bytes(range(256)) * 8000

    def serve(peer):
        while True:
            _, body = peer.request()
            peer.send(ok(body))

    server = serving(serve, server_tls)
    transport = door.transport(verify=authority_file)
    for _ in range(3):
        assert door.send(transport, server.url, body=big).read() == big
        assert door.send(transport, server.url, body=b"small").rest() == b"small"
    assert server.connections == 1


def test_unknown_authority(door, serving, server_tls):
    """The error says what to do, and that trying again does not help."""
    server = serving(keep_alive(OK), server_tls)
    with pytest.raises(ConnectFailed, match=r"certificate not accepted.*pass verify=") as caught:
        door.send(door.transport(), server.url)
    assert caught.value.retryable is False
    assert caught.value.server == server.url
    assert len(str(caught.value)) < 180


@pytest.mark.parametrize("kind", ["name", "expired"])
def test_wrong_certificate(door, serving, authority, authority_file, kind):
    """For another name, or too old."""
    import datetime

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "name":
        authority.issue_cert("other.example").configure_cert(context)
    else:
        past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        authority.issue_cert("127.0.0.1", not_before=past, not_after=past).configure_cert(context)
    server = serving(keep_alive(OK), context)
    with pytest.raises(ConnectFailed, match="host name" if kind == "name" else "expired") as caught:
        door.send(door.transport(verify=authority_file), server.url)
    assert caught.value.retryable is False


def test_verify_off_warns_once(door, serving, server_tls):
    """Once per transport, and it works."""
    server = serving(keep_alive(OK), server_tls)
    transport = door.transport(verify=False)
    with pytest.warns(UserWarning, match="verify=False"):
        assert door.send(transport, server.url).read() == b"ok"
    door.wait(transport.close())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_certificate(door, serving, authority, authority_file, tmp_path, version):
    """Shown when asked for; its lack is told as such, in TLS 1.2 and 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    client = authority.issue_cert("client@example.org")
    both, key = tmp_path / "both.pem", tmp_path / "key.pem"
    client.private_key_and_cert_chain_pem.write_to_path(str(both))
    client.private_key_pem.write_to_path(str(key))
    server = serving(keep_alive(OK), context)
    for cert in (str(both), both, (str(both), str(key)), (str(both), str(key), "unused")):
        assert door.send(door.transport(verify=authority_file, cert=cert), server.url).read() == b"ok"
    with pytest.raises(ConnectFailed, match="client certificate: pass cert=") as caught:
        door.send(door.transport(verify=authority_file), server.url)
    assert caught.value.retryable is False
    assert caught.value.server == server.url


def test_files_that_are_missing_or_wrong(door, tmp_path, authority_file):
    """BadUsage that names the option, when they are first needed."""
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("nothing")
    for options, word in (
        ({"verify": str(tmp_path / "none.pem")}, "verify: there is no file"),
        ({"verify": garbage}, "verify: could not load"),
        ({"cert": str(tmp_path / "none.pem")}, "cert: could not load"),
        ({"cert": (str(garbage), str(garbage))}, "cert: could not load"),
        ({"cert": ("a", "b", "c", "d")}, "cert is a path"),
        ({"cert": authority_file, "verify": ssl.create_default_context()}, "verify is an SSLContext"),
    ):
        with pytest.raises(BadUsage, match=word):
            door.send(door.transport(**options), "https://127.0.0.1:1/")


def test_encrypted_key(door, serving, server_tls, authority_file, authority, tmp_path):
    """With its password it works; without, OpenSSL must not ask at the terminal."""
    from cryptography.hazmat.primitives import serialization

    client = authority.issue_cert("client@example.org")
    key = serialization.load_pem_private_key(client.private_key_pem.bytes(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.BestAvailableEncryption(b"secret"),
    )
    key_file, cert_file = tmp_path / "key.pem", tmp_path / "cert.pem"
    key_file.write_bytes(sealed)
    client.cert_chain_pems[0].write_to_path(str(cert_file))
    server = serving(keep_alive(OK), server_tls)
    good = door.transport(verify=authority_file, cert=(str(cert_file), str(key_file), "secret"))
    assert door.send(good, server.url).read() == b"ok"
    for cert in ((str(cert_file), str(key_file), "wrong"), (str(cert_file), str(key_file))):
        with pytest.raises(BadUsage) as caught:
            door.send(door.transport(verify=authority_file, cert=cert), server.url)
        assert "wrong" not in str(caught.value)


def test_server_without_tls(door, serving):
    """https:// at a port that speaks plain HTTP."""
    server = serving(lambda peer: (peer.sock.recv(1000), peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
    with pytest.raises(ConnectFailed, match="http://") as caught:
        door.send(door.transport(), server.url.replace("http:", "https:"))
    assert caught.value.retryable is False


def test_end_in_the_handshake(door, serving):
    """Nothing was sent, so it may be tried again."""
    server = serving(lambda peer: peer.sock.recv(1000))
    with pytest.raises(ConnectFailed, match="closed in the TLS handshake") as caught:
        door.send(door.transport(), server.url.replace("http:", "https:"))
    assert caught.value.retryable is True


def test_handshake_takes_too_long(door, serving):
    """A server that never says hello is a connect time-out."""
    server = serving(lambda peer: peer.wait_for_close())
    with pytest.raises(TimedOut) as caught:
        door.send(door.transport(), server.url.replace("http:", "https:"), connect_timeout=0.5)
    assert caught.value.phase == "connect"
    assert server.seen() is True


def test_body_until_the_end_needs_the_goodbye(door, serving, server_tls, authority_file):
    """Without close_notify somebody may have cut it: the bytes come, then ConnectionLost. With it, a clean end."""
    answer = b"HTTP/1.1 200 OK\r\n\r\nbody"

    def serve(peer):
        peer.request()
        peer.send(answer)
        if peer.number == 0:
            peer.sock.unwrap()
        return True

    server = serving(serve, server_tls)
    transport = door.transport(verify=authority_file)
    clean = door.send(transport, server.url)
    assert clean.read_some() == b"body"
    clean.close()
    assert server.seen() is not None
    cut = door.send(transport, server.url)
    assert cut.read_some() == b"body"
    with pytest.raises(ConnectionLost, match="cut"):
        cut.read_some()


def test_goodbye_ends_a_body(door, serving, server_tls, authority_file):
    """close_notify alone, the connection staying open, is the end of such a body."""

    def serve(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nbody")
        with contextlib.suppress(OSError):
            peer.sock.unwrap()
        return True

    server = serving(serve, server_tls)
    assert door.send(door.transport(verify=authority_file), server.url).read() == b"body"


def test_stream_is_closed_at_once(door, serving, server_tls, authority_file):
    """Leaving early, and the silence before it, as without TLS."""
    server = serving(
        lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"a")), peer.wait_for_close())[2], server_tls
    )
    reply = door.send(door.transport(verify=authority_file), server.url)
    assert reply.read_some() == b"a"
    with pytest.raises(TimedOut) as caught:
        reply.read_some(limit=0.1)
    assert caught.value.phase == "idle"
    assert server.seen() is True


def test_server_that_closes_or_talks_while_idle(door, serving, server_tls, authority_file):
    """A kept connection that ended, properly or not, or that brings unasked bytes, is not used."""

    def serve(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"ok") + END)
        if peer.number == 0:
            peer.sock.unwrap()
        elif peer.number == 1:
            peer.send(OK)
            peer.wait_for_close()

    server = serving(serve, server_tls)
    transport = door.transport(verify=authority_file)
    for number in range(4):
        assert door.send(transport, server.url).read() == b"ok"
        assert server.connections == number + 1
        door.until(lambda: "idle" not in repr(transport) or door.kind == "sync")
        time.sleep(0.05 if door.kind == "sync" else 0)


@pytest.mark.parametrize("pause", [0, 0.1])
def test_damaged_record(door, serving, server_tls, authority_file, pause):
    """Bytes that are no TLS in the middle of an answer: what came before is handed out, then the error at once,
    in the same block or later."""
    import socket

    def serve(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"good"))
        time.sleep(pause)
        raw = socket.socket(fileno=peer.sock.detach())
        raw.sendall(b"this is no TLS record at all")
        raw.settimeout(10)
        with contextlib.suppress(OSError):
            raw.recv(1000)
        raw.close()

    server = serving(serve, server_tls)
    reply = door.send(door.transport(verify=authority_file), server.url)
    assert reply.read_some() == b"good"
    with pytest.raises(ConnectionLost, match="TLS failed") as caught:
        reply.read_some(limit=5)
    assert caught.value.began


def test_key_update_is_answered(door, serving, authority):
    """The record layer's own messages do not reach the caller: session tickets come after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 10
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    server = serving(keep_alive(OK), context)
    transport = door.transport(verify=trust)
    for _ in range(3):
        assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 1


def test_authorities_of_the_machine(door, serving, server_tls, authority_file, monkeypatch):
    """verify=True believes what OpenSSL believes: SSL_CERT_FILE counts."""
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    server = serving(keep_alive(OK), server_tls)
    assert door.send(door.transport(), server.url).read() == b"ok"


def test_other_authority_is_not_believed(door, serving, server_tls, tmp_path):
    """A CA file replaces the machine's authorities."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    server = serving(keep_alive(OK), server_tls)
    with pytest.raises(ConnectFailed):
        door.send(door.transport(verify=other), server.url)


def test_machine_without_authorities(monkeypatch):
    """Python from python.org on macOS has none: certifi's are taken if it is installed."""
    from franca.io import tls

    class Paths:
        cafile = None
        capath = None

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda **details: made)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: Paths)
    pytest.importorskip("certifi")
    assert tls.make_context(True, None) is made
    assert made.cert_store_stats()["x509_ca"] > 50
    import sys

    monkeypatch.setitem(sys.modules, "certifi", None)
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda **details: bare)
    tls.make_context(True, None)
    assert bare.cert_store_stats()["x509_ca"] == 0


@pytest.mark.parametrize(
    ("words", "expected", "retryable"),
    [
        ("UNEXPECTED_EOF_WHILE_READING", "TLS failed (unexpected eof while reading)", True),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "client certificate", False),
        ("HTTP_REQUEST", "does not speak TLS", False),
        ("UNSUPPORTED_PROTOCOL", "TLS failed (unsupported protocol)", False),
    ],
)
def test_words_for_what_openssl_says(words, expected, retryable):
    """Where nothing was sent it is ConnectFailed; only an end of the connection is worth another try."""
    from franca.io.tls import explain

    error = ssl.SSLError(1, "text of OpenSSL")
    error.reason = words
    told = explain(error, "https://x:443", connecting=True)
    assert isinstance(told, ConnectFailed)
    assert (expected in told.message, told.retryable) == (True, retryable)
    error.reason = None
    assert "text of openssl" in explain(error, "https://x:443", connecting=False).message
