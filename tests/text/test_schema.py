"""Entity types and query files."""

import pytest

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.schema import EntityType, Schema, read_queries, schema_from_json, schema_to_json


def test_queries_in_order_and_styles(tmp_path):
    path = tmp_path / "queries.toml"
    path.write_text('["ORG.NAM"]\nquery = "机构名：公司"\nshort = "机构"\n[PER]\nquery = "人名"\n', encoding="utf-8")
    assert read_queries(path, "query") == Schema((EntityType("ORG.NAM", "机构名：公司"), EntityType("PER", "人名")))
    assert read_queries(path) == Schema((EntityType("ORG.NAM", "机构"), EntityType("PER", "人名")))
    with pytest.raises(DataError, match=r"'ORG.NAM' has no text for \"examples\""):
        read_queries(path, "examples")
    assert [item.query for item in read_queries(path, "name").types] == ["ORG.NAM", "PER"]


def test_saved_and_read_back():
    schema = Schema((EntityType("地点", "哪里"), EntityType("PER", "谁")))
    assert schema_from_json(schema_to_json(schema)) == schema
    assert schema.names == ("地点", "PER") and schema.index("PER") == 1
    with pytest.raises(KeyError, match="ORG"):
        schema.index("ORG")


@pytest.mark.parametrize("content", ["", "[PER]\n", "query = 3", "[PER]\nquery = ''", "[PER", "[PER]\nquery = 3"])
def test_bad_query_files(tmp_path, content):
    path = tmp_path / "queries.toml"
    path.write_text(content)
    with pytest.raises(DataError, match=r"queries\.toml: not a query file"):
        read_queries(path)


def test_absent_query_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.toml: cannot open: No such file"):
        read_queries(tmp_path / "none.toml")


def test_a_query_file_of_any_editor(tmp_path):
    path = tmp_path / "queries.toml"
    path.write_bytes('\ufeff[PER]\r\nquery = "人名"\r\n'.encode())
    assert read_queries(path) == Schema((EntityType("PER", "人名"),))
    path.write_bytes('[PER]\nquery = "人名"\n'.encode("gb18030"))
    with pytest.raises(DataError, match=r"queries\.toml:2: not UTF-8: .*iconv"):
        read_queries(path)
