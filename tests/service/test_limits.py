"""What clients that mean no good, or go, or are slow, cannot do to the others."""

import json
import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest
from starlette.testclient import TestClient

from bert_mrc_theseus.client import Client
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.service import protocol, served_models
from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.settings import ServiceSettings
from tests.helpers.services import JSON, NDJSON, SlowEngine, entities_request, listening, request_bytes

LOCAL = "http://127.0.0.1"


@pytest.fixture
def slow(monkeypatch):
    """Lets services have an engine that answers when the event is set, and says anything of batches."""
    go = Event()
    engine = SlowEngine(lambda: go.wait(20))
    engine.close = lambda: None
    monkeypatch.setattr(served_models, "load_engine", lambda *arguments: (load_spec(bundled_model()), engine))
    engine.go = go
    yield engine
    go.set()


def until(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it does not come")


def answer(port, sent, *pause):
    """What comes back until the connection is closed, or a whole answer is there."""
    with socket.create_connection((LOCAL.removeprefix("http://"), port), timeout=20) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        received = b""
        while part := connection.recv(65536):
            received += part
            head, _, body = received.partition(b"\r\n\r\n")
            length = [
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            ]
            if length and len(body) >= length[0]:
                break
        return received


def test_a_full_queue_is_said_at_once_and_when_to_come_again(slow):
    app = create_app(ServiceSettings(queue=2, wait=0))
    with TestClient(app, base_url=LOCAL) as client, ThreadPoolExecutor(3) as pool:
        taken = [pool.submit(client.post, "/v1/entities", json={"texts": ["a"]}) for _ in range(2)]
        until(lambda: "bmt_requests_in_flight 2.0" in client.get("/metrics").text)
        refused = client.post("/v1/entities", json={"texts": ["a"]})
        assert refused.status_code == 503 and int(refused.headers["retry-after"]) >= 1
        assert "wait already" in refused.json()["detail"]
        assert client.get("/health").status_code == client.get("/ready").status_code == 200
        slow.go.set()
        assert [request.result().status_code for request in taken] == [200, 200]
        assert client.post("/v1/entities", json={"texts": ["a"]}).status_code == 200


def test_a_request_that_takes_too_long_is_given_up_and_no_more_of_it_is_read(slow):
    app = create_app(ServiceSettings(timeout=0.3, wait=0, batch_tokens=40))
    with TestClient(app, base_url=LOCAL) as client:
        late = client.post("/v1/entities", json={"texts": ["。".join(["一" * 100] * 30)]})
        assert late.status_code == 504 and "0.3 seconds" in late.json()["detail"]
        slow.go.set()
        assert client.post("/v1/entities", json={"texts": ["a"]}).status_code == 200
        until(lambda: 'bmt_waiting_tokens{model="ner-zh-small"} 0.0' in client.get("/metrics").text)
    assert len(slow.batches) < 8


def test_the_text_of_a_client_that_goes_is_not_read(slow):
    with listening(ServiceSettings(wait=0, batch_tokens=40)) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(entities_request(["。".join(["一" * 100] * 30)]))
            until(lambda: slow.batches)
        time.sleep(0.2)
        slow.go.set()
        with Client(f"{LOCAL}:{port}") as client:
            assert client("a") == []
    assert len(slow.batches) < 8


def test_a_service_that_stops_answers_what_it_took_and_refuses_more(slow):
    app = create_app(ServiceSettings(wait=0))
    with TestClient(app, base_url=LOCAL) as client, ThreadPoolExecutor(1) as pool:
        taken = pool.submit(client.post, "/v1/entities", json={"texts": ["a"]})
        until(lambda: slow.batches)
        app.state.stopping.set()
        refused = client.post("/v1/entities", json={"texts": ["a"]})
        assert refused.status_code == 503 and refused.headers["retry-after"]
        assert client.get("/ready").status_code == 503 and client.get("/health").status_code == 200
        slow.go.set()
        assert taken.result().status_code == 200


def test_bodies_have_a_largest_size(client):
    large = json.dumps({"texts": ["a" * 200_000]}).encode()
    for content in (large, iter([large])):
        answer = client.post("/v1/entities", content=content, headers=JSON)
        assert answer.status_code == 413 and "200,000 bytes" in answer.json()["detail"]
    answer = client.post("/v1/entities", content=large, headers=NDJSON)
    assert answer.status_code == 413 and answer.json()["detail"].startswith("line 1 has more than")
    assert client.post("/v1/files", files={"file": ("a.txt", large)}).status_code == 413


def test_bodies_of_all_requests_together_have_one_too(slow):
    app = create_app(ServiceSettings(max_body=1000, wait=0))
    with TestClient(app, base_url=LOCAL) as client, ThreadPoolExecutor(16) as pool:
        body = {"texts": ["a" * 980]}
        taken = [pool.submit(client.post, "/v1/entities", json=body) for _ in range(16)]
        until(lambda: "bmt_requests_in_flight 16.0" in client.get("/metrics").text)
        refused = client.post("/v1/entities", json=body)
        assert refused.status_code == 503 and "together" in refused.json()["detail"]
        slow.go.set()
        assert {request.result().status_code for request in taken} == {200}
        assert client.post("/v1/entities", json=body).status_code == 200


@pytest.fixture(scope="module")
def port():
    with listening(ServiceSettings(idle=1.0, timeout=10.0, max_body=2**20)) as opened:
        yield opened


def test_clients_that_mean_no_good(port, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.4)
    whole = entities_request(["广州"])
    hostile = {
        "a head that does not end": (b"POST /v1/entities HTTP/1.1\r\nHost: a", b""),
        "a head that does not end and grows": (b"POST / HTTP/1.1\r\nX: " + b"x" * 2**20, b"400"),
        "nothing": (b"", b""),
        "no HTTP": (b"\x16\x03\x01\x02\x00", b"400"),
        "a body that does not end": (whole[:-5], b"408"),
        "fifty megabytes": (request_bytes("/v1/entities", b"x" * (50 * 2**20), JSON), b"413"),
        "fifty megabytes that are only announced": (request_bytes("/v1/entities", b"", JSON, 50 * 2**20), b"413"),
        "no JSON": (request_bytes("/v1/entities", b"{", JSON), b"422"),
        "ten thousand types": (entities_request(["广州"], types=[f"T{i}" for i in range(10_000)]), b"422"),
        "a stream that does not go on": (request_bytes("/v1/entities", b'"a"\n', NDJSON, 1000), b"200"),
        "a length that is none": (
            b"POST /v1/entities HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            b"400",
        ),
    }
    for name, (sent, status) in hostile.items():
        begun = time.monotonic()
        received = answer(port, sent)
        assert received.split(b" ")[1:2] == ([status] if status else []), (name, received[:200])
        assert time.monotonic() - begun < 10, name
        with Client(f"{LOCAL}:{port}") as client:
            assert [e.text for e in client("广州")] == ["广州"], name


@pytest.mark.parametrize("rest", [b"x", b"GET /health HTTP/1.1\r\nX: ", b"\r\n"])
def test_a_client_that_goes_on_after_its_answer_without_end_is_left(port, monkeypatch, rest):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    announced = 50 * 2**20 if rest == b"x" else 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(5)
        connection.sendall(request_bytes("/v1/entities", b"", JSON, announced))
        assert connection.recv(65536).startswith(b"HTTP/1.1 4")
        with pytest.raises(ConnectionError):
            for _ in range(100):
                connection.sendall(rest)
                time.sleep(0.02)
    with Client(f"{LOCAL}:{port}") as client:
        assert client("广州")


def test_a_client_that_does_not_read_is_left(port, monkeypatch):
    monkeypatch.setattr(protocol, "TAKE_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(15)
        with pytest.raises(ConnectionError):
            connection.sendall(request_bytes("/v1/entities", b"", NDJSON, 10**9))
            while True:
                connection.sendall(b"{}\n" * 1000)
    with Client(f"{LOCAL}:{port}") as client:
        assert client("广州")


def test_texts_are_not_logged_unless_that_is_asked(slow, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    slow.go.set()

    def break_down(*arguments):
        raise ValueError("".join(("秘", "密 is quoted")))

    for log_texts in (False, True):
        caplog.clear()
        with TestClient(create_app(ServiceSettings(log_texts=log_texts)), base_url=LOCAL) as client:
            client.post("/v1/entities?text=秘密", json={"texts": ["秘密"]})
            client.post("/v1/秘密", json={"texts": ["秘密"]})
            client.post("/v1/entities", json={"texts": [{"秘密": 1}], "秘密": 2})
            client.post("/v1/entities", content='{"texts": ["秘密"'.encode(), headers=JSON)
            client.post("/v1/entities", content='{"秘密": \n'.encode(), headers=NDJSON)
            with monkeypatch.context() as patch:
                patch.setattr(slow, "answer", break_down)
                broken = client.post("/v1/entities", json={"texts": ["秘密"]})
        ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("http", "asyncio")))
        assert broken.status_code == 500 and "秘密" not in broken.text
        assert "ValueError" in ours and "in break_down" in ours and "POST /v1/entities 500" in ours
        assert ("秘密" in ours) is log_texts
