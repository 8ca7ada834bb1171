"""HTTP itself: offers of other protocols, and requests one after another. What one connection may take is in test_limits."""

import http.client
import json
import socket
import time

import pytest

from bert_mrc_theseus.service.settings import ServiceSettings
from tests.helpers.services import JSON, entities_request, listening, request_bytes

OFFER = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAARAAAAA"}


@pytest.fixture(scope="module")
def port():
    with listening(ServiceSettings()) as opened:
        yield opened


@pytest.fixture
def connection(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
        yield opened


def answered(connection):
    """Status of the next answer, and what it holds."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def entities_in(answer):
    status, body = answer
    assert status == 200, body
    return [entity["text"] for document in json.loads(body)["documents"] for entity in document["entities"]]


@pytest.mark.parametrize("size", [10_000, 100, 7])
def test_a_request_that_offers_another_protocol_is_answered_in_this_one(connection, size):
    body = json.dumps({"texts": ["程晓光从广州飞往大连。"]}).encode()
    sent = request_bytes("/v1/entities", body, {**JSON, **OFFER})
    for start in range(0, len(sent), size):
        connection.sendall(sent[start : start + size])
        time.sleep(0.001)
    assert entities_in(answered(connection)) == ["程晓光", "广州", "大连"]
    connection.sendall(entities_request(["广州"]))
    assert entities_in(answered(connection)) == ["广州"]


def test_an_offer_with_the_websocket_s_name_is_declined_too(connection):
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert answered(connection) == (200, b'{"status":"ok"}')


def test_it_is_no_proxy(connection):
    connection.sendall(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
    assert answered(connection)[0] == 400


def test_a_body_in_chunks_is_read(connection):
    body = json.dumps({"texts": "广州"}).encode()
    head = request_bytes("/v1/entities", b"", {**JSON, "Transfer-Encoding": "chunked"})
    head = head.replace(b"Content-Length: 0\r\n", b"")
    connection.sendall(head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
    assert entities_in(answered(connection)) == ["广州"]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: +5",
        b"Content-Length: 5,5",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
        b"Content-Type : application/json",
    ],
)
def test_a_head_that_a_proxy_might_read_otherwise_is_refused(connection, head):
    connection.sendall(b"POST /v1/entities HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n")
    assert answered(connection)[0] == 400
