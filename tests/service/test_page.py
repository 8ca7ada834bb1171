"""The web page's files, and what it asks; in a browser: test_page_in_a_browser."""

import io
import re
import tomllib
import zipfile
from pathlib import Path
from typing import get_args

import pytest
from starlette.testclient import TestClient

from bert_mrc_theseus.drawing.assets import style
from bert_mrc_theseus.drawing.colours import looks_of
from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.page import FILES
from bert_mrc_theseus.service.routes import OutputFormat
from bert_mrc_theseus.service.settings import ServiceSettings

TEXT = "程晓光从广州飞往大连🌊北京。"
TYPES = [{"name": "PER", "query": "人名"}, {"name": "LOC", "query": "地名"}]


def test_the_page_and_all_that_it_loads_are_served(client):
    page = client.get("/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    addresses = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert len(addresses) > 4
    for name in FILES:
        if name.endswith(".js"):
            addresses += [f"page/{module}" for module in re.findall(r'from "\./([^"]+)"', FILES[name][0].decode())]
    for address in set(addresses):
        assert client.get(f"/{address}").status_code == 200, address
    assert client.get("/page/marked.css").text == style()


def test_nothing_else_is_a_file_of_the_page(client):
    for name in ("page.py", "..%2fpage.py", "%2fetc%2fpasswd", "none.js"):
        assert client.get(f"/page/{name}").status_code == 404


def test_the_policy_is_strict_and_the_page_keeps_to_it(client):
    for address in ("/", *(f"/page/{name}" for name in FILES)):
        headers = client.get(address).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
    html = client.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=|javascript:|https?://", html) == []


def test_every_word_of_the_page_is_in_both_languages(client):
    html = client.get("/").text.partition("<main>")[2]
    bare = [
        text.strip()
        for tag, text in re.findall(r"<(h2|button|summary|span|label|p)[^>]*>([^<]*\w[^<]*)<", html)
        if tag and text.strip()
    ]
    said = re.findall(r'data-zh="[^"]*[\u4e00-\u9fff][^"]*"[^>]*>([^<]+)<', html)
    assert set(bare) <= {text.strip() for text in said}


def test_texts_come_back_drawn_and_escaped(client):
    hostile = "<img src=x onerror=alert(1)>程晓光"
    answer = client.post("/page/entities", json={"texts": [hostile], "shown_types": ["LOC", "PER", "ACT"]}).json()
    [document] = answer["documents"]
    assert [(e["text"], e["type"]) for e in document["entities"]] == [("程晓光", "PER")]
    assert "<img" not in document["html"] and 'data-t="PER"' in document["html"]
    assert answer["looks"] == looks_of(["LOC", "PER", "ACT"])
    assert client.post("/page/entities", json={"texts": [], "shown_type": []}).status_code == 422


def test_inner_entities_come_behind_outer_ones_and_have_no_style_attributes(client):
    dictionary = {"added": {"程晓光从": "X"}}
    body = {"texts": [TEXT], "nested": True, "queries": {"A": "人名", "B": "人的名字"}, "dictionary": dictionary}
    [document] = client.post("/page/entities", json=body).json()["documents"]
    places = [(e["start"], -e["end"]) for e in document["entities"]]
    assert places == sorted(places) and "style=" not in document["html"]


@pytest.mark.parametrize("form", get_args(OutputFormat))
def test_documents_are_written_in_every_format(client, form):
    entities = [{"start": 0, "end": 3, "type": "PER", "text": "程晓光", "score": 0.9, "source": None}]
    documents = [{"id": "line 1", "text": TEXT, "entities": entities}, {"id": "line 2", "text": "", "entities": []}]
    answer = client.post("/page/file", json={"format": form, "types": TYPES, "documents": documents})
    assert answer.status_code == 200 and answer.headers["skipped-records"] == "0"
    content = answer.content
    if form == "brat":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    assert all(part in content.decode() for part in ("程", "PER", "晓"))


def test_what_cannot_be_written_is_counted_or_named(client):
    odd = {"text": "程晓光", "entities": [{"start": 0, "end": 3, "type": "A B"}]}
    body = {"format": "brat", "types": TYPES, "documents": [odd, {"text": "a", "entities": []}]}
    assert client.post("/page/file", json=body).headers["skipped-records"] == "1"
    answer = client.post("/page/file", json={**body, "documents": [odd]})
    assert answer.status_code == 422 and "white space" in answer.json()["detail"]
    for wrong in ({"entities": [{"start": 0, "end": 9, "type": "PER"}], "text": "a"}, 3):
        answer = client.post("/page/file", json={**body, "documents": [wrong]})
        assert [error["field"] for error in answer.json()["errors"]] == ["documents.0"]
    answer = client.post("/page/file", json={**body, "types": [TYPES[0], TYPES[0]]})
    assert [error["field"] for error in answer.json()["errors"]] == ["types"]


def test_the_page_needs_no_token_and_what_it_asks_does():
    with TestClient(create_app(ServiceSettings(token="s3cret", threads=1))) as guarded:
        assert guarded.get("/").status_code == guarded.get("/page/main.js").status_code == 200
        for path in ("/page/entities", "/page/file"):
            assert guarded.post(path, json={}).status_code == 401


def test_the_wheel_has_the_files():
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert settings["package-data"]["bert_mrc_theseus.service.web"] == ["*"]
    assert {"index.html", "page.css", "main.js", "icon.svg", "marked.css", "marked.js"} <= set(FILES)
