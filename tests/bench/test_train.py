"""`bench train`."""

from bert_mrc_theseus.bench.train import bench_train
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.text.documents import read_documents


def test_training_steps_are_timed(trained):
    model = trained.run / "stage0" / "best"
    saved = load_model(model, tensors=False)
    documents = list(read_documents(trained.data / "train.jsonl"))
    examples = saved.examples(documents)
    names = (
        "keras stage 1 fp32",
        "keras stage 1 fp32, both branches",
        "keras stage 2 bf16",
        "keras stage 2 bf16, by text",
    )
    found = bench_train(model, examples, 2, 256, 1, lambda line: None, names)
    assert [row["contender"] for row in found["rows"]] == list(names) and found["rows"][0]["ratio"] == 1.0
    assert all(row["tokens_per_second"] > 0 for row in found["rows"]) and found["steps"] == 2
    assert 0.0 < found["preparation_seconds"] < 1.0
