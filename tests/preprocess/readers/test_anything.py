"""Whatever a file holds, a reader gives documents that can be written, or a `DataError`, and nothing else."""

import json

import pytest
from bert_mrc_theseus.preprocess.readers.formats import READERS
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.interchange import document_from_dict, document_to_dict
from tests.helpers.folders import new_folder
from tests.helpers.formats import needs_library
from tests.helpers.stress import under_stress

FORMATS = sorted(set(READERS) - {"parallel", "brat", "silver"})
"""Those that read one file, and do not start jieba."""

KEYS = (
    "id", "text", "data", "label", "labels", "entities", "start", "end", "type", "score", "source", "annotated", "silver",
    "start_idx", "end_idx", "entity", "context", "qas_id", "entity_label", "start_position", "end_position", "span_position",
    "start_offset", "end_offset", "relations", "annotations", "completions", "result", "value", "was_cancelled",
    "hypertextlabels", "globalOffsets", "document", "annotation_id",
)  # fmt: skip
SCALARS = st.one_of(
    st.sampled_from(
        [None, True, False, 0, 1, 2, -1, 1.0, 0.5, 10**400, "", "好", "0;1", "0 1", "0", "PER", "<p>好</p>", "\ud83d"]
    ),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=2), inner, max_size=6)
    ),
    max_leaves=25,
)


PIECES = (
    "好", "王", "\t", " ", "\n", "\r\n", "\n\n", "O", "B-PER", "I-PER", "E-PER", "U_X", "#", "# text = ", "-DOCSTART-",
    "WID:1", "\ufeff", "1", "/nr", "[", "]nt", "|||", "0 0 X", "[('X', 0, 0)]", "('X', 0.0, 0)", "\ud83d", "\ude00", "{", "}",
    '"', '{"text": ', '"好"', ",", '"label": [[0, 1, "X"]]',
)  # fmt: skip


@st.composite
def almost_right(draw):
    """A record of one of the formats, with a part or two replaced by anything."""

    def part(value):
        return draw(VALUES) if draw(st.integers(0, 9)) == 0 else value

    start, end = part(0), part(1)
    text = part("好的")
    return part(
        draw(
            st.sampled_from(
                [
                    {"id": part(1), "text": text, "entities": part([part({"start": start, "end": end, "type": part("X")})])},
                    {"id": part(1), "text": text, "label": part([part([start, end, part("X")])])},
                    {"text": text, "entities": part([{"start_offset": start, "end_offset": end, "label": part("X")}])},
                    {"text": text, "label": part({"X": part({"好": part([part([start, end])])})})},
                    {"text": text, "entities": part([part({"start_idx": start, "end_idx": end, "type": part("X")})])},
                    {"context": text, "qas_id": part("0.1"), "entity_label": part("X"), "start_position": part([start]),
                     "end_position": part([end])},
                    {"context": text, "qas_id": part("0.1"), "entity_label": part("X"), "span_position": part([part("0;1")])},
                    {"data": part({"text": text}), "annotations": part([part({"result": part([part({"value": part({
                        "start": start, "end": end, "text": part("好"), "labels": part([part("X")])})})])})])},
                    {"data": part({"text": text}), "annotations": part([part({"result": part([part({"value": part({
                        "start": "/p", "end": "/p", "globalOffsets": part({"start": start, "end": end}), "text": part("好"),
                        "hypertextlabels": part([part("X")])})})])})])},
                ]
            )
        )
    )  # fmt: skip


def check(name, path):
    needs_library(name)
    for strict in (True, False):
        report = ReadReport(strict=strict)
        try:
            found = list(READERS[name](path, report))
        except DataError as error:
            assert str(error).startswith(str(path)) and str(error).encode()
        else:
            for document in found:
                record = document_to_dict(document)
                json.dumps(record, ensure_ascii=False).encode()
                assert document_from_dict(record) == document
        assert all(message.startswith(str(path)) and message.encode() for message in report.errors)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=under_stress(20, 1000))
@given(data=st.binary(max_size=80))
def test_any_bytes(tmp_path_factory, name, data):
    path = new_folder(tmp_path_factory) / "file"
    path.write_bytes(data)
    check(name, path)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=under_stress(20, 1000))
@given(data=st.lists(st.sampled_from(PIECES), max_size=14))
def test_pieces_of_the_formats(tmp_path_factory, name, data):
    path = new_folder(tmp_path_factory) / "file"
    path.write_bytes("".join(data).encode("utf-8", "surrogatepass"))
    check(name, path)


@pytest.mark.parametrize("name", ["jsonl", "cluener", "doccano", "cmeee", "mrc", "label-studio"])
@settings(max_examples=under_stress(25, 2000))
@given(records=st.lists(VALUES | almost_right(), max_size=3), ascii_only=st.booleans())
def test_any_json(tmp_path_factory, name, records, ascii_only):
    path = new_folder(tmp_path_factory) / "file"
    lines = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    whole = "\n".join(lines) if name in ("jsonl", "cluener", "doccano") else f"[{','.join(lines)}]"
    path.write_bytes(whole.encode("utf-8", "surrogatepass"))
    check(name, path)


@given(
    text=st.binary(max_size=20) | st.sampled_from(["好的\r\n坏".encode(), "\ufeff好".encode()]),
    annotations=st.binary(max_size=30)
    | st.lists(
        st.sampled_from(
            ["T1\t", "X ", "0 1", ";", "2 3", "99999999999999999999", "\t好", "\n", "R1", "\ufeff", " ", "-1"]
        ),
        max_size=12,
    ).map(lambda parts: "".join(parts).encode()),
)
def test_any_brat(tmp_path_factory, text, annotations):
    folder = new_folder(tmp_path_factory)
    (folder / "a.txt").write_bytes(text)
    (folder / "a.ann").write_bytes(annotations)
    check("brat", folder)
