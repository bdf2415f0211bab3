"""With TLS, both sides show a certificate, and who shows none keeps nobody else out."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess

import pytest

from brainsand.errors import UsageError
from brainsand.node.door import client_tls, server_tls
from brainsand.node.options import Peer, Tls
from brainsand.node.send import DicomPeer, NotTaken
from node.conftest import ct_slice, until
from samples import write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two authorities; a certificate of 127.0.0.1 by each: (ours, a stranger's)."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificates, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    return tuple(certificate(folder / name) for name in ("ours", "stranger"))


def certificate(folder):
    folder.mkdir()
    openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = [
        "-keyout",
        folder / "key.pem",
        "-out",
        folder / "cert.pem",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    more = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*openssl, *files, *more], check=True, capture_output=True)
    return Tls(certificate=folder / "cert.pem", key=folder / "key.pem", ca=folder / "cert.pem")


def told(tls):
    return {"certificate": str(tls.certificate), "key": str(tls.key), "ca": str(tls.ca)}


def test_a_caller_with_our_authoritys_certificate_is_served(made, receiving, association):
    ours, _ = made
    running = receiving(tls=told(ours))
    assoc = association(running.receiver.port, tls_args=(client_tls(ours), "127.0.0.1"))
    assert assoc.send_c_store(ct_slice()).Status == 0


def strangers(ours, stranger):
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(ours.ca)
    trusting.load_cert_chain(stranger.certificate, stranger.key)
    nameless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nameless.load_verify_locations(ours.ca)
    return {"another authority's": trusting, "none": nameless}


def speak(port, context):
    """Say something by TLS; ConnectionError where the other side hangs up."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        secured.sendall(b"\x01\x00\x00\x00\x00\x04aaaa")
        if secured.recv(1) == b"":
            raise ConnectionError


@pytest.mark.parametrize("shown", ["another authority's", "none"])
def test_a_caller_who_shows_no_certificate_of_our_authority_is_cut_off_and_audited(made, receiving, shown):
    running = receiving(tls=told(made[0]))
    context = strangers(*made)[shown]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        speak(running.receiver.port, context)
    until(running.audited)
    assert running.metrics.value("brainsand_associations_total", outcome="refused") == 1
    assert "TLS handshake failed" in running.audit_file.read_text()


def test_a_silent_caller_keeps_nobody_else_out(made, receiving, association):
    ours, _ = made
    running = receiving(tls=told(ours))
    with socket.create_connection(("127.0.0.1", running.receiver.port)):
        assoc = association(running.receiver.port, tls_args=(client_tls(ours), "127.0.0.1"))
        assert assoc.send_c_echo().Status == 0


def test_results_go_to_a_peer_by_tls_and_to_no_impostor(made, peer, tmp_path):
    ours, stranger = made
    file = write(ct_slice(), tmp_path / "1.dcm")
    for shown, works in ((ours, True), (stranger, False)):
        context = server_tls(Tls(certificate=shown.certificate, key=shown.key, ca=ours.ca))
        port, got = peer(ssl_context=context)
        target = Peer(ae_title="PACS", host="127.0.0.1", port=port, tls=True)
        sender = DicomPeer(target, own_title="BRAINSAND", tls=ours)
        if works:
            sender.give([file])
        else:
            with pytest.raises(NotTaken, match="does not answer"):
                sender.give([file])
        assert len(got) == int(works)


def test_a_key_that_does_not_fit_is_refused_with_words(made):
    ours, stranger = made
    with pytest.raises(UsageError, match="cannot be used"):
        server_tls(Tls(certificate=ours.certificate, key=stranger.key, ca=ours.ca))
