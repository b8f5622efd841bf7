"""The page's rows about models: which there are, and fetching and removing them."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from swarmstt.core.programs.answers import model_list
from swarmstt.errors import InputError
from swarmstt.ids import BookId
from swarmstt.phrases import model_name
from swarmstt.web.api.bodies import read_map, unknown_name
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import name_of
from swarmstt.web.models.port import ModelsPort

MODELS: web.AppKey[ModelsPort] = web.AppKey("models")


def model_routes() -> list[web.RouteDef]:
    return [
        web.get("/models", list_models),
        web.post("/models", fetch_model),
        web.delete("/models/{name}", remove_model),
    ]


async def list_models(request: web.Request) -> web.Response:
    """Answers with all models; with `?book_id=` their times are for that book. Programs whose base URL lacks /v1 ask
    here too: the list that they know is in the answer."""
    book_id = request.query.get("book_id")
    chosen = None if book_id is None else BookId(name_of(book_id, "book_id"))
    found = await request.app[MODELS].models(chosen)
    here = [found["model"], *(each["name"] for each in found["models"] if each["here"])]
    return reply(request, {**found, **model_list(map(model_name, here))})


async def fetch_model(request: web.Request) -> web.Response:
    """`{"model"}`: begins to fetch it; how far that is, the list says."""
    body = await read_map(request)
    if (unknown := unknown_name(body, ("model",))) is not None:
        raise InputError(f"There is no field {unknown!r}; send the name of the model as model.")
    await request.app[MODELS].fetch_model(name_of(body.get("model"), "model"))
    return reply(request, {"status": "ok"}, status=HTTPStatus.ACCEPTED)


async def remove_model(request: web.Request) -> web.Response:
    await request.app[MODELS].remove_model(name_of(request.match_info["name"], "The model's name"))
    return reply(request, {"status": "ok"})
