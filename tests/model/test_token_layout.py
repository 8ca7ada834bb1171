"""Positions, token types and masks of a batch."""

import numpy as np

from bert_mrc_theseus.model.build import predecessor_from
from bert_mrc_theseus.model.token_layout import context_mask, token_layout
from bert_mrc_theseus.model_files.model_config import SharedContext
from tests.helpers.models import batch_of, make_weights


def test_layout_of_a_padded_batch():
    batch = batch_of([7, 5])
    spot = token_layout(batch, 20)
    assert np.array(spot.token_types).tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 0, 0]]
    # The last valid token is the closing [SEP]: neither query, [SEP] nor padding is context.
    assert np.array(context_mask(batch)).tolist() == [[0, 0, 0, 0, 1, 1, 0], [0] * 7]
    assert np.array(spot.positions).tolist() == [[0, 1, 2, 3, 20, 21, 22], [0, 1, 2, 3, 20, 0, 0]]
    assert (np.array(spot.full_bias)[1, 0, 0] < -1e8).tolist() == [False] * 5 + [True] * 2
    seen = np.array(spot.shared_bias)[:, 0] == 0.0
    assert seen[0].tolist() == [[True] * 4 + [False] * 3] * 4 + [[False] * 4 + [True] * 3] * 3
    assert seen[1, 4].tolist() == [False] * 4 + [True] + [False] * 2


def test_positions_of_a_long_query_do_not_push_padding_out_of_the_table():
    model = predecessor_from(make_weights(), SharedContext(0, 120))
    batch = batch_of([8, 100], 4)
    batch.query_lengths[:] = (3, 97)
    assert np.isfinite(np.array(model(batch))).all()
