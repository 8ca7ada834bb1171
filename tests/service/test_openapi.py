"""Whatever is sent, the answer is one that the OpenAPI document names."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_mrc_theseus.service.bodies import EntitiesAnswer, Problem
from bert_mrc_theseus.service.settings import ServiceSettings
from tests.helpers.services import JSON, NDJSON, listening
from tests.helpers.stress import STRESS, under_stress

words = st.sampled_from(["PER", "LOC", "人名", "a", "", "*", " ", "程晓光在广州。", "🌊"]) | st.text(max_size=5)
numbers = st.sampled_from([0, 1, 0.5, -1, 2, 1e308, 10**30, True, None])
anything = st.recursive(
    words | numbers, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)
fields = {
    "texts": st.lists(words, max_size=3),
    "documents": st.lists(
        st.fixed_dictionaries({"text": words}, optional={"id": words | numbers, "x": anything, "entities": anything}),
        max_size=2,
    ),
    "model": st.just("ner-zh-small") | words,
    "types": st.lists(words, max_size=2),
    "queries": st.dictionaries(words, words, max_size=2),
    "thresholds": numbers | st.dictionaries(st.sampled_from(["start", "end", "match", "x"]), numbers, max_size=3),
    "nested": st.booleans(),
    "dictionary": st.fixed_dictionaries(
        {},
        optional={
            "added": st.dictionaries(words, words, max_size=2),
            "vetoed": st.dictionaries(words, st.lists(words, max_size=2), max_size=2),
        },
    ),
    "offsets": st.sampled_from(["code-points", "utf-16", "bytes"]),
}
most = {name: values for name, values in fields.items() if name not in ("texts", "documents")}
bodies = st.fixed_dictionaries({"texts": fields["texts"]}, optional=most) | st.fixed_dictionaries(
    {}, optional={name: values | anything for name, values in fields.items()}
)


def is_problem(answer):
    return answer.status_code == 422 and Problem.model_validate(answer.json()).errors


@settings(max_examples=under_stress(40, 5000))
@given(body=bodies)
def test_any_body_is_answered_or_its_field_is_named(client, body):
    answer = client.post("/v1/entities", json=body)
    if not is_problem(answer):
        assert answer.status_code == 200
        found = EntitiesAnswer.model_validate(answer.json())
        for document in found.documents:
            for entity in document.entities if found.offsets == "code-points" else ():
                assert document.text[entity.start : entity.end] == entity.text


@settings(max_examples=under_stress(40, 5000))
@given(lines=st.lists(bodies | anything | st.binary(max_size=20), max_size=4))
def test_any_stream_has_an_answer_a_line(client, lines):
    content = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    joined = b"\n".join(content)
    answer = client.post("/v1/entities", content=joined, headers=NDJSON)
    if is_problem(answer):
        return
    assert answer.status_code == 200
    written = [number for number, line in enumerate(joined.split(b"\n"), 1) if line.strip()]
    answers = [json.loads(line) for line in answer.text.splitlines()]
    assert len(answers) in (len(written), len(written) - 1)
    assert all(("error" in item) != ("text" in item) for item in answers)


@settings(max_examples=under_stress(30, 3000))
@given(content=st.binary(max_size=60), kind=st.sampled_from([*JSON.values(), *NDJSON.values(), "text/plain", "x"]))
def test_any_bytes_are_answered(client, content, kind):
    answer = client.post("/v1/entities", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (200, 415, 422)


@pytest.mark.skipif(STRESS not in os.environ, reason="for make stress")
def test_schemathesis_finds_nothing():
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("schemathesis is not installed: pip install schemathesis")
    with listening(ServiceSettings()) as port:
        url = f"http://127.0.0.1:{port}/openapi.json"
        options = [
            "--exclude-checks",
            # What JSON Schema cannot say: the names of the models and types, the suffixes of files.
            "positive_data_acceptance",
            "--checks",
            "all",
            "--max-examples",
            "200",
            "--seed",
            "1",
            "--no-color",
            "--suppress-health-check",
            "all",
        ]
        done = subprocess.run([program, "run", url, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
