"""Which engines a benchmark compares, and who cannot run."""

from bert_mrc_theseus.bench.contenders import CONTENDERS, missing_for
from bert_mrc_theseus.model_files.model_folder import save_model
from tests.helpers.saved_models import word_model


def test_a_library_that_is_not_installed_is_named(model, monkeypatch):
    monkeypatch.setattr("bert_mrc_theseus.bench.contenders.find_spec", lambda name: None)
    for name in CONTENDERS:
        assert "pip install" in missing_for(name, model)


def test_what_reads_query_and_context_apart_is_not_for_torch(tmp_path):
    folder = tmp_path / "model"
    save_model(folder, word_model())
    assert "apart" in missing_for("torch fp32", folder) and missing_for("keras fp32", folder) == ""
