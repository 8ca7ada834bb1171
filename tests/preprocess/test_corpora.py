"""The registry of corpora; and, where BMT_CORPORA names their folder, every count of every corpus."""

import gzip
import os

import pytest
from bert_mrc_theseus.preprocess.corpora import CORPORA, a_fifth_is_dev
from bert_mrc_theseus.preprocess.corpus_files import VARIABLE, corpus_files, load_corpus, query_file
from bert_mrc_theseus.preprocess.readers.columns import read_columns
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.output.columns import column_lines
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import read_queries
from bert_mrc_theseus.text.tags import SCHEMES, outermost

# (documents, entities) a split, as their publishers or our provenance notes count them, untruncated.
EXPECTED: dict[str, dict[str, tuple[int, int]]] = {
    "peoples_daily": {"train": (20864, 33992), "dev": (2318, 3819), "test": (4636, 7707)},
    "msra": {"train": (41728, 70446), "dev": (4636, 4257), "test": (4365, 6181)},
    "weibo": {"train": (1350, 1895), "dev": (270, 389), "test": (270, 418)},
    "resume": {"train": (3821, 13440), "dev": (463, 1497), "test": (477, 1630)},
    "cluener": {"train": (10748, 23971), "dev": (1343, 3072)},
    # 61,796 in train, two of which end before they start.
    "cmeee": {"train": (15000, 61794), "dev": (5000, 20300)},
    "cmeee_v2": {"dev": (5000, 26081)},
    "uner": {"train": (3997, 6118), "dev": (500, 753), "test": (500, 763)},
    "uner_gsd": {"train": (3997, 6136), "dev": (500, 810), "test": (500, 767)},
    "weibo_original": {"train": (1350, 1391), "dev": (270, 305), "test": (270, 320)},
    "msra_wwm": {"train": (50658, 74709), "dev": (4631, 6192)},
    "msra_bio": {"test": (3442, 6190)},
    "msra_segments": {"test": (4365, 6181)},
    "literature": {"dev": (1895, 10571), "test": (2837, 16186)},
    # Less entities whose text is not what their offsets say (1,894, 5, 13) and repeats (21, 2, 6); with those whose pieces a
    # line end parts, which their publishers count apart.
    "literature_brat": {
        "train": (695, 122055 - 1894 - 21 + 2884),
        "dev": (58, 11641 - 5 - 2 + 282),
        "test": (84, 16433 - 13 - 6 + 376),
    },
    # Without the 40 and 1 posts, and 598 utterances, that repeat another.
    "cmner": {"train": (2960, 16280), "dev": (999, 5393)},
    "aishell_ner": {"train": (10966, 5502), "dev": (2762, 1330)},
    "ecommerce": {"train": (3989, 12110), "dev": (500, 1540), "test": (498, 1567)},
    "youku": {"train": (8001, 12754), "dev": (1000, 1581), "test": (1001, 1570)},
    "taobao": {"train": (6000, 29397), "dev": (998, 4941), "test": (1000, 4866)},
    "chisiec": {"train": (1746, 11284), "dev": (219, 1437), "test": (218, 1473)},
    # 2,452 lines with 23,057; two more lines fit their tags once a character may be a space.
    "classical": {"all": (2454, 23057 + 22)},
    # ns, nt and nr, bracketed ones too; nrf and nrg that follow each other are one person. nz, i and l are no types here.
    "pfr1998": {"dev": (1903, 2604 + 112 + 715 + 377 + 1928), "test": (1922, 2560 + 101 + 687 + 333 + 2071)},
}

needs_corpora = pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} is not set")


def test_every_corpus_has_counts_and_queries():
    assert set(EXPECTED) == set(CORPORA)
    for name, corpus in CORPORA.items():
        assert set(EXPECTED[name]) == set(corpus.files)
        assert query_file(name) is not None, name


def test_every_query_file_offers_short_queries():
    for name in ("sample", *CORPORA):
        path = query_file(name)
        assert path is not None
        long, short = read_queries(path, "query"), read_queries(path, "short")
        assert long.names == short.names
        for item in short.types:
            assert 2 <= len(item.query) <= 4 or item.query.isascii(), (name, item)


def test_without_a_folder_it_says_where_to_get_the_corpus(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(DataError, match=r"github\.com/hltcoe/golden-horse.*--from"):
        corpus_files("weibo")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"train\.char\.bmes \(or \.gz\) is not in .*LatticeLSTM"):
        corpus_files("resume", tmp_path)


def test_an_unknown_corpus_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"one of sample, peoples_daily, msra"):
        corpus_files("ontonotes")


def test_its_own_folder_and_gz_files_do(tmp_path):
    for split in ("train", "dev", "test"):
        with gzip.open(tmp_path / f"{split}.char.bmes.gz", "wt", encoding="utf-8") as stream:
            stream.write("王 B-NAME\n明 E-NAME\n\n")
    splits = load_corpus("resume", tmp_path)
    assert {split: [d.text for d in documents] for split, (documents, _) in splits.items()} == {
        "train": ["王明"], "dev": ["王明"], "test": ["王明"]
    }  # fmt: skip


def write_columns(path, posts, separator="\t", head=""):
    path.write_text(
        "".join(head + "".join(f"{char}{separator}O\r\n" for char in post) + "\r\n" for post in posts), newline=""
    )


def test_cmner_has_lines_that_are_no_characters_and_posts_that_are_repeated(tmp_path):
    for split in ("train", "dev"):
        write_columns(tmp_path / f"{split}.txt", ["好", "北京 好", "好"], head="WID:Ll5Zd\r\n")
    for documents, report in load_corpus("cmner", tmp_path, strict=True).values():
        assert [document.text for document in documents] == ["好", "北京 好"]
        assert (report.metadata, report.repeated_documents, report.blank_tokens) == (3, 1, 1)


def test_aishell_is_split_by_its_texts(tmp_path):
    texts = [f"第{number}句" for number in range(200)]
    write_columns(tmp_path / "dev.bio.txt", texts + texts[:20], separator=" ")
    splits = load_corpus("aishell_ner", tmp_path, strict=True)
    found = {split: [document.text for document in documents] for split, (documents, _) in splits.items()}
    assert sorted(found["train"] + found["dev"]) == sorted(texts)
    assert found["dev"] == [text for text in texts if a_fifth_is_dev(text) == "dev"] and 20 < len(found["dev"]) < 60
    assert sum(report.repeated_documents for _, report in splits.values()) == 20


@needs_corpora
@pytest.mark.corpora
@pytest.mark.parametrize("name", CORPORA)
def test_counts_and_round_trips(name, tmp_path):
    queries = read_queries(query_file(name))
    for split, (documents, report) in load_corpus(name).items():
        expected, entities = EXPECTED[name][split]
        assert len(documents) == expected
        assert sum(len(document.entities) for document in documents) == entities, report.counts()
        assert {e.type for document in documents for e in document.entities} <= set(queries.names)

        scheme = list(SCHEMES)[len(split) % len(SCHEMES)]
        written = [column_lines(document, scheme) for document in documents]
        dropped = sum(lost for _, lost in written)
        (tmp_path / "columns").write_bytes("".join(lines for lines, _ in written).encode("utf-8"))
        again = ReadReport()
        back = list(read_columns(tmp_path / "columns", again))
        filled = [document for document in documents if document.text]
        assert len(back) == len(filled) and again.repaired == again.unclosed == 0
        lost = 0
        for before, after in zip(filled, back, strict=True):
            kept, less = outermost(before.entities)
            lost += less
            flat_text = before.text.replace("\r", " ").replace("\n", " ")
            assert Document(before.id, flat_text, kept) == Document(before.id, after.text, after.entities)
        assert lost == dropped
