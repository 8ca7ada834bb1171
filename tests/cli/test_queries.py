"""`queries check`."""

import pytest

from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import write_documents

DOCUMENTS = [Document("a", "李明在北京", (Entity(0, 2, "PER"), Entity(3, 5, "LOC")))]


@pytest.mark.parametrize(
    ("query", "status", "english", "chinese"),
    [
        ("地名", 0, "nothing to complain about", "没有发现问题"),
        ("人名", 1, "LOC has the query of PER", "LOC 的问题与 PER 相同：模型无法区分"),
    ],
)
def test_the_command_says_what_it_found(tmp_path, command, query, status, english, chinese):
    (tmp_path / "queries.toml").write_text(f'[PER]\nquery = "人名"\n[LOC]\nquery = "{query}"\n', encoding="utf-8")
    write_documents(tmp_path / "train.jsonl", DOCUMENTS)
    for language, expected in (("en", english), ("zh", chinese)):
        done = command("--lang", language, "queries", "check", tmp_path / "queries.toml", "--data", tmp_path)
        assert done[0] == status and expected in done[1]
