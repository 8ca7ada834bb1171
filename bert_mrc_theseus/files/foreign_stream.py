"""Streams of libraries whose errors are of kinds of their own."""

import io
from typing import Any


class ForeignStream(io.RawIOBase):
    """A stream of a library, as one of Python: whatever goes wrong in it is an OSError.

    Args:
        stream: of bytes, open; closed with this one.
        hint: what is said of an error beside the library's own words.
        below: a stream that `stream` reads, closed with it.
    """

    def __init__(self, stream: Any, hint: str = "", below: Any = None):
        self._stream, self._hint, self._below = stream, hint, below

    def readable(self) -> bool:
        return self._call(self._stream.readable)

    def writable(self) -> bool:
        return self._call(self._stream.writable)

    def seekable(self) -> bool:
        return self._call(self._stream.seekable)

    def readinto(self, buffer: Any) -> int:
        data = self._call(self._stream.read, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        self._call(self._stream.write, bytes(data))
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._call(self._stream.seek, offset, whence)

    def tell(self) -> int:
        return self._call(self._stream.tell)

    def close(self) -> None:
        if not self.closed:
            try:
                self._call(self._stream.close)
            finally:
                super().close()
                if self._below is not None:
                    self._below.close()

    def _call(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except OSError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}".rstrip(": ")
            raise OSError(f"{said} ({self._hint})" if self._hint else said) from error
