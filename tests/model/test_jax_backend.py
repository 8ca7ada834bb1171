"""What the JAX backend does where it finds accelerators; what it computes: tests/test_backends.py."""

import pytest

from bert_mrc_theseus.model.padded_batches import close_sizes, few_sizes

jax = pytest.importorskip("jax", reason="the extra jax")


@pytest.fixture
def backend(monkeypatch, tmp_path):
    """The module; JAX' settings of a folder are undone."""
    from bert_mrc_theseus.model import jax_backend

    monkeypatch.setenv("BMT_CACHE", str(tmp_path))
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    yield jax_backend
    jax.config.update("jax_compilation_cache_dir", before)


@pytest.mark.parametrize(("devices", "rule"), [("cpu", close_sizes), ("gpu", few_sizes), ("tpu", few_sizes)])
def test_accelerators_get_few_sizes(backend, monkeypatch, devices, rule):
    monkeypatch.setattr(jax, "default_backend", lambda: devices)
    assert backend.size_rule() is rule


@pytest.mark.parametrize(
    ("devices", "given", "kept"), [("gpu", None, "jax"), ("gpu", "mine", "mine"), ("gpu", "", ""), ("cpu", None, None)]
)
def test_what_is_compiled_for_accelerators_is_kept(backend, monkeypatch, tmp_path, devices, given, kept):
    """Where the user wants it, or in the cache folder; an empty name keeps nothing."""
    monkeypatch.setattr(jax, "default_backend", lambda: devices)
    jax.config.update("jax_compilation_cache_dir", given)
    backend.keep_compiled()
    assert jax.config.jax_compilation_cache_dir == (str(tmp_path / "jax") if kept == "jax" else kept)


def test_nothing_is_kept_where_others_may_write(backend, monkeypatch, tmp_path):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    tmp_path.chmod(0o777)
    backend.keep_compiled()
    assert jax.config.jax_compilation_cache_dir is None
