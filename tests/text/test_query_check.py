"""What is wrong with a query file."""

from bert_mrc_theseus.text.documents import Document, Entity
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
