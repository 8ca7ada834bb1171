"""The registry of known corpora: where each one's files are, in which format, and where to get them.

The corpora themselves are not part of this project. They are read from a folder that holds one folder per corpus
(argument, or the environment variable BMT_CORPORA), plain or gz.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bert_mrc_theseus.preprocess.readers.tag_lines import read_parallel

from bert_mrc_theseus.text.documents import Document

from .readers.formats import READERS, Reader
from .readers.read_report import ReadReport


@dataclass(frozen=True)
class Corpus:
    """A known corpus.

    Attributes:
        files: file of each split, relative to the folder of all corpora.
        reader: its format.
        source: public repository and path.
        licence: as stated there.
        queries: name of its file in data/queries.
        rename: maps the corpus' type names to ours.
        backwards: splits whose file has the sentences of a text in reverse order, which matters where they are joined.
        once: documents whose text an earlier one of the split has are left out: the corpus is known to repeat some.
        split_of: tells the split of a text, where its publishers did not split the file; that file is the one of every split.
    """

    files: dict[str, str]
    reader: Reader
    source: str
    licence: str = "not stated: research use"
    queries: str = ""
    rename: Callable[[str], str] = str
    backwards: tuple[str, ...] = ()
    once: bool = False
    split_of: Callable[[str], str] | None = None


def _three(folder: str, pattern: str, *splits: str) -> dict[str, str]:
    return {split: f"{folder}/{pattern.format(split)}" for split in splits or ("train", "dev", "test")}


_MSRA = {"NR": "PER", "NS": "LOC", "NT": "ORG", "nr": "PER", "ns": "LOC", "nt": "ORG"}
_LITERATURE = "lancopku/Chinese-Literature-NER-RE-Dataset"
_CLASSICAL = "classical_chinese_beeevita"


def _before_hyphen(kind: str) -> str:
    return kind.partition("-")[0]


def a_fifth_is_dev(text: str) -> str:
    """The split of a text: "dev" if its SHA-256, as a number, is a multiple of five, else "train"."""
    return "dev" if int(hashlib.sha256(text.encode()).hexdigest(), 16) % 5 == 0 else "train"


def _read_classical(path: str | Path, report: ReadReport) -> Iterator[Document]:
    return read_parallel(f"{path},{Path(path).with_name('target.txt')}", report)


CORPORA: dict[str, Corpus] = {
    "peoples_daily": Corpus(
        _three("peoples_daily", "example.{}"), READERS["columns"], "zjy-ucas/ChineseNER data/", queries="peoples_daily"
    ),
    "msra": Corpus(
        _three("msra/span_tsv", "{}.tsv"),
        READERS["span-tsv"],
        "JunnYu/jy_ner data/zh/msra.zip",
        queries="msra",
        rename=lambda kind: _MSRA[kind],
        backwards=("train", "dev"),
    ),
    "weibo": Corpus(
        _three("weibo", "weiboNER_2nd_conll.{}"),
        READERS["weibo"],
        "hltcoe/golden-horse data/",
        "CC BY-SA 3.0 (annotation)",
        "weibo",
    ),
    "resume": Corpus(
        _three("resume", "{}.char.bmes"), READERS["columns"], "jiesutd/LatticeLSTM ResumeNER/", queries="resume"
    ),
    "cluener": Corpus(
        _three("cluener2020", "{}.json", "train", "dev"),
        READERS["cluener"],
        "CLUEbenchmark/CLUENER2020; copy in gaohongkui/GlobalPointer_pytorch datasets/cluener/",
        queries="cluener",
    ),
    "cmeee": Corpus(
        {"train": "cmeee/v1_text/train_data.txt", "dev": "cmeee/v1_text/val_data.txt"},
        READERS["cmeee-text"],
        "CBLUE (Tianchi 95414); copy in GuocaiL/nlp_corpus open_ner_data/2020_ccks_ner/",
        "CBLUE terms: research use",
        "cmeee",
    ),
    "cmeee_v2": Corpus(
        {"dev": "cmeee/v2_json/CMeEE-V2_dev.json"},
        READERS["cmeee"],
        "CBLUE (Tianchi 95414); copy in hs3434/CMeEE-V2",
        "CBLUE terms: research use",
        "cmeee",
    ),
    "uner": Corpus(
        _three("uner_chinese", "zh_gsdsimp-ud-{}.iob2"),
        READERS["uner"],
        "UniversalNER/UNER_Chinese-GSDSIMP",
        "CC BY-SA 4.0",
        "uner",
    ),
    "uner_gsd": Corpus(
        _three("uner_chinese", "zh_gsd-ud-{}.iob2"),
        READERS["uner"],
        "UniversalNER/UNER_Chinese-GSD",
        "CC BY-SA 4.0",
        "uner",
    ),
    "weibo_original": Corpus(
        _three("weibo", "weiboNER.conll.{}"),
        READERS["weibo-cesu8"],
        "hltcoe/golden-horse data/",
        "CC BY-SA 3.0 (annotation)",
        "weibo",
    ),
    "cmner": Corpus(
        _three("cmner", "{}.txt", "train", "dev"),
        READERS["columns"],
        "Jyz99/CMNER text/",
        "MIT",
        "cmner",
        once=True,
    ),
    "aishell_ner": Corpus(
        _three("aishell_ner", "dev.bio.txt", "train", "dev"),
        READERS["columns"],
        "Alibaba-NLP/AISHELL-NER data/ (its dev: a fifth of the texts, by their SHA-256, is our dev)",
        "Apache-2.0",
        "aishell_ner",
        once=True,
        split_of=a_fifth_is_dev,
    ),
    "msra_wwm": Corpus(
        _three("msra/bio_wwm_peopledaily", "{}.txt", "train", "dev"),
        READERS["columns"],
        "ymcui/Chinese-BERT-wwm data/peopledaily/",
        queries="msra",
    ),
    "msra_bio": Corpus(
        {"test": "msra/bio_oye93/msra_test_bio.txt"},
        READERS["columns"],
        "OYE93/Chinese-NLP-Corpus NER/MSRA/",
        queries="msra",
    ),
    "msra_segments": Corpus(
        {"test": "msra/segments/testright1.txt"},
        READERS["segments"],
        "InsaneLife/ChineseNLPCorpus NER/MSRA/",
        queries="msra",
        rename=lambda kind: _MSRA[kind],
    ),
    "literature": Corpus(
        {"dev": "chinese_literature/ner/validation.txt", "test": "chinese_literature/ner/test.txt"},
        READERS["columns"],
        f"{_LITERATURE} ner/",
        queries="literature",
    ),
    "literature_brat": Corpus(
        {
            split: "chinese_literature/brat/relation_extraction.tar.xz#" + folder
            for split, folder in (("train", "Training"), ("dev", "Validation"), ("test", "Testing"))
        },
        READERS["brat"],
        f"{_LITERATURE} relation_extraction/",
        queries="literature",
        rename=_before_hyphen,
    ),
    "ecommerce": Corpus(
        _three("ecommerce_acl2019", "{}.txt.bieos"),
        READERS["columns"],
        "PhantomGrapes/MultiDigraphNER data/ecommerce/",
        queries="ecommerce",
    ),
    "youku": Corpus(
        _three("youku_taobao_naacl2019/youku", "{}.txt"),
        READERS["columns"],
        "allanj/ner_incomplete_annotation data/youku/",
        queries="youku",
    ),
    "taobao": Corpus(
        _three("youku_taobao_naacl2019/ecommerce", "{}.txt"),
        READERS["columns"],
        "allanj/ner_incomplete_annotation data/ecommerce/",
        queries="taobao",
    ),
    "chisiec": Corpus(
        _three("classical_chisiec", "{}.txt"), READERS["columns"], "tangxuemei1995/CHisIEC data/ner/", queries="chisiec"
    ),
    "classical": Corpus(
        {"all": f"{_CLASSICAL}/source.txt"},
        _read_classical,
        "beeevita/Classical-Chinese-NER-RE-Dataset NER/",
        queries="classical",
    ),
    "pfr1998": Corpus(
        {"dev": "peoples_daily_1998_pos_20pct/valid.txt", "test": "peoples_daily_1998_pos_20pct/test.txt"},
        READERS["pfr"],
        "yym6472/NLPTasks named_entity_recognition/data/",
        queries="peoples_daily",
    ),
}
"""Known corpora by name. `sample` is the repository's own and lies in the package."""

SAMPLE = "sample"
