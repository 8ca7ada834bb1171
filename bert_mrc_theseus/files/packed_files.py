"""Compressed files, told by the ends of their names: gz by Python itself, zst by Python 3.14 or its backport."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files.foreign_stream import ForeignStream

GZ, ZST = ".gz", ".zst"
ENDINGS = (GZ, ZST)


def is_packed(path: str | Path) -> bool:
    """Whether a file is compressed, by its name."""
    return str(path).lower().endswith(ENDINGS)


def unpacked_name(path: str | Path) -> str:
    """A file's name in lower case, without `.gz` or `.zst`."""
    name = str(path).lower()
    return next((name.removesuffix(end) for end in ENDINGS if name.endswith(end)), name)


def unpacked(raw: BinaryIO, path: str | Path) -> BinaryIO:
    """A stream to read, unpacked if the name says that it is compressed; `raw` is closed with it.

    Raises:
        UserError: it is zst, and nothing here can unpack that.
    """
    if not is_packed(path):
        return raw
    if str(path).lower().endswith(GZ):
        return cast(BinaryIO, _OwningGzipFile(raw))
    stream = ForeignStream(_zstd().ZstdFile(raw, "rb"), "is it zst, as its name says, and whole?", raw)
    return cast(BinaryIO, io.BufferedReader(stream))


@contextmanager
def packing(raw: BinaryIO, path: str | Path) -> Iterator[BinaryIO]:
    """A stream to write, compressed if the name says so; equal content gives equal bytes.

    Raises:
        UserError: see `unpacked`.
    """
    if not is_packed(path):
        yield raw
    elif str(path).lower().endswith(GZ):
        # Without name and time.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    else:
        with _zstd().ZstdFile(raw, "wb") as packed:
            yield packed


class _OwningGzipFile(gzip.GzipFile):
    """Closes the stream that it reads."""

    def __init__(self, raw: BinaryIO):
        super().__init__(fileobj=raw, mode="rb")
        self._raw = raw

    def close(self) -> None:
        super().close()
        self._raw.close()


def check_packing(path: str | Path) -> None:
    """Refuses a name whose compression nothing here can do.

    Raises:
        UserError: see `unpacked`.
    """
    if str(path).lower().endswith(ZST):
        _zstd()


def _zstd() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # Python 3.14
    except ImportError:
        try:
            from backports import zstd  # type: ignore[no-redef, unused-ignore]
        except ImportError as error:
            raise UserError(
                "zst needs Python 3.14, or backports.zstd: pip install 'bert-mrc-theseus[tables]'"
            ) from error
    return zstd
