"""Evaluates a model on annotated documents (JSONL), and lists the entities that it missed and those that it invented.

python examples/list_mistakes.py data/sample/test.jsonl                        # the bundled model
python examples/list_mistakes.py data/sample/test.jsonl runs/my/stage2/best
"""

import sys

import bert_mrc_theseus as bmt


def main(gold_file: str, model: str | None = None) -> None:
    gold = list(bmt.read_documents(gold_file))
    with bmt.Extractor.load(model) if model else bmt.Extractor.load() as extractor:
        predicted = list(extractor.documents(gold))
        scores = bmt.strict_scores(gold, predicted, extractor.schema.names)
    for right, found in zip(gold, predicted, strict=True):
        wanted = {(e.start, e.end, e.type) for e in right.entities}
        got = {(e.start, e.end, e.type) for e in found.entities}
        for kind, spans in (("missed", wanted - got), ("invented", got - wanted)):
            for start, end, name in sorted(spans):
                print(f"{kind:8}  {name}  {right.text[start:end]}  in: {right.text}")
    micro = scores.micro
    print(f"precision {micro.precision:.4f}  recall {micro.recall:.4f}  strict F1 {micro.f1:.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
