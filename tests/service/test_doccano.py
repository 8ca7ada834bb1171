"""doccano's auto labelling, as docs/annotation.md says to set it: its way to fill in a text, and its mapping template."""

import json
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "annotation.md"
TEXT = '🌊程晓光从"广州"飞往大连。'


def test_the_template_of_the_page_gives_the_labels(client, extractor):
    jinja2 = pytest.importorskip("jinja2", reason="Jinja is not installed: it comes with torch, the bench extra")
    page = PAGE.read_text(encoding="utf-8")
    [template] = re.findall(r"```jinja\n(.*?)```", page, re.S)
    assert "| body | `texts`: `{{ text }}`;" in page
    for text in (TEXT, "。"):
        # doccano puts the text where a value of the body is exactly this; values are texts, never lists.
        answer = client.post("/v1/entities", json={"texts": text})
        labels = json.loads(jinja2.Template(template).render(input=answer.json()))
        assert labels == [{"label": e.type, "start_offset": e.start, "end_offset": e.end} for e in extractor(text)]
