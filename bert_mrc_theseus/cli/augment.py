"""`bert-mrc-theseus augment`: a data folder -> one with more training text."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.output.terminal import PlainConsole


def augment(
    data: Annotated[Path, typer.Argument(help="Data folder (see preprocess).", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder to write; there must not be one.")],
    copies: Annotated[int, typer.Option(help="Changed copies of each training document.", min=1, max=1000)] = 1,
    share: Annotated[
        float,
        typer.Option(
            help="Share of the rare mentions that are replaced; fewer of the frequent ones.", min=0.0, max=1.0
        ),
    ] = 0.7,
    jieba: Annotated[
        bool, typer.Option("--jieba", help="Draw from the names in jieba's dictionary too (simplified characters).")
    ] = False,
    names: Annotated[
        Path | None, typer.Option(help="Draw from these names too: term<TAB>type a line.", exists=True, dir_okay=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the replacements.", min=0)] = 42,
) -> None:
    """Add copies of the training documents in which other names of the same types stand."""
    from bert_mrc_theseus.preprocess.augment import augment_folder
    from bert_mrc_theseus.text.dictionary import read_dictionary

    terms = read_dictionary(names).added if names else {}
    done = augment_folder(data, out, copies, share, jieba, terms, seed)
    pools = ", ".join(f"{kind} {count:,}" for kind, count in done.names.items())
    PlainConsole(soft_wrap=True).say(
        f"{done.documents:,} documents and {done.copies:,} copies -> {out}; names to draw from: {pools}",
    )
