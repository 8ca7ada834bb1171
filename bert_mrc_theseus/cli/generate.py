"""`bert-mrc-theseus generate`: sentences of our own -> a data folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole


def generate(
    out: Annotated[Path, typer.Option(help="Folder to write; there must not be one.")],
    sentences: Annotated[int, typer.Option(help="How many at most.", min=1, max=1_000_000)] = 4000,
    most: Annotated[int, typer.Option(help="How many of one frame at most.", min=1, max=10_000)] = 10,
    lexicons: Annotated[
        Path | None,
        typer.Option(
            help="Folder of HanLP's word lists: more names of places, schools, hospitals, companies.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 42,
) -> None:
    """Write training sentences with persons, places and organisations of today, and how varied they are."""
    from bert_mrc_theseus.preprocess.generation.generate import generate_folder

    made = generate_folder(out, sentences, most, seed, lexicons)
    table = Table("", "", title=translated(f"sentences of our own -> {out}"), show_header=False)
    for label, value in (
        ("sentences", f"{made.sentences:,}"),
        ("characters", f"{made.characters:,}"),
        ("frames", f"{made.frames:,}; of one at most {made.most_of_a_frame} sentences"),
        ("without entities", f"{made.without_entities:,}"),
        ("distinct 4-grams", f"{made.distinct_4grams:.3f} of all"),
        ("near duplicates", f"{made.near_duplicates:.3f} of the sentences"),
        ("likeness to the nearest", f"{made.nearest:.3f}"),
        *((kind, f"{made.mentions[kind]:,} mentions, {names:,} names") for kind, names in sorted(made.names.items())),
        ("names that occur once", f"{made.names_once:.3f}"),
        ("genres", ", ".join(f"{genre} {count:,}" for genre, count in sorted(made.genres.items()))),
    ):
        table.add_row(translated(label), translated(value))
    PlainConsole().print(table)
