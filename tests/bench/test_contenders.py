"""Which engines a benchmark compares, and who cannot run."""

from bert_mrc_theseus.bench.contenders import CONTENDERS, missing_for


def test_a_library_that_is_not_installed_is_named(model, monkeypatch):
    monkeypatch.setattr("bert_mrc_theseus.bench.contenders.find_spec", lambda name: None)
    for name in CONTENDERS:
        assert "pip install" in missing_for(name, model)
