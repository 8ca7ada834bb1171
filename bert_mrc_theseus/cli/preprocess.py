"""`bert-mrc-theseus preprocess`: corpus files -> a data folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.errors import PARTIAL, UsageError, printable
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.text.documents import TEXT

if TYPE_CHECKING:
    from bert_mrc_theseus.preprocess.convert import Converted


COLUMNS = "columns"

SILVER = "silver"
"""Raw text is annotated instead of read: see `preprocess.silver`."""


def preprocess(
    corpus: Annotated[
        str | None,
        typer.Argument(
            help="A known corpus (see --list); silver: raw text; or files with --train ...",
            autocompletion=complete.corpora,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write: train.jsonl, dev.jsonl, test.jsonl ...", rich_help_panel=panels.OUTPUT),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Folder of the known corpora; default: $BMT_CORPORA.",
            exists=True,
            file_okay=False,
            rich_help_panel=panels.KNOWN_CORPORA,
        ),
    ] = None,
    train: Annotated[Path | None, typer.Option(help="Your training file.", rich_help_panel=panels.OWN_FILES)] = None,
    dev: Annotated[Path | None, typer.Option(help="Your dev file.", rich_help_panel=panels.OWN_FILES)] = None,
    test: Annotated[Path | None, typer.Option(help="Your test file.", rich_help_panel=panels.OWN_FILES)] = None,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="Format of your files (see --list).",
            autocompletion=complete.corpus_formats,
            rich_help_panel=panels.OWN_FILES,
        ),
    ] = COLUMNS,
    encoding: Annotated[
        str,
        typer.Option(
            help="Encoding of your files: gb18030 (GBK), big5, utf-16 ...",
            autocompletion=complete.encodings,
            rich_help_panel=panels.OWN_FILES,
        ),
    ] = DEFAULT_ENCODING,
    text_field: Annotated[
        str,
        typer.Option(
            help="jsonl, doccano, label-studio, tables: field of a record (key of a task's data), or column, with the text.",
            rich_help_panel=panels.OWN_FILES,
        ),
    ] = TEXT,
    id_field: Annotated[
        str | None,
        typer.Option(
            help="jsonl, tables: field of a record, or column, with the id; default: id.",
            rich_help_panel=panels.OWN_FILES,
        ),
    ] = None,
    tag_column: Annotated[
        int | None,
        typer.Option(
            help="columns: number of the column that holds the tag, from 1; default: the last.",
            min=2,
            rich_help_panel=panels.OWN_FILES,
        ),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(
            help="Query file; known corpora have one.", exists=True, dir_okay=False, rich_help_panel=panels.CONVERSION
        ),
    ] = None,
    dictionary: Annotated[
        Path | None,
        typer.Option(
            help="silver: terms that are entities, or are not: term<TAB>type[<TAB>veto] a line.",
            exists=True,
            dir_okay=False,
            rich_help_panel=panels.OWN_FILES,
        ),
    ] = None,
    type_map: Annotated[
        str | None,
        typer.Option(
            "--map",
            help="Types as OLD=NEW,OLD=NEW; entities of the types that it does not name are left out.",
            rich_help_panel=panels.CONVERSION,
        ),
    ] = None,
    partly: Annotated[
        bool,
        typer.Option(
            "--partly",
            help="Only the corpus's types were annotated: note that, so that it can be joined to one with more.",
            rich_help_panel=panels.CONVERSION,
        ),
    ] = False,
    join: Annotated[
        int,
        typer.Option(
            min=0,
            help="Join neighbouring documents to paragraphs of at most so many characters; for corpora in the order of a text.",
            rich_help_panel=panels.CONVERSION,
        ),
    ] = 0,
    dev_fraction: Annotated[
        float,
        typer.Option(
            help="Share of train that becomes dev, if there is no dev.", min=0, max=1, rich_help_panel=panels.CONVERSION
        ),
    ] = 0.0,
    seed: Annotated[
        int, typer.Option(help="Seed of the choice of --dev-fraction.", min=0, rich_help_panel=panels.CONVERSION)
    ] = 42,
    window: Annotated[
        int,
        typer.Option(
            help="Characters of a window, for the count of clipped entities.", min=1, rich_help_panel=panels.CONVERSION
        ),
    ] = 254,
    drop_leaks: Annotated[
        bool,
        typer.Option(
            "--drop-leaks",
            help="Leave out training texts that occur in dev or test.",
            rich_help_panel=panels.CONVERSION,
        ),
    ] = False,
    skip_bad: Annotated[
        bool,
        typer.Option(
            "--skip-bad",
            help="Skip and count bad records of your files instead of stopping.",
            rich_help_panel=panels.OWN_FILES,
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace a corpus in --out that was changed, or is not ours; other files there stay.",
            rich_help_panel=panels.OUTPUT,
        ),
    ] = False,
    show_list: Annotated[
        bool, typer.Option("--list", help="List known corpora and formats.", rich_help_panel=panels.KNOWN_CORPORA)
    ] = False,
) -> None:
    """Convert a corpus to documents, count what is in it, and say what was repaired. Exit status 3 says that records of your
    files were left out.
    """
    from bert_mrc_theseus.files.listing import why_not_there
    from bert_mrc_theseus.mrc.examples import WindowSize
    from bert_mrc_theseus.preprocess.convert import check_data_folder, convert, read_files, read_known
    from bert_mrc_theseus.preprocess.corpora import CORPORA
    from bert_mrc_theseus.preprocess.corpus_files import corpus_files, query_file
    from bert_mrc_theseus.preprocess.readers.paths import is_there
    from bert_mrc_theseus.preprocess.readers.sources import DEFAULTS, ReadOptions
    from bert_mrc_theseus.preprocess.type_map import parse_type_map

    console = PlainConsole()
    if show_list:
        _print_list(console)
        return
    files = {name: path for name, path in (("train", train), ("dev", dev), ("test", test)) if path is not None}
    silver = corpus == SILVER
    if silver and format_name != COLUMNS:
        raise UsageError("--format is for annotated files: leave it out, silver reads raw text")
    if silver:
        corpus, format_name = None, SILVER
    if (corpus is None) == (not files):
        raise UsageError(
            "say either a known corpus (preprocess --list shows them) or files with --train, --dev, --test"
        )
    if dictionary is not None and not silver:
        raise UsageError("--dictionary is for preprocess silver")
    if out is None:
        raise UsageError("say where to write with --out FOLDER")
    for name, path in files.items():
        if not is_there(path):
            raise UsageError(f"--{name} {printable(path)}: {why_not_there(path)}")
    options = ReadOptions(encoding, text_field, tag_column, id_field)
    if corpus is not None and options != DEFAULTS:
        raise UsageError("--encoding, --text-field, --id-field and --tag-column are for your own files")
    if corpus is not None and format_name != COLUMNS:
        raise UsageError(f"--format is for your own files: leave it out, the format of {corpus} is known")
    if corpus is None and folder is not None:
        raise UsageError("--from is the folder of known corpora: leave it out, or say which corpus")
    mapping = parse_type_map(type_map) if type_map else None
    sources = corpus_files(corpus, folder) if corpus else files
    chosen = queries or (query_file(corpus or "peoples_daily") if corpus or silver else None)
    check_data_folder(out, sources.values(), [chosen, dictionary], overwrite)
    source = read_known(corpus, folder) if corpus else read_files(files, format_name, skip_bad, dictionary, options)
    size = WindowSize(window, window // 4)
    backwards = CORPORA[corpus].backwards if corpus in CORPORA else ()
    done = convert(
        source, out, chosen, size, dev_fraction, seed, drop_leaks, mapping, partly, join, backwards, overwrite
    )
    _print_result(console, done, corpus or "files", out)
    if chosen is None:
        console.say(f"No query file: write {out / 'queries.toml'} before training, one table a type.")
    if done.missing_types:
        missing = ", ".join(done.missing_types)
        console.say(f"The query file lacks the types {missing}: training will refuse them.", style="red")
    if corpus is None and any(report.skipped for report in done.reports.values()):
        raise typer.Exit(PARTIAL)


def _print_list(console: PlainConsole) -> None:
    from bert_mrc_theseus.preprocess.corpora import CORPORA
    from bert_mrc_theseus.preprocess.readers.formats import READERS

    # Where a corpus is published stands there whole, however narrow the terminal.
    source = Column(translated("source"), overflow="fold")
    table = Table(*map(translated, ("corpus", "splits", "licence")), source, title=translated("Known corpora"))
    table.add_row("sample", "train dev test", "CC0", translated("this project"))
    for name, corpus in CORPORA.items():
        table.add_row(name, " ".join(corpus.files), translated(corpus.licence), corpus.source)
    console.print(table)
    console.say(f"Formats of your own files: {', '.join(READERS)}")


def _print_result(console: PlainConsole, done: "Converted", name: str, out: Path) -> None:
    splits = list(done.statistics)
    table = Table("", *splits, title=f"{name} -> {out}")

    def row(label: str, values: list[int]) -> None:
        table.add_row(translated(label), *(f"{value:,}" for value in values))

    row("documents", [done.statistics[s].documents for s in splits])
    row("characters", [done.statistics[s].characters for s in splits])
    row("longest", [done.statistics[s].longest for s in splits])
    row("without entities", [done.statistics[s].empty for s in splits])
    row("entities", [sum(done.statistics[s].entities.values()) for s in splits])
    for kind in dict.fromkeys(kind for s in splits for kind in done.statistics[s].entities):
        row(f"  {kind}", [done.statistics[s].entities.get(kind, 0) for s in splits])
    row("nested", [done.statistics[s].nested for s in splits])
    row("clipped by windows", [done.statistics[s].clipped for s in splits])
    row("duplicates inside", [done.statistics[s].duplicates for s in splits])
    for other in splits:
        leaked = [done.statistics[s].leaked.get(other) for s in splits]
        table.add_row(translated(f"also in {other}"), *("-" if value is None else f"{value:,}" for value in leaked))
    noticed = [done.reports[s].counts() if s in done.reports else {} for s in splits]
    row("illegal tags repaired", [counts.pop("repaired", 0) for counts in noticed])
    for label in dict.fromkeys(label for counts in noticed for label in counts):
        row(label.replace("_", " "), [counts.get(label, 0) for counts in noticed])
    notes = [done.reports[s].notes if s in done.reports else {} for s in splits]
    for label in dict.fromkeys(label for said in notes for label in said):
        table.add_row(translated(label), *(translated(said.get(label, "")) for said in notes))
    console.print(table)
    if done.dropped_leaks:
        console.say(f"{done.dropped_leaks} training documents left out: dev or test has the same text")
    for split in splits:
        for message in done.reports[split].errors[:5] if split in done.reports else ():
            console.say(f"skipped: {message}", style="yellow")
