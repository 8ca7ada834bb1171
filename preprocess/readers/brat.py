"""BRAT standoff: `.txt` with a `.ann` beside it, in a folder or in a tar archive.

Offsets are half-open, in characters of the untouched text, line ends included; but where the entities' texts say that they were
counted otherwise (a line end "\\r\\n" as one character, a byte order mark or none), these are believed. Only text-bound
annotations (T lines) are read; others are counted, but for notes (# lines). Pieces of an entity are joined where nothing but
white space lies between, as at a line end; other entities of several pieces are left out and counted, as are those whose text
is not what their offsets say.
"""

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bert_mrc_theseus.errors import DataError, printable
from bert_mrc_theseus.files.listing import files_below
from bert_mrc_theseus.files.raw_lines import refuse_large
from bert_mrc_theseus.files.reading import BYTE_ORDER_MARK, decode_text
from bert_mrc_theseus.text.documents import Document, Entity

from .offsets import Claim, place
from .paths import archive_and_folder
from .read_report import ReadReport, without_repeats
from .sources import DEFAULTS, ReadOptions

TEXT, ANNOTATIONS = ".txt", ".ann"


def read_brat(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Documents of a folder or tar archive, by name.

    A text without annotations beside it was not annotated and is left out; annotations without their text are a bad record.

    Args:
        path: folder (searched with its sub-folders) or archive; `PATH#NAME` takes only the files below a folder NAME.
        report: counts.
        options: encoding.

    Raises:
        DataError: no text is annotated, or see `ReadReport.strict`.
    """
    path, inside = archive_and_folder(path)
    files = dict(_folder(path, report) if path.is_dir() else _archive(path, report))
    if inside:
        files = {name: data for name, data in files.items() if inside in PurePosixPath(name).parts}
    beside = _annotations_of(files, path, report)
    for name, annotated in beside.items():
        if annotated is None:
            report.unannotated += 1
            continue
        where = path / annotated
        try:
            text = decode_text([files[name]], path / name, options.encoding, keep_mark=True)
            annotations = decode_text([files[annotated]], where, options.encoding)
        except DataError as error:
            report.bad_record(error)
            continue
        yield _document(printable(name[: -len(TEXT)]), text, annotations, report, where)
    if not any(beside.values()):
        raise DataError("no .txt has an .ann of its name", path, hint="BRAT needs NAME.txt and NAME.ann")


def _annotations_of(files: dict[str, bytes], path: Path, report: ReadReport) -> dict[str, str | None]:
    """Each text's file of annotations, by name; the case of letters counts only where it tells two apart."""
    texts = sorted(name for name in files if name.lower().endswith(TEXT))
    free = {name for name in files if name.lower().endswith(ANNOTATIONS)}
    found: dict[str, str | None] = dict.fromkeys(texts)
    for name in texts:
        beside = name[: -len(TEXT)] + ANNOTATIONS
        if beside in free:
            found[name] = beside
            free.remove(beside)
    for name in [name for name in texts if found[name] is None]:
        beside = name[: -len(TEXT)] + ANNOTATIONS
        rivals = [other for other in texts if found[other] is None and other.lower() == name.lower()]
        fitting = [other for other in free if other.lower() == beside.lower()]
        if len(rivals) == len(fitting) == 1:
            found[name] = fitting[0]
            free.remove(fitting[0])
    for name in sorted(free):
        report.bad_record(
            DataError("there is no text beside the annotations", path / name, hint="NAME.ann needs NAME.txt")
        )
    return found


def _document(name: str, text: str, annotations: str, report: ReadReport, path: Path) -> Document:
    claims, types, pieces = [], [], []
    for number, line in enumerate(annotations.split("\n"), 1):
        if not line.startswith("T"):
            report.other_results += bool(line.strip()) and not line.startswith("#")
            continue
        parts = line.rstrip("\r").split("\t", 2)
        fields = parts[1].replace(";", " ").split(" ") if len(parts) > 2 else []
        if len(fields) < 3 or not fields[0] or len(fields) % 2 == 0:
            report.bad_record(DataError("expected T<id><TAB>type start end<TAB>text", path, number))
            continue
        try:
            offsets = [int(field) for field in fields[1:]]
        except ValueError:
            report.bad_record(DataError(f"offsets are not numbers: {parts[1][:60]!r}", path, number))
            continue
        claims.append(Claim(offsets[0], offsets[-1], parts[2]))
        types.append(fields[0])
        pieces.append(len(offsets) // 2)
    placed = place(text, claims)
    if text.startswith(BYTE_ORDER_MARK):
        # Dropped, unless it was counted.
        without = place(text[1:], claims)
        if without.right >= placed.right:
            text, placed = text[1:], without
    entities = []
    for span, kind, several in zip(placed.spans, types, pieces, strict=True):
        if span is not None:
            entities.append(Entity(*span, kind))
        elif several > 1:
            report.discontinuous += 1
        else:
            report.mismatched += 1
    return Document(name, text, without_repeats(entities, report))


def _is_brat(name: str) -> bool:
    return name.lower().endswith((TEXT, ANNOTATIONS))


def _folder(path: Path, report: ReadReport) -> Iterator[tuple[str, bytes]]:
    for file in files_below(path, report.bad_record):
        if _is_brat(file.name):
            try:
                refuse_large(file.stat().st_size, file)
                yield file.relative_to(path).as_posix(), file.read_bytes()
            except DataError as error:
                report.bad_record(error)
            except OSError as error:
                report.bad_record(DataError(f"cannot open: {error.strerror}", file))


def _archive(path: Path, report: ReadReport) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not _is_brat(member.name):
                    continue
                try:
                    stream = archive.extractfile(member)
                except KeyError:
                    problem = f"a link to {member.linkname}, which is not in the archive"
                    report.bad_record(DataError(problem, path / member.name))
                    continue
                if stream is not None:
                    try:
                        refuse_large(member.size, path / member.name)
                    except DataError as error:
                        report.bad_record(error)
                        continue
                    yield member.name, stream.read()
    except (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        # What tarfile says of a file that is none has a line for each kind of compression.
        said = str(error).partition("\n")[0].rstrip(":")
        raise DataError(f"cannot read as a folder or tar archive: {said}", path) from error
