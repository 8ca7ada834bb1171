"""Who may ask: a token, names of the host, and origins of web pages."""

import hmac
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from bert_mrc_theseus.service.problems import ProblemError
from bert_mrc_theseus.service.settings import LOOPBACK, ServiceSettings

_bearer = HTTPBearer(auto_error=False, description="The token that the service was started with, if it was.")
_basic = HTTPBasic(auto_error=False, description="The token as password, of any user.")


async def require_token(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None
) -> None:
    """Lets a request pass that carries the service's token, if it has one.

    Raises:
        ProblemError: it does not.
    """
    _require(request, None if given is None else given.credentials)


class UnsolvedRoute(APIRoute):
    """A route whose endpoint takes the request itself and needs the token: FastAPI, which would solve parameters for each
    request, only documents it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            await require_token(request, await _bearer(request))
            return await self.endpoint(request)

        return handle


async def require_password(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
    basic: Annotated[HTTPBasicCredentials | None, Depends(_basic)] = None,
) -> None:
    """The same for clients that can only send a user and a password: the password is the token.

    Raises:
        ProblemError: see `require_token`.
    """
    _require(request, basic.password if basic is not None else None if given is None else given.credentials)


def _require(request: Request, given: str | None) -> None:
    token = request.app.state.settings.token
    if token is None:
        return
    # Compared in constant time, so that its digits cannot be found out one by one.
    if given is None or not hmac.compare_digest(given.encode(), token.encode()):
        raise ProblemError(
            401, "send the service's token: Authorization: Bearer TOKEN", headers={"WWW-Authenticate": "Bearer"}
        )


def guard(app: FastAPI, settings: ServiceSettings) -> None:
    """Adds what looks at hosts and origins.

    A service that needs no token answers by this machine's own names alone: a web page that lets its own name point here does
    not get through.
    """
    if settings.local and settings.token is None:
        names = [f"[{name}]" if ":" in name else name for name in LOOPBACK]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
