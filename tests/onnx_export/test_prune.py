"""`prune_model`: texts are read, and what they use least goes."""

import numpy as np
import pytest

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.onnx_export.prune import prune_model
from tests.helpers.documents import toy_documents
from tests.helpers.saved_models import make_saved


@pytest.fixture
def folder(tmp_path):
    save_model(tmp_path / "model", make_saved())
    return tmp_path / "model"


def test_the_record_says_where_it_is_from(folder):
    pruned = prune_model(folder, toy_documents(5, 1), heads=1, intermediate_size=9)
    assert pruned.spec.config.encoder.num_heads == 1 and pruned.spec.config.encoder.intermediate_size == 9
    assert pruned.spec.thresholds == Thresholds()
    assert pruned.spec.record.more["pruned_from"]["record"] == load_model(folder).spec.record.to_dict()
    assert pruned.spec.record.starts_from == str(folder)


def test_it_is_the_same_each_time_and_does_not_depend_on_labels(folder):
    documents = toy_documents(12, 1)
    bare = [type(document)(document.id, document.text) for document in documents]
    first, second = (prune_model(folder, read, intermediate_size=20) for read in (documents, bare))
    for name, tensor in first.tensors.items():
        np.testing.assert_array_equal(second.tensors[name], tensor)


def test_what_cannot_be_pruned_is_refused(folder):
    with pytest.raises(UsageError, match="say what is to be narrower"):
        prune_model(folder, toy_documents(2, 1))
    with pytest.raises(UserError, match="there is none"):
        prune_model(folder, [], heads=1)
