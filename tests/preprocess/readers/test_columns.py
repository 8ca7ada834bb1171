"""Columns as they are found: joined files, headers, several columns, and every tag scheme."""

import pytest
from bert_mrc_theseus.preprocess.readers.columns import read_columns
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from bert_mrc_theseus.preprocess.readers.sources import ReadOptions
from bert_mrc_theseus.preprocess.readers.tag_lines import read_two_line
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.output.columns import column_lines
from bert_mrc_theseus.output.write import write_outputs
from bert_mrc_theseus.text.documents import Document, Entity


def read(tmp_path, content, strict=True, reader=read_columns, **options):
    path = tmp_path / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = ReadReport(strict=strict)
    documents = list(reader(path, report, ReadOptions(**options)))
    return [(d.text, [d.text_of(e) for e in d.entities]) for d in documents], report


def test_byte_order_marks_of_joined_files_are_no_characters(tmp_path):
    found, _ = read(tmp_path, "\ufeff宋\tB-PER\n遥\tI-PER\n\n\ufeff港\tB-LOC\n城\tI-LOC\n\ufeff\n\ufeff \tO\n好 O\n")
    assert found == [("宋遥", ["宋遥"]), ("港城", ["港城"]), (" 好", [])]
    found, _ = read(tmp_path, "\ufeff王 明\nB-PER I-PER\n\ufeff李\nB-PER\n", reader=read_two_line)
    assert found == [("王明", ["王明"]), ("李", ["李"])]


@given(st.lists(st.text("\ufeff好 ", min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_text_may_begin_with_a_byte_order_mark(tmp_path_factory, texts):
    items = [Document("", text, (Entity(0, 1, "X"),)) for text in texts]
    path = tmp_path_factory.mktemp("columns") / "file"
    write_outputs(items, "conll", path)
    assert [d.text for d in read_columns(path, ReadReport())] == texts
    path.write_text("".join(column_lines(item)[0] for item in items), encoding="utf-8")
    assert [d.text for d in read_columns(path, ReadReport())] == texts


@pytest.mark.parametrize(
    "start", ["-DOCSTART-\tO", "-DOCSTART- O", "-DOCSTART-", "-DOCSTART- -X- O O", "\ufeff-DOCSTART-\tO"]
)
def test_a_document_start_is_no_token(tmp_path, start):
    found, report = read(tmp_path, f"{start}\n\n宋\tB-PER\n遥\tI-PER\n{start}\n港\tO\n")
    assert found == [("宋遥", ["宋遥"]), ("港", [])] and report.counts() == {"metadata": 2}


@pytest.mark.parametrize("line", ["WID:Ll5Zd", "# id = 7", "#", "# text = 好", "sent_id=3", "\ufeffWID:x", "id: 7\t8"])
def test_metadata_before_a_document_is_left_out_and_counted(tmp_path, line):
    found, report = read(tmp_path, f"{line}\r\n好\tO\r\n\r\n{line}\r\n{line}\r\n坏\tO\r\n")
    assert found == [("好", []), ("坏", [])] and report.counts() == {"metadata": 3}
    if "\t" not in line and " " not in line:
        with pytest.raises(DataError, match=":2: "):
            read(tmp_path, f"好\tO\n{line}\n")


def test_tokens_that_look_like_metadata_are_tokens(tmp_path):
    assert read(tmp_path, "# O\n7 O\n\n#\tB-X\n\nT:\tO\n")[0] == [("#7", []), ("#", ["#"]), ("T:", [])]


@pytest.mark.parametrize(
    ("tags", "scheme", "unclosed"),
    [
        ("B I O S O", "BIOS", 0),
        ("B I O B O", "BIO", 0),
        ("B L O U O", "BILUO", 0),
        ("B E O S O", "BIOES", 0),
        ("B M O W O", "BMEWO", 1),
        ("B M O S O", "BMES", 1),
        ("B I O U O", "BILUO", 0),
    ],
)
def test_the_scheme_of_the_file_is_recognised_and_said(tmp_path, tags, scheme, unclosed):
    lines = [f"{char}\t{tag}{'' if tag == 'O' else '-X'}" for char, tag in zip("宋遥在港。", tags.split(), strict=True)]
    found, report = read(tmp_path, "\n".join(lines) + "\n")
    assert found == [("宋遥在港。", ["宋遥", "港"])]
    assert report.notes == {"tag scheme": scheme} and report.unclosed == unclosed


def test_what_is_unclosed_is_told_by_the_whole_file(tmp_path):
    _, report = read(tmp_path, "宋 B-X\n遥 I-X\n\n港 B-X\n城 E-X\n")
    assert report.notes == {"tag scheme": "BIOES"} and report.counts() == {"unclosed": 1}


def test_several_columns(tmp_path):
    content = "宋 NR I-NP B-PER\n遥 NR I-NP I-PER\n\n在 P O O\n"
    found, report = read(tmp_path, content)
    assert found == [("宋遥", ["宋遥"]), ("在", [])]
    assert report.notes == {"tag scheme": "BIO", "columns": "4, tag in 4"}
    found, report = read(tmp_path, "宋\tB-PER\t1\n遥\tI-PER\t2\n\n", tag_column=2)
    assert found == [("宋遥", ["宋遥"])] and report.notes["columns"] == "3, tag in 2"
    with pytest.raises(DataError, match=r":1: unknown tag '1'.*--tag-column"):
        read(tmp_path, "宋\tB-PER\t1\n")
    with pytest.raises(DataError, match=r":1: 2 columns, and the tag should be in column 3"):
        read(tmp_path, "宋\tB-PER\n", tag_column=3)
    with pytest.raises(DataError, match=r":2: 2 columns, where the lines before have 4"):
        read(tmp_path, "宋 NR I-NP B-PER\n遥 I-PER\n")
    found, _ = read(tmp_path, "宋\tNR\tB-PER\n \t\tI-PER\n遥\t\tI-PER\n")
    assert found == [("宋 遥", ["宋 遥"])]


def test_a_line_in_another_encoding_costs_its_document(tmp_path):
    content = "好 O\n\n".encode() + "宋 B-X\n遥 I-X\n\n".encode("gbk") + "港 O\n".encode() + "城 O".encode("gbk")
    with pytest.raises(DataError, match=r"file:3: not UTF-8"):
        read(tmp_path, content)
    found, report = read(tmp_path, content, strict=False)
    assert found == [("好", [])] and report.skipped == 2
