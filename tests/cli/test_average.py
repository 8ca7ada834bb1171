"""`average`."""

import numpy as np

from bert_mrc_theseus.model_files.averaging import average_models
from bert_mrc_theseus.model_files.model_folder import load_model
from tests.helpers.saved_models import save_three_trainings


def test_the_command_writes_a_model_once(tmp_path, command):
    folders = save_three_trainings(tmp_path)
    out = tmp_path / "mean"
    assert command("average", *folders, "--out", out)[0] == 0
    written = load_model(out)
    expected = average_models(folders)
    assert all(np.array_equal(written.tensors[name], tensor) for name, tensor in expected.tensors.items())
    assert written.spec.record.command.startswith("bert-mrc-theseus average ")
    status, _, err = command("average", *folders, "--out", out)
    assert status == 2 and "exists already" in err
    status, _, err = command("average", folders[0], "--out", tmp_path / "one")
    assert status == 2 and "two or more" in err
