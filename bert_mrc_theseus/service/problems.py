"""Why a request is not answered, in the one form that all errors of the service have."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from bert_mrc_theseus.service.bodies import Problem, Wrong
from bert_mrc_theseus.service.served_models import FieldError

MOST_SHOWN = 20
"""Fields at fault that an answer names."""

OUR_FAULT = "the service cannot answer this: its log says where it went wrong"


class ProblemError(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        detail: why.
        errors: fields at fault.
        headers: of the answer.
    """

    def __init__(
        self, status: int, detail: str, errors: Sequence[Wrong] = (), headers: Mapping[str, str] | None = None
    ):
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers

    def response(self) -> JSONResponse:
        """The answer."""
        problem = Problem(detail=self.detail, errors=list(self.errors))
        return JSONResponse(problem.model_dump(), self.status, self.headers)


def wrong_fields(errors: Sequence[Wrong]) -> ProblemError:
    """The error of a body whose form or values are wrong."""
    first = errors[0]
    detail = f"{first.field}: {first.message}" if first.field else first.message
    return ProblemError(422, detail, errors[:MOST_SHOWN])


def not_valid(error: ValidationError, before: str = "") -> ProblemError:
    """The error of a body that pydantic refuses; without its values, which may be long.

    Args:
        error: pydantic's.
        before: of the fields' names.
    """
    errors = [
        Wrong(
            field=".".join(filter(None, (before, *map(str, item["loc"])))),
            message=item["msg"].removeprefix("Value error, "),
        )
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return wrong_fields(errors)


def answer_problems(app: FastAPI) -> None:
    """Gives all errors of an application their form."""

    @app.exception_handler(ProblemError)
    async def known(request: Request, error: ProblemError) -> JSONResponse:
        return error.response()

    @app.exception_handler(FieldError)
    async def field(request: Request, error: FieldError) -> JSONResponse:
        return wrong_fields([Wrong(field=error.field, message=str(error))]).response()

    @app.exception_handler(RequestValidationError)
    async def form(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [Wrong(field=".".join(map(str, item["loc"][1:])), message=item["msg"]) for item in error.errors()]
        return wrong_fields(errors).response()

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return ProblemError(error.status_code, str(error.detail), headers=error.headers).response()
