"""`bench scaling`: does time grow with the input, and memory not?"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.bench.process import predict_command, run_measured


def bench_scaling(model: Path, texts: Sequence[str], megabytes: Sequence[float]) -> dict[str, Any]:
    """Runs `predict` on text files of several sizes.

    Args:
        model: model folder.
        texts: sentences, repeated until a file is full.
        megabytes: sizes of the files, in UTF-8.

    Returns:
        `{"machine", "rows"}`, a row a size: seconds, MB a second, peak memory in MB.
    """
    block = "".join(f"{text}\n" for text in texts).encode("utf-8")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in megabytes:
            path, out = Path(folder) / "text.txt", Path(folder) / "out.jsonl"
            wanted = int(size * 1e6)
            with open(path, "wb") as stream:
                while stream.tell() < wanted:
                    stream.write(block)
            written = path.stat().st_size / 1e6
            seconds, memory = run_measured(predict_command(model, str(path), "-o", str(out)))
            with open(out, "rb") as stream:
                lines = sum(1 for _ in stream)
            rows.append(
                {
                    "megabytes": round(written, 3),
                    "documents": lines,
                    "seconds": round(seconds, 2),
                    "megabytes_per_second": round(written / seconds, 4),
                    "memory": round(memory, 1),
                }
            )
    return {"machine": describe_machine(), "model": str(model), "rows": rows}
