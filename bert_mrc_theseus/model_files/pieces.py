"""The words that an encoder knows beside its characters: pieces of a SentencePiece vocabulary, with scores and embeddings.

pieces.tsv           `piece<TAB>score`, one a line: those of several characters in the order of their rows, then single ones
pieces.safetensors   their rows in 4 bit, see `Q4Matrix`
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.q4 import Q4Matrix

PIECES, PIECE_ROWS = "pieces.tsv", "pieces.safetensors"


@dataclass(frozen=True)
class PieceList:
    """Pieces of a vocabulary without their embeddings: what `mrc.segmentation.Segmenter` takes.

    Attributes:
        entries: the P pieces of several characters, then the single characters of which they are made and whose scores are
            known.
        scores: log probabilities of all entries.

    Raises:
        ModelError: the two do not fit each other, a score is not finite, or an entry is empty, has white space, occurs twice or
            is out of order.
    """

    entries: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()

    @property
    def words(self) -> int:
        """P."""
        return sum(len(entry) > 1 for entry in self.entries)

    def __post_init__(self) -> None:
        if len(self.scores) != len(self.entries):
            raise ModelError(f"{len(self.entries)} pieces have {len(self.scores)} scores")
        finite = np.isfinite(np.array(self.scores, np.float32))
        if not finite.all():
            raise ModelError(f"piece {self.entries[int(np.argmin(finite))]!r} has no finite score")
        wrong = next((entry for entry in self.entries if entry.split() != [entry]), None)
        if wrong is not None:
            raise ModelError(f"piece {wrong!r} is empty or has white space")
        if len(set(self.entries)) != len(self.entries):
            raise ModelError("a piece occurs twice")
        several = [len(entry) > 1 for entry in self.entries]
        if several != sorted(several, reverse=True):
            raise ModelError("pieces of several characters come first")


@dataclass(frozen=True)
class Pieces:
    """Pieces with the embeddings of those of several characters.

    Attributes:
        listed: the pieces.
        rows: (P, H).

    Raises:
        ModelError: the two do not fit each other.
    """

    listed: PieceList
    rows: Q4Matrix

    def __post_init__(self) -> None:
        if self.rows.shape[0] != self.listed.words:
            raise ModelError(f"{self.listed.words} pieces of several characters have {self.rows.shape[0]} rows")


def write_pieces(folder: Path, pieces: Pieces) -> None:
    """Writes both files into a folder that is being made."""
    write_piece_list(folder, pieces.listed)
    tensors = {"nibbles": pieces.rows.nibbles, "scales": pieces.rows.scales}
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, folder / PIECE_ROWS)


def read_pieces(folder: Path) -> Pieces | None:
    """The pieces of a folder; None: it has none.

    Raises:
        ModelError: one of the two files is missing, or they cannot be read or do not fit each other.
    """
    missing = [name for name in (PIECES, PIECE_ROWS) if not (folder / name).is_file()]
    if len(missing) == 2:
        return None
    if missing:
        raise ModelError(f"{folder / missing[0]} is missing: the encoder's pieces are incomplete")
    try:
        tensors = load_file(folder / PIECE_ROWS)
        rows = Q4Matrix(tensors["nibbles"], tensors["scales"])
        return Pieces(read_piece_list(folder / PIECES), rows)
    except (OSError, ValueError, KeyError, SafetensorError, ModelError) as error:
        raise ModelError(f"the pieces of {folder} cannot be read: {error}") from error


def write_piece_list(folder: Path, listed: PieceList) -> None:
    """Writes pieces.tsv into a folder that is being made."""
    # As strings float32 numbers have the digits that they need, no more.
    scores = map(str, np.array(listed.scores, np.float32))
    lines = (f"{entry}\t{score}\n" for entry, score in zip(listed.entries, scores, strict=True))
    (folder / PIECES).write_text("".join(lines), encoding="utf-8", newline="\n")


def read_piece_list(path: Path) -> PieceList:
    """Reads pieces.tsv.

    Raises:
        ModelError: it is absent, or a line is of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        entries, scores = zip(*(_piece(line) for line in lines[:-1]), strict=True) if lines[:-1] else ((), ())
        return PieceList(tuple(entries), tuple(scores))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error


def _piece(line: str) -> tuple[str, float]:
    entry, _, score = line.partition("\t")
    return entry, float(np.float32(score))
