import pytest

import bert_mrc_theseus.service.served_models as served_models
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.package_data import BUNDLED, bundled_model
from bert_mrc_theseus.service.settings import ServiceSettings, named_models
from tests.helpers.services import SlowEngine


def test_models_have_their_folders_names_or_those_that_are_given(tmp_path):
    best = tmp_path / "demo" / "stage2" / "best"
    best.mkdir(parents=True)
    (tmp_path / "small").mkdir()
    named = named_models([str(best), str(tmp_path / "small"), f"mine={best}"])
    assert list(named) == ["demo", "small", "mine"] and named["mine"] == best
    assert named_models([]) == {BUNDLED: bundled_model()}


def test_a_name_stands_for_one_model(tmp_path):
    (tmp_path / "a" / "m").mkdir(parents=True)
    (tmp_path / "b" / "m").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"two models are called m.*NAME=FOLDER"):
        named_models([str(tmp_path / "a" / "m"), str(tmp_path / "b" / "m")])
    with pytest.raises(UsageError, match="no such model folder"):
        named_models(["none"])


@pytest.mark.parametrize(("host", "local"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("", False)])
def test_local_is_this_machine_alone(host, local):
    assert ServiceSettings(host=host).local is local


@pytest.mark.parametrize(("engine", "given", "taken"), [("keras", None, None), ("onnx", None, 2), ("onnx", 3, 3)])
def test_processes_share_the_cores_but_for_keras_which_has_threads_of_its_own(monkeypatch, engine, given, taken):
    asked = []

    def load(folder, wanted, threads):
        asked.append(threads)
        return None, SlowEngine(lambda: None)

    monkeypatch.setattr(served_models, "load_engine", load)
    monkeypatch.setattr(served_models, "available_cores", lambda: 8)
    served_models.load_models(ServiceSettings(engine=engine, threads=given, processes=4), lambda tasks, tokens: None)
    assert asked == [taken]
