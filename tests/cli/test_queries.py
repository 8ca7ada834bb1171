"""`queries check`."""

import pytest
from typer.testing import CliRunner

from bert_mrc_theseus.cli.app import app
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import write_documents

DOCUMENTS = [Document("a", "李明在北京", (Entity(0, 2, "PER"), Entity(3, 5, "LOC")))]


@pytest.mark.parametrize("query, status", [("地名", 0), ("人名", 1)])
def test_the_command_says_what_it_found(tmp_path, query, status):
    (tmp_path / "queries.toml").write_text(f'[PER]\nquery = "人名"\n[LOC]\nquery = "{query}"\n', encoding="utf-8")
    write_documents(tmp_path / "train.jsonl", DOCUMENTS)
    done = CliRunner().invoke(app, ["queries", "check", str(tmp_path / "queries.toml"), "--data", str(tmp_path)])
    assert done.exit_code == status
    assert ("nothing to complain about" if status == 0 else "LOC has the query of PER") in done.output
