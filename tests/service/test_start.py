"""The service as a command of its own: how it ends, and several processes of it."""

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.request import urlopen

import pytest

from bert_mrc_theseus.client import Client
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.service.settings import ServiceSettings
from bert_mrc_theseus.service.start import serve
from tests.helpers.services import serving


def wait_for(port):
    for _ in range(600):
        try:
            return urlopen(f"http://127.0.0.1:{port}/ready", timeout=30).read()
        except OSError:
            time.sleep(0.05)
    raise AssertionError("it does not listen")


def test_told_to_end_it_answers_what_it_took():
    with serving("--batch-tokens", "100") as (process, port):
        wait_for(port)
        with ThreadPoolExecutor(1) as pool, Client(f"http://127.0.0.1:{port}") as client:
            taken = pool.submit(client, ["程晓光从广州飞往大连。" * 20])
            with urlopen(f"http://127.0.0.1:{port}/metrics") as metrics:
                assert metrics.status == 200
            while b"bmt_requests_in_flight 1.0" not in urlopen(f"http://127.0.0.1:{port}/metrics").read():
                pass
            process.send_signal(signal.SIGTERM)
            assert len(taken.result()[0]) > 20
            assert process.wait(30) == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_processes_share_a_port_their_figures_and_a_language(monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with serving("--workers", "2") as (process, port):
        wait_for(port)
        for number in range(8):
            with Client(f"http://127.0.0.1:{port}") as client:
                assert client(f"第{number}人在广州")
        metrics = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        assert 'bmt_requests_total{path="/v1/entities",status="200"} 8.0' in metrics
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None and "WARNING 收到了不合法的 HTTP 请求。" in process.stderr.read()


def test_an_address_that_is_taken_is_said():
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as taken,
        pytest.raises(UserError, match=r"cannot listen on 127\.0\.0\.1, port"),
    ):
        serve(ServiceSettings(port=taken.getsockname()[1]))
