"""Newline-delimited JSON, in and out."""

import asyncio
import io
import json
import socket

import pytest

from bert_mrc_theseus.prediction.inputs import InputOptions, read_stream
from bert_mrc_theseus.service.problems import ProblemError
from bert_mrc_theseus.service.settings import ServiceSettings
from bert_mrc_theseus.service.streams import lines_of, settings_of
from bert_mrc_theseus.text.interchange import document_to_dict
from tests.helpers.services import NDJSON, listening


def stream(client, *lines):
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return client.post("/v1/entities", content=content, headers=NDJSON)


def answers(response):
    return [json.loads(line) for line in response.text.splitlines()]


def pieces(content, size):
    async def given():
        for start in range(0, len(content), size):
            yield content[start : start + size]

    async def read():
        return [line async for lines in lines_of(given(), 20) for line in lines]

    return asyncio.run(read())


@pytest.mark.parametrize("size", [1, 3, 100])
def test_lines_are_whole_however_they_come(size):
    content = "一\r\n\n 二二 \n三".encode()
    assert pieces(content, size) == [(1, "一\r".encode()), (3, " 二二 ".encode()), (4, "三".encode())]


def test_a_line_that_does_not_end_is_refused():
    with pytest.raises(ProblemError, match="line 2 has more than 20 bytes"):
        pieces(b"a\n" + b"x" * 50, 10)


def test_lines_are_answered_as_predict_does(client, extractor):
    lines = [
        {"id": "a", "text": "程晓光从广州飞往大连。", "meta": {"n": 1}},
        {"text": "李明在北京大学", "id": 7},
        {"id": 1, "text": "", "entities": []},
    ]
    content = [json.dumps(line).encode() + b"\n" for line in lines]
    documents = read_stream(io.BytesIO(b"".join(content)), "x.jsonl", lambda error: None, InputOptions())
    expected = [document_to_dict(document) for document in extractor.documents(documents)]
    response = stream(client, *lines)
    assert answers(response) == expected and response.headers["content-type"].startswith("application/x-ndjson")


def test_a_bad_line_costs_only_itself(client):
    found = answers(stream(client, "程晓光", b"{", {"x": 1}, b"\xff", b"", {"text": "广州"}, [1]))
    assert [item["error"]["line"] for item in found if "error" in item] == [2, 3, 4, 7]
    assert [item["id"] for item in found if "text" in item] == [1, 6]


def test_the_first_line_may_be_settings(client):
    first = {"settings": {"types": ["LOC"], "offsets": "utf-16"}}
    found = answers(stream(client, first, "🌊程晓光从广州飞往大连。"))
    assert [e["type"] for e in found[0]["entities"]] == ["LOC", "LOC"] and found[0]["entities"][0]["start"] == 6
    assert settings_of(b'{"text": "a", "settings": {}}') is None and settings_of(b"{") is None
    wrong = stream(client, {"settings": {"nested": 3}}, "广州")
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "settings.nested"


def test_nothing_is_answered_by_nothing(client):
    assert stream(client).text == stream(client, b"\n \n").text == ""


def more(connection):
    received = connection.recv(4096)
    assert received, "the connection was closed"
    return received


def test_a_line_is_answered_before_the_next_one_is_sent():
    with (
        listening(ServiceSettings()) as port,
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
    ):
        head = "POST /v1/entities HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(f"{head}Content-Type: {NDJSON['Content-Type']}\r\n\r\n".encode())
        received = b""
        for number in range(3):
            line = json.dumps(f"text {number}").encode() + b"\n"
            connection.sendall(b"%x\r\n%b\r\n" % (len(line), line))
            while f'"text {number}"'.encode() not in received:
                received += more(connection)
        connection.sendall(b"0\r\n\r\n")
        while not received.endswith(b"0\r\n\r\n"):
            received += more(connection)
