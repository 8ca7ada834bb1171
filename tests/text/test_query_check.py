import pytest
from typer.testing import CliRunner

from bert_mrc_theseus.cli import app
from bert_mrc_theseus.text.documents import Document, Entity, write_documents
from bert_mrc_theseus.text.query_check import check_queries
from bert_mrc_theseus.text.schema import EntityType, Schema

GOOD = Schema((EntityType("PER", "人名"), EntityType("LOC", "地名")))
DOCUMENTS = [Document("a", "李明在北京", (Entity(0, 2, "PER"), Entity(3, 5, "LOC")))]


def test_a_good_file_has_no_findings():
    assert check_queries(GOOD, DOCUMENTS) == []


def test_duplicates_and_long_queries():
    schema = Schema(
        (EntityType("A", "人 名"), EntityType("B", "人名"), EntityType("C", "长" * 31), EntityType("D", "x" * 40))
    )
    found = check_queries(schema, context_position=40)
    assert [(f.type, f.fatal) for f in found] == [("B", True), ("C", False), ("D", True)]
    assert "query of A" in found[0].problem and "31 characters" in found[1].problem and "at most 38" in found[2].problem


def test_types_that_data_or_queries_lack():
    schema = Schema((EntityType("PER", "人名"), EntityType("ORG", "机构")))
    found = {f.type: f for f in check_queries(schema, DOCUMENTS)}
    assert set(found) == {"ORG", "LOC"} and not found["ORG"].fatal and found["LOC"].fatal


@pytest.mark.parametrize("query, status", [("地名", 0), ("人名", 1)])
def test_the_command_says_what_it_found(tmp_path, query, status):
    (tmp_path / "queries.toml").write_text(f'[PER]\nquery = "人名"\n[LOC]\nquery = "{query}"\n', encoding="utf-8")
    write_documents(tmp_path / "train.jsonl", DOCUMENTS)
    done = CliRunner().invoke(app, ["queries", "check", str(tmp_path / "queries.toml"), "--data", str(tmp_path)])
    assert done.exit_code == status
    assert ("nothing to complain about" if status == 0 else "LOC has the query of PER") in done.output
