"""Files that are uploaded, answered in any output format. Nothing of them reaches the file system."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import BinaryIO

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.output.brat import brat_files
from bert_mrc_theseus.output.formats import WRITERS, FileFormat
from bert_mrc_theseus.prediction.inputs import InputOptions, read_stream
from bert_mrc_theseus.service.bodies import Wrong
from bert_mrc_theseus.service.problems import wrong_fields
from bert_mrc_theseus.tables.kinds import SUFFIXES as TABLE_SUFFIXES
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema

NAME = "upload"
"""What an uploaded file is called here: its own name is that of a file on another machine."""

READ = (".txt", ".jsonl", ".ndjson", ".json", *TABLE_SUFFIXES)
"""Suffixes of files that are read."""

MEDIA_TYPES = {
    "jsonl": ("application/x-ndjson", ".jsonl"),
    "html": ("text/html", ".html"),
    "doccano": ("application/x-ndjson", ".jsonl"),
    "label-studio": ("application/json", ".json"),
    "mrc": ("application/json", ".json"),
    "brat": ("application/zip", ".zip"),
}
"""Media type and suffix of each output format that is not plain text."""


def headers_of(form: str) -> tuple[str, dict[str, str]]:
    """The media type of an answer in an output format, and its headers: it is a file to keep, not a page to open here."""
    media_type, suffix = MEDIA_TYPES.get(form, ("text/plain", ".txt"))
    return media_type, {
        "Content-Disposition": f'attachment; filename="entities{suffix}"',
        "X-Content-Type-Options": "nosniff",
    }


def documents_of(stream: BinaryIO, file_name: str, text_field: str, whole_files: bool) -> tuple[list[Document], int]:
    """The documents of an uploaded file, and how many of its records could not be read.

    Args:
        stream: its content.
        file_name: its suffix says what it is.
        text_field, whole_files: see `inputs.read_inputs`.

    Raises:
        ProblemError: it cannot be read, or none of its records.
    """
    suffix = PurePath(file_name.replace("\\", "/")).suffix.lower()
    if suffix not in READ:
        raise wrong_fields([Wrong(field="file", message=f"its name ends with one of {', '.join(READ)}")])
    wrong: list[DataError] = []
    try:
        name = NAME + suffix
        options = InputOptions(whole_files, text_field=text_field)
        documents = list(read_stream(stream, name, wrong.append, options))
    except DataError as error:
        wrong, documents = [error], []
    except UserError as error:
        # What reads tables is not installed here.
        raise wrong_fields([Wrong(field="file", message=str(error))]) from error
    if wrong and not documents:
        raise wrong_fields([Wrong(field="file", message=str(error)) for error in wrong])
    return documents, len(wrong)


async def written(documents: AsyncIterator[Document], form: str, schema: Schema) -> AsyncIterator[bytes]:
    """The answer in an output format, piece by piece; documents that the format cannot hold are left out.

    Args:
        documents: with entities.
        form: in `WRITERS`, and no table.
        schema: the types that were asked.
    """
    writer = WRITERS[form]
    if not isinstance(writer, FileFormat):
        yield _zipped([document async for document in documents])
        return
    yield writer.head(schema).encode()
    count = 0
    async for document in documents:
        for text, _, is_written in writer.texts([document], schema, lambda error: None, count):
            count += is_written
            yield text.encode()
    yield writer.tail.encode()


def _zipped(documents: list[Document]) -> bytes:
    """A folder of BRAT files as a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in brat_files(documents, lambda error: None):
            # Always of the same date, so that the same documents are the same bytes.
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()
