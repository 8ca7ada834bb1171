"""Every format: what its reader makes of a hand-written file, and of bad ones."""

import gzip
import io
import json
import tarfile

import pytest
from bert_mrc_theseus.preprocess.readers.formats import READERS, check_options, reader_of
from bert_mrc_theseus.preprocess.readers.paths import source_files
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from bert_mrc_theseus.preprocess.readers.sources import ReadOptions

from bert_mrc_theseus.errors import DataError, UsageError, UserError
from bert_mrc_theseus.tables.kinds import TYPED
from bert_mrc_theseus.text.documents import Document, Entity

EXPECTED = {("王小明", "PER"), ("北京大学", "ORG")}
TEXT = "王小明在北京大学"

MRC = [
    {"context": " ".join(TEXT), "qas_id": "0.1", "entity_label": "PER", "query": "人名", "impossible": False,
     "start_position": [0], "end_position": [2], "span_position": ["0;2"]},
    {"context": " ".join(TEXT), "qas_id": "0.2", "entity_label": "ORG", "query": "机构", "impossible": False,
     "start_position": "4", "end_position": "7"},
    {"context": " ".join(TEXT), "qas_id": "0.3", "entity_label": "LOC", "query": "地名", "impossible": True,
     "start_position": [], "end_position": [], "span_position": []},
]  # fmt: skip
LABEL_STUDIO = [
    {"id": 7, "data": {"text": TEXT}, "annotations": [
        {"was_cancelled": True, "result": []},
        {"result": [
            {"value": {"start": 0, "end": 3, "text": "王小明", "labels": ["PER"]}, "type": "labels"},
            {"value": {"start": 4, "end": 8, "text": "北京大学", "labels": ["ORG"]}, "type": "labels"}]}]},
]  # fmt: skip
FILES = {
    "jsonl": json.dumps({"text": TEXT, "entities": [
        {"start": 0, "end": 3, "type": "PER"}, {"start": 4, "end": 8, "type": "ORG"}]}),
    "columns": "王\tB-PER\n小\tI-PER\n明\tI-PER\n在\tO\n北\tB_ORG\n京\tI_ORG\n大\tI_ORG\n学\tI_ORG\n",
    "two-line": "王 小 明 在 北 京 大 学\nB-PER M-PER E-PER O B-ORG M-ORG M-ORG E-ORG\n",
    "weibo": "王0\tB-PER\n小1\tI-PER\n明2\tI-PER\n在0\tO\n北0\tB-ORG\n京1\tI-ORG\n大0\tI-ORG\n学1\tI-ORG\n",
    "weibo-cesu8": "王\tB-PER\n小\tI-PER\n明\tI-PER\n在\tO\n北\tB-ORG\n京\tI-ORG\n大\tI-ORG\n学\tI-ORG\n",
    "uner": f"# text = {TEXT}\n1\t王小明\tB-PER\t-\n2\t在\tO\t-\n3\t北京\tB-ORG\t-\n4\t大学\tI-ORG\t-\n",
    "cluener": json.dumps({"text": TEXT, "label": {"PER": {"王小明": [[0, 2]]}, "ORG": {"北京大学": [[4, 7]]}}}),
    "cmeee": json.dumps([{"text": TEXT, "entities": [
        {"start_idx": 0, "end_idx": 2, "type": "PER", "entity": "王小明"}, {"start_idx": 4, "end_idx": 7, "type": "ORG"}]}]),
    "cmeee-text": f"{TEXT}|||0    2    PER|||4    7    ORG|||\n",
    "span-tsv": f"text\tlabel\n{' '.join(TEXT)}\t[('PER', 0, 2), ('ORG', 4, 7)]\n",
    "mrc": json.dumps(MRC),
    "doccano": json.dumps({"id": 3, "text": TEXT, "label": [[0, 3, "PER"], [4, 8, "ORG"]]}),
    "label-studio": json.dumps(LABEL_STUDIO),
    "pfr": "19980101-01-001-002/m  王/nrf  小明/nrg  在/p  [北京/ns  大学/n]nt\n",
    "csv": f'entities,text\n"[{{""start"":0,""end"":3,""type"":""PER""}},{{""start"":4,""end"":8,""type"":""ORG""}}]",{TEXT}\n',
    "tsv": f'text\tentities\n{TEXT}\t"[{{""start"":0,""end"":3,""type"":""PER""}},'
    '{""start"":4,""end"":8,""type"":""ORG""}]"\n',
    "segments": "王小明/PER 在/o 北京大学/ORG\n",
}  # fmt: skip


def read(path, name, strict=True):
    report = ReadReport(strict=strict)
    return list(reader_of(name)(path, report)), report


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_reader_reads(tmp_path, name, end):
    path = tmp_path / "file"
    path.write_bytes(FILES[name].replace("\n", end).encode())
    (document,), report = read(path, name)
    assert document.text == TEXT
    found = {(document.text_of(entity), entity.type) for entity in document.entities}
    assert found == EXPECTED | ({("北京", "LOC")} if name == "pfr" else set())
    assert report.counts() == {}


@pytest.mark.parametrize("name", sorted(set(FILES) - {"weibo-cesu8"}))
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_every_reader_reads_the_encoding_that_it_is_told(tmp_path, name, encoding):
    path = tmp_path / "file"
    path.write_bytes(FILES[name].encode(encoding))
    options = ReadOptions(encoding=encoding)
    check_options(name, options)
    assert [document.text for document in reader_of(name)(path, ReadReport(), options)] == [TEXT]


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("weibo-cesu8", ReadOptions(encoding="gb18030"), "has its own encoding"),
        ("columns", ReadOptions(encoding="hex"), "no text encoding 'hex'"),
        ("columns", ReadOptions(text_field="content"), "--text-field is for"),
        ("jsonl", ReadOptions(tag_column=2), "--tag-column is for --format columns"),
        ("columns", ReadOptions(tag_column=1), "2 or more"),
    ],
)
def test_options_that_a_format_would_not_look_at_are_refused(name, options, problem):
    with pytest.raises(UserError, match=problem):
        check_options(name, options)


def test_every_format_is_tested_here():
    assert set(READERS) - set(FILES) == {"parallel", "brat", "hf", "raw", "raw-file", "silver", *TYPED}


def test_parallel_files(tmp_path):
    (tmp_path / "x").write_text("王 明\n\n北京\n", encoding="utf-8")
    (tmp_path / "y").write_text("B-PER I-PER\n\nB-LOC I-LOC\n", encoding="utf-8")
    path = f"{tmp_path / 'x'},{tmp_path / 'y'}"
    documents, _ = read(path, "parallel")
    assert [(d.text, [d.text_of(e) for e in d.entities]) for d in documents] == [("王明", ["王明"]), ("北京", ["北京"])]
    assert source_files(path) == [tmp_path / "x", tmp_path / "y"]


def test_raw_text(tmp_path):
    path = tmp_path / "raw.txt"
    path.write_bytes("\ufeff一\r\n\r\n二\n".encode())
    assert [d.text for d in read(path, "raw")[0]] == ["一", "二"]
    assert [d.text for d in read(path, "raw-file")[0]] == ["一\r\n\r\n二\n"]


@pytest.fixture
def brat(tmp_path):
    folder = tmp_path / "brat" / "Training"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_bytes("王小明\r\n在北京".encode())
    lines = [
        "T1\tPER 0 3\t王小明",
        "T2\tX 2 7\t明  在北",
        "R1\tnear Arg1:T1 Arg2:T3",
        "T4\tLOC 6 7;8 9\t北 x",
        "T5\tLOC 6 8\t南京",
    ]
    (folder / "a.ann").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "brat" / "other.txt").write_text("没有注释", encoding="utf-8")
    (tmp_path / "brat" / "nothing.txt").write_text("没有", encoding="utf-8")
    (tmp_path / "brat" / "nothing.ann").touch()
    return tmp_path / "brat"


def test_brat_folders_and_archives(brat, tmp_path):
    documents, report = read(brat, "brat")
    assert [d.id for d in documents] == ["Training/a", "nothing"]
    assert documents[0].entities == (Entity(0, 3, "PER"), Entity(2, 7, "X"))
    assert report.counts() == {"discontinuous": 1, "mismatched": 1, "unannotated": 1, "other_results": 1}
    archive = tmp_path / "brat.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(brat, "x")
    assert [d.entities for d in read(archive, "brat")[0]] == [d.entities for d in documents]
    assert len(read(f"{archive}#Training", "brat")[0]) == 1


def test_cesu8_halves_are_joined(tmp_path):
    path = tmp_path / "weibo"
    halves = [half.encode("utf-8", "surrogatepass") for half in ("\ud83d", "\ude00")]
    path.write_bytes(b"\xe5\xa5\xbd\tO\n" + halves[0] + b"\tB-X\n" + halves[1] + b"\tI-X\n" + halves[0] + b"\tO\n")
    (document,), _ = read(path, "weibo-cesu8")
    assert document == Document("1", "好😀\ufffd", (Entity(1, 2, "X"),))


def test_a_blank_token_is_a_space_and_counted(tmp_path):
    path = tmp_path / "columns"
    path.write_text("李\tB-PER\n \tI-PER\n明\tI-PER\n\n好 O\n　 O\n", encoding="utf-8")
    documents, report = read(path, "columns")
    assert [d.text for d in documents] == ["李 明", "好　"] and report.counts() == {"blank_tokens": 2}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cluener", '{"text": "好"}\n{"text": "坏", "label": {}}'),
        ("doccano", '{"text": "好", "label": null}\n{"text": "坏", "label": []}'),
        ("cmeee", '[{"text": "好"}, {"text": "坏", "entities": []}]'),
    ],
)
def test_texts_that_nobody_annotated_are_not_texts_without_entities(tmp_path, name, content):
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    documents, report = read(path, name)
    assert [d.text for d in documents] == ["坏"] and report.counts() == {"unannotated": 1}


def test_a_token_of_nothing_is_a_space_too(tmp_path):
    path = tmp_path / "file"
    path.write_text("1\t\tB-PER\n2\t明\tI-PER\n", encoding="utf-8")
    assert read(path, "uner")[0] == [Document("1", " 明", (Entity(0, 2, "PER"),))]
    path.write_text("王  明明\nB-PER B-LOC O\n", encoding="utf-8")
    documents, report = read(path, "two-line")
    assert documents[0].text == "王 明明" and report.counts() == {"blank_tokens": 1}


def test_illegal_tags_are_repaired_and_counted(tmp_path):
    path = tmp_path / "columns"
    path.write_text("北 I-LOC\n京 I-ORG\n海 E-ORG\n\n上 B-LOC\n海 M-LOC\n", encoding="utf-8")
    documents, report = read(path, "columns")
    assert documents[0].entities == (Entity(0, 1, "LOC"), Entity(1, 3, "ORG"))
    assert documents[1].entities == (Entity(0, 2, "LOC"),)
    # The first entity has no end tag either: the file is one of BMES.
    assert report.counts() == {"repaired": 2, "unclosed": 2} and report.notes == {"tag scheme": "BMES"}


BAD = [
    ("columns", "好 O\n\n王 B-PER\n明 X-PER\n", r":4: unknown tag 'X-PER'"),
    ("columns", "好 O\n明 \n", r":2: unknown tag"),
    ("columns", "好 O\na b O\n", r":2: 3 columns, where the lines before have 2 .*--tag-column"),
    ("columns", "1\t好\tO\n2\t坏\tO\n", r":1: the first column numbers the tokens .*uner"),
    ("two-line", "王 小 明\nO O\n", r":1: 3 characters but 2 tags"),
    ("two-line", "王 小 明\n", r":1: 3 characters but 0 tags"),
    ("uner", "# text = 好\n1\t好\n", r":2: unknown tag"),
    ("jsonl", '{"text": "好"}\n{"text": }\n', r":2: not JSON"),
    ("jsonl", '{"text": "好", "entities": [{"start": 0, "end": 5, "type": "X"}]}', r":1: .*outside the text"),
    ("cluener", '{"text": "好", "label": {"X": {"好": [[0, 7]]}}}', r":1: .*outside the text"),
    ("cluener", '{"text": "好", "label": []}', r":1: expected"),
    ("cmeee", '{"text": "好"}', "expected a JSON list"),
    ("cmeee", "[1]", r":1: expected .*CMeEE"),
    ("cmeee", '[{"text": "好", "entities": []},\n{"text": 5, "entities": []}]', r":2: .*not a string"),
    ("cmeee", '[{"text": "好", "entities": [{"start_idx": 0.0, "end_idx": 0, "type": "X"}]}]', r":1: .*whole numbers"),
    ("cluener", '{"text": "好", "label": {"X": {"好": [[true, 0]]}}}', r":1: .*whole numbers"),
    ("cmeee-text", "好|||0 x PER\n", r":1: expected text"),
    ("cmeee-text", "好坏|||1    0    PER\n", r":1: .*start=1, end=1"),
    ("span-tsv", "text\tlabel\n好\t[('X', 0, 0)]\n好\t[('X', 5, 6)]\n", r":3: .*start=5"),
    ("span-tsv", "text\tlabel\n好\t[('X', 0, 3)]\n", r":2: .*outside the text"),
    ("span-tsv", "text\tlabel\n好\t[('\\ud800', 0, 0)]\n", r":2: .*a type is a string"),
    ("span-tsv", "text\tlabel\n好\tnonsense\n", r":2: bad label column"),
    ("mrc", '[{"context": "好", "qas_id": "0.1", "entity_label": "X", "span_position": ["0;4"]}]', "bad MRC record"),
    ("mrc", '[{"qas_id": "0.1"}]', r":1: expected an MRC record"),
    ("mrc", '[{"context": 5, "qas_id": "0.1"}]', r":1: expected an MRC record"),
    ("mrc", '[{"context": "好", "qas_id": "1.1", "entity_label": 7, "span_position": ["0;0"]}]', "a type is a string"),
    ("doccano", '{"text": "好", "label": [[0, 1]]}', r":1: expected doccano"),
    ("doccano", '{"text": "好", "label": [[0, 1, 7]]}', r":1: .*a type is a string. Received: 7"),
    ("doccano", '{"text": "好", "label": [[0, 1, ["X"]]]}', r":1: .*a type is a string"),
    ("doccano", '{"text": "好", "label": [[0, 1.0, "X"]]}', r":1: .*whole numbers"),
    ("doccano", '{"text": 5, "label": []}', r":1: .*'text' is 5, not a string"),
    ("doccano", '{"text": "好", "annotations": [{"label": 3}]}', r":1: .*export the labels' texts"),
    ("doccano", '{"text": "好", "label": false}', r":1: expected doccano"),
    ("doccano", '{"text": "好", "label": [], "n": ' + "9" * 5000 + "}", r":1: a number of 5000 digits"),
    ("doccano", '{"text": "坏\\ud800字", "label": []}', r":1: .*lone surrogate"),
    ("label-studio", '[{"data": {}, "annotations": [{"result": []}]}]', r":1: task 1: .*no 'text' .*--text-field"),
    (
        "label-studio",
        '[{"data": {"text": "好"}, "annotations": [{"result": []}]},\n5]',
        r":2: task 2: a task is an object",
    ),
    ("pfr", "19980101-01-001-001/m  好\n", r":1: "),
    ("segments", "好\n", r":1: expected segment/tag"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD)
def test_bad_records_stop_a_strict_reader_and_are_counted_by_another(tmp_path, name, content, message):
    path = tmp_path / "bad"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read(path, name)
    # A file that is no list has no record to leave out.
    if "expected a JSON list" not in message:
        report = read(path, name, strict=False)[1]
        assert report.skipped == 1
        with pytest.raises(DataError, match=message):
            raise DataError(report.errors[0])


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(UsageError, match="one of jsonl, columns"):
        reader_of("conllu")


@pytest.mark.parametrize("name", ["raw", "raw-file", *(name for name in FILES if not FILES[name].isascii())])
def test_what_is_not_utf8_is_never_read_as_something_else(tmp_path, name):
    path = tmp_path / "gbk"
    path.write_bytes(FILES.get(name, TEXT).encode("gb18030"))
    with pytest.raises(DataError, match="not UTF-8"):
        read(path, name)


@pytest.mark.parametrize("name", ["raw", "raw-file", *FILES])
def test_damaged_gzip_is_named(tmp_path, name):
    path = tmp_path / "torn.gz"
    whole = gzip.compress(FILES.get(name, TEXT).encode())
    for data in (whole[:-9], whole[: len(whole) // 2], b"plain", b"PK\3\4"):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"torn\.gz:\d+: cannot read on"):
            read(path, name)


def test_a_bad_archive_is_reported(tmp_path):
    path = tmp_path / "brat.tar.gz"
    path.write_bytes(io.BytesIO(b"no archive").getvalue())
    with pytest.raises(DataError, match=r"brat\.tar\.gz"):
        read(path, "brat")
