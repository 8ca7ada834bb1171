"""Entity types and query files."""

import pytest

from bert_mrc_theseus.errors import DataError, UsageError
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


@pytest.mark.parametrize(
    ("head", "name"),
    [("[人名]", "人名"), ("[ORG.NAM]", "ORG.NAM"), ('["ORG.NAM"]', "ORG.NAM"), ("[ 机构 名 ] # x", "机构 名"),
     ("['人.名']", "人.名")],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_stands_in_the_brackets_is_the_name(tmp_path, head, name, mark):
    path = tmp_path / "queries.toml"
    path.write_text(f'{mark}{head}\nquery = "谁"\r\nexamples = """\n[甲]\n"""\n[B]\nquery = "何"\n', encoding="utf-8")
    assert read_queries(path) == Schema((EntityType(name, "谁"), EntityType("B", "何")))


@pytest.mark.parametrize("query", ["\\u200b", "", " ", "\u3000", "\\t\\n"])
def test_a_blank_query_is_a_fault(tmp_path, query):
    path = tmp_path / "queries.toml"
    path.write_text(f'[PER]\nquery = "{query}"\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"queries\.toml: .*'PER' has no text"):
        read_queries(path)
    with pytest.raises(ValueError, match="needs a name and a query"):
        Schema((EntityType("PER", "\u3000"),))


@pytest.mark.parametrize("content", ["[" * 20_000, "x = " + "[" * 20_000, "[A]\nquery = " + "{a=" * 20_000])
def test_brackets_without_end(tmp_path, content):
    path = tmp_path / "queries.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"queries\.toml: not a query file"):
        read_queries(path)


def test_types_that_are_named_twice_or_not_at_all():
    schema = Schema((EntityType("PER", "谁"), EntityType("LOC", "哪里")))
    for names in (["PER", "PER"], [], ["ORG"]):
        with pytest.raises(UsageError):
            schema.only(names)


@pytest.mark.parametrize("name", ["\u200b", "\ufeff", "a\0b", "a\tb", "\x9b"])
def test_a_name_can_be_seen_and_steers_nothing(tmp_path, name):
    with pytest.raises(ValueError, match=r"needs a name and a query|no control characters"):
        Schema((EntityType(name, "人名"),))
    (tmp_path / "q.toml").write_text(
        f'["{name.encode("unicode_escape").decode()}"]\nquery = "人名"\n', encoding="utf-8"
    )
    with pytest.raises(DataError, match=r"q\.toml"):
        read_queries(tmp_path / "q.toml")
