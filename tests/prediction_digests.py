"""Digests of what a model predicts on the known corpora, to show that a change of the code changes no prediction.

    python tests/prediction_digests.py CORPORA before.json
    python tests/prediction_digests.py CORPORA after.json --compare before.json

It uses the command line and the public face alone, so the same script runs on versions whose modules have other names. Scores
enter with all their digits. Two machines may differ in the last digit: compare on one.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bert_mrc_theseus import Document, Extractor

CORPORA = (
    "sample", "peoples_daily", "msra", "weibo", "resume", "cluener", "cmeee", "cmeee_v2", "uner", "uner_gsd",
    "weibo_original", "msra_bio", "msra_segments", "literature", "literature_brat", "ecommerce", "youku", "taobao", "chisiec",
    "classical", "pfr1998",
)  # fmt: skip
SPLITS = ("test", "dev", "all")
"""The first that a corpus has is predicted."""


def digest(extractor: Extractor, path: Path) -> dict[str, object]:
    """SHA-256 over all predicted entities of a JSONL file, and how many there are."""
    with open(path, encoding="utf-8") as stream:
        records = [json.loads(line) for line in stream]
    hashed, count = hashlib.sha256(), 0
    for document in extractor.documents(Document(str(r["id"]), r["text"]) for r in records):
        found = [(e.start, e.end, e.type, None if e.score is None else float(e.score).hex()) for e in document.entities]
        count += len(found)
        hashed.update(json.dumps([document.id, found]).encode())
    return {"documents": len(records), "entities": count, "sha256": hashed.hexdigest()}


def digests(corpora: str, model: str | None) -> dict[str, dict[str, object]]:
    """`digest` of one split of each corpus that is there, by name."""
    extractor = Extractor.load(model)
    found = {}
    for name in CORPORA:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "data"
            command = [sys.executable, "-m", "bert_mrc_theseus", "preprocess", name, "--out", str(out)]
            if name != "sample":
                command += ["--from", corpora]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print(f"left out: {name}: {done.stderr.strip()[-200:]}", file=sys.stderr)
                continue
            split = next(split for split in SPLITS if (out / f"{split}.jsonl").is_file())
            found[f"{name}/{split}"] = digest(extractor, out / f"{split}.jsonl")
        print(name, found[f"{name}/{split}"], file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", help="folder of the known corpora")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--model", help="model folder; default: the bundled one")
    parser.add_argument("--compare", type=Path, help="JSON file of another version: exit status 1 where they differ")
    arguments = parser.parse_args()
    found = digests(arguments.corpora, arguments.model)
    arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if arguments.compare:
        before = json.loads(arguments.compare.read_text(encoding="utf-8"))
        different = sorted(name for name in {*found, *before} if found.get(name) != before.get(name))
        print(f"{len(found)} splits, {len(different)} different: {', '.join(different) or 'none'}")
        sys.exit(bool(different))


if __name__ == "__main__":
    main()
