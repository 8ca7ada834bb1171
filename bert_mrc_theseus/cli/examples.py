"""Short command lines of every command, which its `--help` ends with."""

from typing import NamedTuple


class Example(NamedTuple):
    """A command line.

    Attributes:
        what: what it does.
        line: as it is typed.
    """

    what: str
    line: str


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "": (
        Example("one sentence", 'bert-mrc-theseus predict --text "程晓光从广州飞往大连。"'),
        Example("what a command can do", "bert-mrc-theseus predict --help"),
        Example(
            "lets the Tab key complete commands, options and their values", "bert-mrc-theseus --install-completion"
        ),
    ),
    "predict": (
        Example("one sentence", 'bert-mrc-theseus predict --text "程晓光从广州飞往大连。"'),
        Example(
            "a file, a text a line, to a page that marks what was found",
            "bert-mrc-theseus predict news.txt -o news.html",
        ),
        Example(
            "a column of a table, which keeps its other columns",
            "bert-mrc-theseus predict news.parquet --text-field body -o found.parquet",
        ),
        Example(
            "a large file by four processes; after a kill the same command goes on",
            "bert-mrc-theseus predict large.jsonl.gz -o found.jsonl --workers 4 --resume",
        ),
        Example(
            "your own model, types and terms",
            "bert-mrc-theseus predict news.txt -m run/stage2/best --types PER,ORG --dictionary terms.tsv",
        ),
    ),
    "predict-ray": (
        Example("on this machine", "bert-mrc-theseus predict-ray texts -o found"),
        Example(
            "on a cluster whose machines see both folders",
            "bert-mrc-theseus predict-ray /shared/texts -o /shared/found --address ray://head:10001",
        ),
    ),
    "serve": (
        Example("for this machine alone; the page is at http://127.0.0.1:8000", "bert-mrc-theseus serve"),
        Example(
            "two models for a network, with four processes; the token stands in BMT_TOKEN",
            "bert-mrc-theseus serve news=run/stage2/best notes=notes/stage2/best --host 0.0.0.0 --workers 4",
        ),
    ),
    "preprocess": (
        Example("known corpora and formats", "bert-mrc-theseus preprocess --list"),
        Example("a known corpus", "bert-mrc-theseus preprocess resume --from corpora --out data/resume"),
        Example(
            "files of your own, a character and its tag a line",
            "bert-mrc-theseus preprocess --train train.txt --dev dev.txt --test test.txt --out mine",
        ),
        Example(
            "an export of doccano, a tenth of it as dev",
            "bert-mrc-theseus preprocess --train export.jsonl --format doccano --dev-fraction 0.1 --out mine",
        ),
        Example(
            "raw text, annotated by jieba and your terms",
            "bert-mrc-theseus preprocess silver --train raw.txt --dictionary terms.tsv --out silver",
        ),
    ),
    "augment": (
        Example(
            "two changed copies of each training document",
            "bert-mrc-theseus augment data/resume --out data/resume-more --copies 2",
        ),
        Example(
            "with names of your own", "bert-mrc-theseus augment data/resume --out data/resume-more --names names.tsv"
        ),
    ),
    "generate": (
        Example("four thousand sentences", "bert-mrc-theseus generate --out data/today"),
        Example(
            "with the names of HanLP's word lists",
            "bert-mrc-theseus generate --out data/today --lexicons dictionary --sentences 8000",
        ),
    ),
    "queries check": (
        Example(
            "a query file beside its training data", "bert-mrc-theseus queries check mine/queries.toml --data mine"
        ),
    ),
    "train": (
        Example(
            "predecessor, replacement and successor, one after the other",
            "bert-mrc-theseus train data/resume --run run --all",
        ),
        Example("the same, after it was stopped", "bert-mrc-theseus train data/resume --run run --all --resume"),
        Example(
            "a predecessor from a BERT of your own, without words",
            "bert-mrc-theseus train data/resume --run run --stage 0 --encoder chinese-bert --no-words",
        ),
        Example("its successor of three layers", "bert-mrc-theseus train data/resume --run run --stage 1 --modules 3"),
        Example(
            "a pruned successor, fine-tuned",
            "bert-mrc-theseus train data/resume --run run-narrow --stage 2 --successor narrow",
        ),
    ),
    "compare": (
        Example(
            "four methods, successors of three and six layers",
            "bert-mrc-theseus compare data/resume --out compared --layers 3,6",
        ),
        Example(
            "two methods with three seeds",
            "bert-mrc-theseus compare data/resume --out compared --methods linear,first --seeds 1,2,3",
        ),
    ),
    "average": (
        Example("the mean of two trainings", "bert-mrc-theseus average run1/stage0/best run2/stage0/best --out mean"),
    ),
    "prune": (
        Example(
            "half of the heads and of the feed-forward",
            "bert-mrc-theseus prune run/stage2/best --data data/resume --heads 6 --intermediate-size 768 --out narrow",
        ),
    ),
    "export": (
        Example("graphs for prediction, in int8", "bert-mrc-theseus export run/stage2/best --data data/resume --int8"),
        Example("a folder for transformers", "bert-mrc-theseus export run/stage2/best --to hf --out hf-model"),
        Example("the encoder, for TensorFlow 1", "bert-mrc-theseus export run/stage2/best --to tf --out tf-encoder"),
    ),
    "evaluate": (
        Example("the successor on test", "bert-mrc-theseus evaluate run/stage2/best data/resume"),
        Example("all stages of a run", "bert-mrc-theseus evaluate run data/resume"),
        Example(
            "thresholds tuned on dev and kept; the mistakes as a list",
            "bert-mrc-theseus evaluate run/stage2/best data/resume --tune --save-thresholds --errors mistakes.jsonl",
        ),
    ),
    "report": (
        Example("a run", "bert-mrc-theseus report run data/resume"),
        Example(
            "two models beside each other",
            "bert-mrc-theseus report run/stage0/best run/stage2/best data/resume -o page.html",
        ),
        Example("what another program predicted", "bert-mrc-theseus report others.jsonl data/resume -o page.html"),
    ),
    "bench predict": (
        Example(
            "two models with every engine that is installed",
            "bert-mrc-theseus bench predict run/stage0/best run/stage2/best --data data/resume/test.jsonl --out speed.json",
        ),
    ),
    "bench train": (
        Example(
            "the steps of all stages", "bert-mrc-theseus bench train run/stage0/best --data data/resume/train.jsonl"
        ),
    ),
    "bench cold-start": (Example("five runs of each engine", "bert-mrc-theseus bench cold-start run/stage2/best"),),
    "bench scaling": (
        Example(
            "files of 1 and 10 MB", "bert-mrc-theseus bench scaling --data data/resume/test.jsonl --megabytes 1,10"
        ),
    ),
    "bench processes": (
        Example("four workers beside one process", "bert-mrc-theseus bench processes texts.jsonl --workers 4"),
    ),
    "bench shared": (
        Example(
            "1, 3 and 10 types",
            "bert-mrc-theseus bench shared run/stage2/best --data data/resume/test.jsonl --types 1,3,10",
        ),
    ),
    "bench service": (
        Example(
            "10 and 50 clients at once", "bert-mrc-theseus bench service --data data/resume/test.jsonl --clients 10,50"
        ),
    ),
    "bench peers": (
        Example(
            "all programs that are installed",
            "bert-mrc-theseus bench peers --data data/resume/test.jsonl --markdown peers.md",
        ),
    ),
}
"""By what is written to call the command."""
