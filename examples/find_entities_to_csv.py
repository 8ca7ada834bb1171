"""Entities of a text file, one document a line, as CSV with an entity a row.

python examples/find_entities_to_csv.py data/sample/sentences.txt entities.csv
"""

import csv
import sys

import bert_mrc_theseus as bmt


def main(source: str, target: str) -> None:
    with (
        bmt.Extractor.load() as extractor,
        open(source, encoding="utf-8") as lines,
        open(target, "w", encoding="utf-8", newline="") as stream,
    ):
        table = csv.writer(stream)
        table.writerow(["line", "start", "end", "type", "text", "score"])
        texts = (line.rstrip("\n") for line in lines)
        for number, entities in enumerate(extractor.batch(texts), start=1):
            for entity in entities:
                table.writerow([number, entity.start, entity.end, entity.type, entity.text, f"{entity.score:.4f}"])


if __name__ == "__main__":
    main(*sys.argv[1:3])
