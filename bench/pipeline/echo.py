"""The floor of a door: a Starlette application that reads a request and answers with a part of it. It stores nothing.

`python -m bench.pipeline.echo PORT` serves it by uvicorn.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def echo_json(request: Request) -> JSONResponse:
    """Answer a JSON body."""
    report = await request.json()
    return JSONResponse({"text": report["text"]}, 202)


async def echo_form(request: Request) -> JSONResponse:
    """Answer a form."""
    async with request.form() as form:
        return JSONResponse({"text": form["Body"]}, 202)


APP = Starlette(
    routes=[
        Route("/json", echo_json, methods=["POST"]),
        Route("/form", echo_form, methods=["POST"]),
        Route("/ready", lambda _: JSONResponse({})),
    ]
)


if __name__ == "__main__":
    uvicorn.run(APP, port=int(sys.argv[1]), log_level="warning", access_log=False)
