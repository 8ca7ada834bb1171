"""Exports of Label Studio: what is an annotation, where the text is, and whose offsets are believed."""

import json

import pytest
from bert_mrc_theseus.preprocess.readers.label_studio import read_label_studio
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from bert_mrc_theseus.preprocess.readers.sources import ReadOptions

from bert_mrc_theseus.errors import DataError


def span(start, end, text, *types, name="labels", **more):
    value = {"start": start, "end": end, "text": text, name: list(types), **more}
    return {"id": "a", "type": name, "value": {key: item for key, item in value.items() if item is not None}}


def task(text, *results, **more):
    return {"id": 5, "data": {"text": text}, "annotations": [{"id": 1, "result": list(results)}], **more}


def read(tmp_path, *tasks, strict=True, **options):
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    report = ReadReport(strict=strict)
    documents = list(read_label_studio(path, report, ReadOptions(**options)))
    return [(d.text, [(d.text_of(e), e.start, e.type) for e in d.entities]) for d in documents], report


def test_a_line_end_that_was_counted_as_one_character(tmp_path):
    text = "苏澜在渤海湾。\r\n她去了上海。\r\n又到青岛。"
    found, report = read(
        tmp_path, task(text, span(0, 2, "苏澜", "PER"), span(11, 13, "上海", "LOC"), span(17, 19, "青岛", "LOC"))
    )
    assert found == [(text, [("苏澜", 0, "PER"), ("上海", 12, "LOC"), ("青岛", 19, "LOC")])] and report.counts() == {}


def test_offsets_in_utf16_units(tmp_path):
    assert read(tmp_path, task("😀北京好", span(2, 4, "北京", "LOC")))[0] == [("😀北京好", [("北京", 1, "LOC")])]
    both = task("😀好\r\n北京", span(4, 6, "北京", "LOC"))
    assert read(tmp_path, both)[0] == [("😀好\r\n北京", [("北京", 4, "LOC")])]


def test_a_copied_text_without_the_white_space_of_the_source(tmp_path):
    results = [span(0, 5, "北京 大学", "ORG"), span(6, 9, "上\\n海", "LOC")]
    found, report = read(tmp_path, task("北京\n大学，上\n海", *results))
    assert found[0][1] == [("北京\n大学", 0, "ORG"), ("上\n海", 6, "LOC")] and report.counts() == {}


def test_what_is_not_where_it_should_be_is_looked_for_or_counted(tmp_path):
    results = [
        span(0, 2, "上海", "LOC"),
        span(0, 2, "重庆", "LOC"),
        span(0, 1, "京", "LOC"),
        span(90, 99, "大连", "LOC"),
    ]
    found, report = read(tmp_path, task("北京到上海，京沪线", *results))
    assert found[0][1] == [("上海", 3, "LOC")] and report.counts() == {"mismatched": 3}


def test_offsets_that_nothing_tells_are_not_guessed(tmp_path):
    bare = [span(0, 2, None, "LOC"), span(5, 7, None, "LOC")]
    assert read(tmp_path, task("北京到。\n上海好", *bare))[0][0][1] == [("北京", 0, "LOC"), ("上海", 5, "LOC")]
    found, report = read(tmp_path, task("北京到。\r\n上海好", *bare))
    assert found[0][1] == [("北京", 0, "LOC")] and report.counts() == {"mismatched": 1}
    found, report = read(tmp_path, task("北京到。\r\n上海好", *bare, span(5, 8, "上海好", "X")))
    assert found[0][1] == [("北京", 0, "LOC"), ("上海", 6, "LOC"), ("上海好", 6, "X")] and report.counts() == {}


def test_a_hypertext_is_read_without_its_markup(tmp_path):
    places = {"startOffset": 0, "endOffset": 3, "globalOffsets": {"start": 0, "end": 3}}
    first = span("/p[1]/text()[1]", "/p[1]/text()[1]", "顾青禾", "PER", name="hypertextlabels", **places)
    old = span("/p[1]/text()[1]", "/p[1]/text()[1]", "澄湖市", "LOC", name="hypertextlabels")
    lost = span("/p[1]/text()[1]", "/p[1]/text()[1]", "青禾市", "LOC", name="hypertextlabels")
    found, report = read(
        tmp_path, task("<p>顾青禾在<b>澄湖</b>市的 A&amp;B 厂</p>", first, old, lost), task("<i>没有</i>")
    )
    assert found == [("顾青禾在澄湖市的 A&B 厂", [("顾青禾", 0, "PER"), ("澄湖市", 4, "LOC")]), ("没有", [])]
    assert report.counts() == {"mismatched": 1}


def test_relations_and_choices_are_counted_and_entities_kept(tmp_path):
    results = [
        span(0, 3, "顾青禾", "PER"),
        {"from_id": "a1", "to_id": "a2", "type": "relation", "labels": ["works_at"]},
        {"id": "c1", "type": "choices", "value": {"choices": ["job"]}},
        span(0, 3, "顾青禾"),
    ]
    found, report = read(tmp_path, task("顾青禾在澄湖市", *results))
    assert found[0][1] == [("顾青禾", 0, "PER")] and report.counts() == {"other_results": 3}


def test_tasks_that_nobody_annotated_are_left_out_and_counted(tmp_path):
    predicted = {"data": {"text": "一"}, "predictions": [{"result": [span(0, 1, "一", "X")]}]}
    cancelled = {"data": {"text": "二"}, "annotations": [{"was_cancelled": True, "result": []}]}
    none = [predicted, cancelled, {"data": {"text": "三"}, "annotations": []}]
    found, report = read(tmp_path, *none, task("四"))
    assert found == [("四", [])] and report.counts() == {"unannotated": 3}
    with pytest.raises(DataError, match=r"none of the 3 tasks is annotated .*predictions are no annotations"):
        read(tmp_path, *none)


def test_the_first_annotation_counts(tmp_path):
    two = task("北京")
    two["annotations"] = [{"result": [span(0, 2, "北京", "LOC")]}, {"result": []}]
    found, report = read(tmp_path, two)
    assert found[0][1] == [("北京", 0, "LOC")] and report.counts() == {"other_results": 1}


def test_a_text_under_another_key(tmp_path):
    other = {
        "id": 5,
        "data": {"content": "北京", "title": "t"},
        "annotations": [{"result": [span(0, 2, "北京", "LOC")]}],
    }
    with pytest.raises(DataError, match=r"json:2: task 1: .*no 'text' .*'content', 'title'.*--text-field"):
        read(tmp_path, other)
    assert read(tmp_path, other, text_field="content")[0] == [("北京", [("北京", 0, "LOC")])]


def test_json_min(tmp_path):
    places = [{"start": 0, "end": 2, "text": "北京", "labels": ["LOC"]}]
    minimal = {"id": 5, "text": "北京好", "ner": places, "topic": "x", "annotation_id": 1}
    empty = {"id": 6, "text": "没有", "annotation_id": 2}
    found, report = read(tmp_path, minimal, empty, {"id": 7, "text": "谁也没看"})
    assert found == [("北京好", [("北京", 0, "LOC")]), ("没有", [])] and report.counts() == {"unannotated": 1}
    renamed = {"content": "北京好", "label": places}
    with pytest.raises(DataError, match=r"no 'text' .*'content', 'label'.*--text-field"):
        read(tmp_path, renamed)
    assert read(tmp_path, renamed, text_field="content")[0] == [("北京好", [("北京", 0, "LOC")])]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({"data": {"text": "好"}, "annotations": 5}, '"annotations" of a task are a list'),
        ({"data": {"text": "好"}, "annotations": [{"result": None}]}, 'a list "result"'),
        ({"data": [], "annotations": []}, '"data" of a task is an object'),
        (task(["好"], span(0, 1, "好", "X")), "not a string"),
        (task("好", span(0, 1, "好", 7)), "a list of types"),
        (task("好", span(0, 1, 5, "X")), '"start", "end" and "text"'),
        (task("好", span(0.0, 1, "好", "X")), "whole numbers"),
        (task("好", span(True, 1, "好", "X")), "whole numbers"),
        (task("坏\ud800", span(0, 1, "坏", "X")), "lone surrogate"),
    ],
)
def test_a_bad_task_costs_itself_alone_and_has_its_line(tmp_path, bad, problem):
    path = tmp_path / "tasks.json"
    path.write_text("[\n" + ",\n".join(json.dumps(item) for item in (task("一"), bad, task("二"))) + "\n]")
    with pytest.raises(DataError, match=rf"tasks\.json:3: .*{problem}"):
        list(read_label_studio(path, ReadReport()))
    report = ReadReport(strict=False)
    assert [document.text for document in read_label_studio(path, report)] == ["一", "二"] and report.skipped == 1
