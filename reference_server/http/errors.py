"""Every HTTP error as a row of the protocol's error table."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec

from chatproof.protocol.errors import ERRORS, WireError
from chatproof.protocol.frames import ErrorBody
from chatproof.reference_server.roles.gateway.wire import error_body


def _documented() -> dict[int, ResponseSpec]:
    sentences: dict[int, list[str]] = {}
    for code, meaning in ERRORS.items():
        sentences.setdefault(meaning.http_status, []).append(f"`{code}`: {meaning.sentence}")
    return {
        status: ResponseSpec(ErrorBody, description=" ".join(texts), generate_examples=False)
        for status, texts in sentences.items()
    }


ERROR_RESPONSES = _documented()
"""HTTP status → what the OpenAPI document says of it: the codes of the table that travel with it."""

_log = logging.getLogger(__name__)

_CODES = {401: "unauthorized", 403: "forbidden", 404: "not_found", 413: "too_large", 429: "too_many"}
"""HTTP status of the framework → our code; other client errors are `bad_request`."""


def on_wire_error(_request: Request[Any, Any, Any], error: WireError) -> Response[ErrorBody]:
    """An error of the table, raised on purpose."""
    body = error_body(error)
    headers = {} if body.retry_after_ms is None else {"Retry-After": str(-(-body.retry_after_ms // 1000))}
    return Response(body, status_code=ERRORS[error.code].http_status, headers=headers, media_type="application/json")


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[ErrorBody]:
    """The framework refused: no such path, wrong method, a body that does not decode."""
    if error.status_code >= 500:
        return on_failure(request, error)
    code = _CODES.get(error.status_code, "bad_request")
    return on_wire_error(request, WireError(code, _sentence(error)))


def on_failure(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorBody]:
    """A bug of ours: logged here, `internal` to the caller."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return on_wire_error(request, WireError("internal"))


def _sentence(error: HTTPException) -> str:
    extra = error.extra if isinstance(error.extra, list) else []
    places = [f"{one.get('key', '')}: {one.get('message', '')}" for one in extra if isinstance(one, dict)]
    return "; ".join([error.detail, *places])
