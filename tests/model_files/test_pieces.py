"""Pieces in a folder."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.pieces import PIECE_ROWS, PIECES, PieceList, Pieces, read_pieces, write_pieces
from tests.helpers.models import assert_same_pieces, make_pieces


def test_a_folder_without_pieces(tmp_path):
    assert read_pieces(tmp_path) is None


@given(scores=st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=4, max_size=4))
def test_written_and_read_back_to_the_bit(tmp_path_factory, scores):
    folder = tmp_path_factory.mktemp("pieces")
    made = make_pieces(64)
    pieces = Pieces(replace(made.listed, scores=tuple(scores)), made.rows)
    write_pieces(folder, pieces)
    read = read_pieces(folder)
    assert read is not None
    assert_same_pieces(read, pieces)


def test_no_pieces_at_all_are_pieces_too(tmp_path):
    pieces = make_pieces()
    write_pieces(tmp_path, Pieces(PieceList(), pieces.rows.take(np.arange(0))))
    assert read_pieces(tmp_path).listed.entries == ()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"entries": ("北京", "大学", "10")}, "3 pieces have 4 scores"),
        ({"entries": ("北京", "大学", "北", "10")}, "come first"),
        ({"entries": ("北京", "大学", "北京", "北")}, "twice"),
        ({"entries": ("北京", "大 学", "10", "北")}, "white space"),
        ({"entries": ("北京", "大学", "10", "")}, "empty"),
        ({"scores": (-1.0, -2.0, float("nan"), -3.0)}, "'10' has no finite score"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(ModelError, match=message):
        replace(make_pieces().listed, **change)


def test_as_many_rows_as_pieces_of_several_characters():
    made = make_pieces()
    with pytest.raises(ModelError, match="3 pieces of several characters have 2 rows"):
        replace(made, rows=made.rows.take(np.arange(2)))


@pytest.mark.parametrize("name", [PIECES, PIECE_ROWS])
def test_one_file_alone_is_incomplete(tmp_path, name):
    write_pieces(tmp_path, make_pieces())
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        read_pieces(tmp_path)


@pytest.mark.parametrize(
    "name, content, message",
    [
        (PIECES, "北京\t-1\n".encode(), "1 pieces|3 rows"),
        (PIECES, "北京\n大学\t-1\n10\t-1\n北\t-1\n".encode(), "could not convert"),
        (PIECES, b"\xff\t-1\n", "utf-8"),
        (PIECE_ROWS, b"torn", "cannot be read"),
    ],
)
def test_damaged_files_are_reported(tmp_path, name, content, message):
    write_pieces(tmp_path, make_pieces())
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"the pieces of .* cannot be read.*({message})|{message}"):
        read_pieces(tmp_path)
