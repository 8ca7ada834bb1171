"""BRAT standoff: `.txt` with a `.ann` beside it, in a folder or in a tar archive.

Offsets are half-open, in characters of the untouched text, line ends included. Only text-bound annotations (T lines)
are read. Entities of several pieces are left out and counted, as are those whose text is not what their offsets say.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import decode_text
from bert_mrc_theseus.output.brat import on_one_line
from bert_mrc_theseus.text.documents import Document, Entity

from .read_report import ReadReport, without_repeats


def read_brat(path: str | Path, report: ReadReport) -> Iterator[Document]:
    """Documents of a folder or tar archive, by name.

    Args:
        path: folder (searched with its sub-folders) or archive; `PATH#NAME` takes only the files below a folder NAME.
        report: counts.
    """
    outer, _, inside = str(path).partition("#")
    path = Path(outer)
    files = dict(_folder(path) if path.is_dir() else _archive(path))
    names = [name for name in sorted(files) if name.endswith(".txt")]
    names = [name for name in names if not inside or inside in PurePosixPath(name).parts]
    if not names:
        raise DataError("no .txt files found", path, hint="BRAT needs NAME.txt and NAME.ann")
    for name in names:
        stem = name.removesuffix(".txt")
        where, beside = path / name, path / (stem + ".ann")
        try:
            text = decode_text([files[name]], where)
            annotations = decode_text([files.get(stem + ".ann", b"")], beside)
        except DataError as error:
            report.bad_record(error)
            continue
        entities = _entities(annotations, text, report, beside)
        yield Document(stem, text, without_repeats(list(entities), report))


def _entities(annotations: str, text: str, report: ReadReport, path: Path) -> Iterator[Entity]:
    for number, line in enumerate(annotations.split("\n"), 1):
        if not line.startswith("T"):
            continue
        parts = line.rstrip("\r").split("\t", 2)
        fields = parts[1].split(" ") if len(parts) > 2 else []
        if len(fields) < 3:
            report.bad_record(DataError("expected T<id><TAB>type start end<TAB>text", path, number))
        elif ";" in parts[1]:
            report.discontinuous += 1
        else:
            try:
                start, end = int(fields[1]), int(fields[2])
            except ValueError:
                report.bad_record(DataError(f"offsets are not numbers: {parts[1]!r}", path, number))
                continue
            if 0 <= start < end <= len(text) and on_one_line(text[start:end]) == parts[2]:
                yield Entity(start, end, fields[0])
            else:
                report.mismatched += 1


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    for file in path.rglob("*"):
        if file.suffix in (".txt", ".ann"):
            yield file.relative_to(path).as_posix(), file.read_bytes()


def _archive(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith((".txt", ".ann")):
                    yield member.name, stream.read()
    except (OSError, tarfile.TarError) as error:
        raise DataError(f"cannot open as a folder or tar archive: {error}", path) from error
