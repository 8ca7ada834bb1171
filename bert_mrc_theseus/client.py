"""Asks the service of `bert-mrc-theseus serve` for entities. Standard library alone.

client = Client("http://127.0.0.1:8000")
client("程晓光从广州飞往大连。")                         # as an Extractor: a list of Extraction
client(["程晓光", "广州"], types=["PER"])                # such a list for each text
for document in client.documents(read_documents("a.jsonl")): ...
"""

import http.client
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, overload
from urllib.parse import urlsplit

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.prediction.extractor import Extraction
from bert_mrc_theseus.prediction.pieces import GROUP_CHARACTERS
from bert_mrc_theseus.text.documents import Document, Entity

MOST_DOCUMENTS = 1000
"""Of one request."""


class ServiceError(UserError):
    """The service cannot be reached, or does not answer a request.

    Attributes:
        status: of HTTP; 0: there was no answer.
        fields: names of the fields at fault.
    """

    def __init__(self, message: str, status: int = 0, fields: tuple[str, ...] = ()):
        super().__init__(message)
        self.status, self.fields = status, fields


class Client:
    """A connection to a service; not for several threads at once.

    Settings are those of a request, see docs/service.md: `model`, `types`, `queries`, `thresholds`, `nested`, `dictionary`.

    Args:
        url: of the service.
        token: of the service, if it has one.
        timeout: seconds of one request.
        patience: seconds for which a request is repeated while the service has too much to do.

    Raises:
        UserError: the address is not one of HTTP.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
        timeout: float = 120.0,
        patience: float = 60.0,
    ):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"a service's address is http://HOST:PORT or https://HOST. Received: {url!r}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)
        self._url, self._path, self._patience = url, parts.path.rstrip("/"), patience
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    @overload
    def __call__(self, text: str, **settings: Any) -> list[Extraction]: ...

    @overload
    def __call__(self, text: Iterable[str], **settings: Any) -> list[list[Extraction]]: ...

    def __call__(self, text: str | Iterable[str], **settings: Any) -> list[Extraction] | list[list[Extraction]]:
        """Entities of one text, by position; of several texts such a list for each.

        Raises:
            ServiceError: see `documents`.
        """
        texts = [text] if isinstance(text, str) else text
        found = [
            [Extraction(d.text_of(e), e.type, e.start, e.end, 0.0 if e.score is None else e.score) for e in d.entities]
            for d in self.documents((Document(number, one) for number, one in enumerate(texts)), **settings)
        ]
        return found[0] if isinstance(text, str) else found

    def documents(self, documents: Iterable[Document], **settings: Any) -> Iterator[Document]:
        """Documents with predicted entities, in order; read and sent a part at a time.

        Raises:
            ServiceError: the service cannot be reached, or refuses the settings or a document.
        """
        for part in _parts(documents):
            sent = [{"id": document.id, "text": document.text} for document in part]
            answer = self._ask("POST", "/v1/entities", {**settings, "documents": sent, "offsets": "code-points"})
            for document, found in zip(part, answer["documents"], strict=True):
                entities = (
                    Entity(e["start"], e["end"], e["type"], e.get("score"), e.get("source")) for e in found["entities"]
                )
                yield replace(document, entities=tuple(entities), annotated=None)

    def models(self) -> list[dict[str, Any]]:
        """The service's models: name, version, types and more; the first is the default.

        Raises:
            ServiceError: the service cannot be reached.
        """
        return self._ask("GET", "/v1/models")["models"]

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        until = time.monotonic() + self._patience
        while True:
            status, headers, answer = self._answer(method, self._path + path, content)
            wait = float(headers.get("Retry-After", 1))
            if status == 503 and time.monotonic() + wait < until:
                time.sleep(wait)
                continue
            try:
                value = json.loads(answer)
            except ValueError:
                value = {}
            if status == 200:
                return value
            fields = tuple(error["field"] for error in value.get("errors", ()))
            raise ServiceError(f"{self._url} answers {status}: {value.get('detail', 'no reason')}", status, fields)

    def _answer(self, method: str, path: str, content: bytes | None) -> tuple[int, http.client.HTTPMessage, bytes]:
        # A connection that was left alone may have been closed: then the request was not read.
        for attempt in ("kept", "new"):
            try:
                self._connection.request(method, path, content, self._headers)
                response = self._connection.getresponse()
                return response.status, response.headers, response.read()
            except (http.client.HTTPException, OSError) as error:
                self._connection.close()
                stale = isinstance(error, http.client.RemoteDisconnected | BrokenPipeError | ConnectionResetError)
                if attempt == "new" or not stale:
                    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
                    raise ServiceError(f"no answer from {self._url}: {reason}") from error
        raise AssertionError  # The second attempt returns or raises.


def _parts(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents in parts of bounded size."""
    part: list[Document] = []
    size = 0
    for document in documents:
        if part and (size + len(document.text) > GROUP_CHARACTERS or len(part) == MOST_DOCUMENTS):
            yield part
            part, size = [], 0
        part.append(document)
        size += len(document.text)
    if part:
        yield part
