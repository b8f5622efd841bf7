"""Who may ask, and what a program's token opens: its own rows, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.app import build_app
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.incoming.places import keep_nothing
from swarmstt.web.outside import build_outside_app
from swarmstt.web.programs.access import Access
from tests.unit.web.fake_invitations import FakeInvitations
from tests.unit.web.fake_node import FakeNode
from tests.unit.web.models.test_rows import FakeModels
from tests.unit.web.programs.conftest import Client
from tests.unit.web.programs.fake_programs import ORIGIN, TOKEN, FakePrograms

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ROWS = ["/v1/models", "/models", "/v1/models/", "/v1/models/base", "/v1/jobs"]
PAGE_ROWS = ["/", "/status", "/books", "/tasks", "/programs", "/invitations", "/settings", "/licences", "/upload"]


def form() -> FormData:
    made = FormData()
    made.add_field("file", b"sound", filename="a.wav")
    return made


@pytest.mark.parametrize("path", ROWS)
async def test_a_program_of_this_pc_needs_nothing(own: Client, path: str) -> None:
    assert (await own.get(path)).status == 200
    assert (await own.get(path, headers={"Authorization": "Bearer sk-whatever"})).status == 200


@pytest.mark.parametrize("path", ROWS)
async def test_a_token_in_the_address_or_as_a_key_opens_the_rows(elsewhere: Client, own: Client, path: str) -> None:
    for client in (elsewhere, own):
        assert (await client.get(f"/programs/{TOKEN}{path}")).status == 200
        assert (await client.get(path, headers={**BEARER, "Host": "pc.example"})).status == 200


async def test_what_is_no_row_is_told_in_the_shape_that_clients_read(elsewhere: Client, own: Client) -> None:
    for client, before in ((own, ""), (own, f"/programs/{TOKEN}"), (elsewhere, f"/programs/{TOKEN}")):
        for path, status in (("/v1/chat/completions", 404), ("/v1/", 404), ("/v1/audio/transcriptions", 405)):
            answer = await client.get(before + path)
            assert (answer.status, (await answer.json())["error"]["type"]) == (status, "invalid_request_error")
            assert answer.headers.get("Allow") == ("POST" if status == 405 else None)
    assert (await elsewhere.get("/v1/chat/completions")).status == 404


@pytest.mark.parametrize("token", ["", "x" * 43, TOKEN[:-1], TOKEN + "t", "%00", "\udcff"])
async def test_strangers_get_nothing(elsewhere: Client, own: Client, token: str) -> None:
    for path in ROWS:
        tried = [elsewhere.get(path), elsewhere.get(f"/programs/{token.encode('utf-8', 'replace').decode()}{path}")]
        if token.isascii() and token:
            tried.append(elsewhere.get(path, headers={"Authorization": f"Bearer {token}"}))
            tried.append(own.get(path, headers={"Authorization": f"Bearer {token}", "Host": "pc.example"}))
        for each in tried:
            answer = await each
            assert answer.status in (403, 404)
            assert "base" not in await answer.text()


async def test_what_was_taken_back_opens_nothing(elsewhere: Client, programs: FakePrograms) -> None:
    programs.names.clear()
    assert (await elsewhere.get(f"/programs/{TOKEN}/v1/models")).status == 404
    assert (await elsewhere.get("/v1/models", headers=BEARER)).status == 404


@pytest.mark.parametrize("path", PAGE_ROWS)
async def test_a_token_opens_no_row_of_the_page(elsewhere: Client, own: Client, path: str) -> None:
    strange = {**BEARER, "Host": "pc.example"}
    for method in ("GET", "POST", "DELETE"):
        assert (await elsewhere.request(method, f"/programs/{TOKEN}{path}")).status == 404
        assert (await elsewhere.request(method, path, headers=BEARER)).status == 404
        assert (await own.request(method, f"/programs/{TOKEN}{path}")).status == 404
        assert (await own.request(method, path, headers=strange)).status in (403, 404, 405)


async def test_a_token_opens_no_row_of_the_page_whose_path_programs_have_too(
    tmp_path: Path, programs: FakePrograms, access: Access
) -> None:
    models = FakeModels()
    app = build_app(FakeNode(tmp_path).ports, programs=access, models=models)
    async with TestClient(TestServer(app)) as own:
        for method, path in (("GET", "/models"), ("POST", "/models"), ("DELETE", "/models/base")):
            for strange in ({"Host": "pc.example"}, {"Origin": ORIGIN}, {"Via": "1.1 tunnel"}):
                sent = await own.request(method, path, headers={**BEARER, **strange}, json={"model": "small"})
                is_plain_page = method == "GET" and "Origin" in strange
                assert sent.status == (200 if is_plain_page else 403), (method, path, strange)
        assert (await own.get("/v1/models", headers={**BEARER, "Host": "pc.example"})).status == 200
    assert ("fetch", "small") not in models.calls


async def test_a_program_sees_its_own_jobs_alone(elsewhere: Client, own: Client, programs: FakePrograms) -> None:
    programs.jobs.done.set()
    assert (await own.post("/v1/audio/transcriptions", data=form())).status == 200
    assert (await elsewhere.get("/v1/jobs", headers=BEARER)).status == 200
    assert (await (await elsewhere.get("/v1/jobs", headers=BEARER)).json())["data"] == []
    for method in ("GET", "DELETE"):
        assert (await elsewhere.request(method, "/v1/jobs/job-1", headers=BEARER)).status == 404
    assert (await own.get("/v1/jobs/job-1?response_format=json")).status == 200
    assert (await (await own.delete("/v1/jobs/job-1")).json())["deleted"] is True


async def test_a_page_that_a_person_named_may_ask_with_the_token(elsewhere: Client, own: Client) -> None:
    for client in (elsewhere, own):
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        for path in (f"/programs/{TOKEN}/v1/audio/transcriptions", "/v1/audio/transcriptions"):
            preflight = await client.options(path, headers=asked)
            assert preflight.status == 204
            assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
        answer = await client.get(f"/programs/{TOKEN}/v1/models", headers={"Origin": ORIGIN})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
        wrong = await client.get(f"/programs/{TOKEN}/v1/models/", headers={"Origin": ORIGIN, "Accept": "x"})
        assert wrong.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_any_other_page_may_not(elsewhere: Client, own: Client) -> None:
    strange = {"Origin": "https://evil.example"}
    for client in (elsewhere, own):
        answer = await client.get(f"/programs/{TOKEN}/v1/models", headers=strange)
        assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (403, None)
        for path in (f"/programs/{TOKEN}/v1/models", "/v1/models"):
            assert (await client.options(path, headers=strange)).status in (403, 404, 405)
    for page in (strange, {"Origin": ORIGIN}):  # without a token no page of elsewhere may
        assert (await own.post("/v1/audio/transcriptions", data=form(), headers=page)).status == 403


async def test_too_much_at_once_says_when_to_try_again(tmp_path: Path, programs: FakePrograms) -> None:
    access = Access(programs, requests_per_second=0.1)
    outside = build_outside_app(Admissions(FakeInvitations(tmp_path)), access, keep_nothing)
    async with TestClient(TestServer(outside)) as client:
        assert (await client.get(f"/programs/{TOKEN}/v1/models")).status == 200
        refused = await client.get(f"/programs/{TOKEN}/v1/models")
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) > 0
        assert (await refused.json())["error"]["code"] == "rate_limit_exceeded"


async def test_the_page_lets_programs_in_and_takes_them_back(own: Client, programs: FakePrograms) -> None:
    made = await own.post("/programs", json={"name": "Bazarr", "origins": ["http://pc:6767"]})
    assert made.status == 201
    assert programs.names["2"] == ("Bazarr", ("http://pc:6767",))
    assert len((await (await own.get("/programs")).json())["programs"]) == 2
    assert (await own.delete("/programs/2")).status == 200
    assert (await own.delete("/programs/2")).status == 404
    assert (await own.delete("/programs")).status == 200
    assert programs.names == {}


@pytest.mark.parametrize("origins", ["x", ["*"], ["null"], ["https://a/b"], [5], ["https://a"] * 50])
async def test_what_is_no_origin_is_refused(own: Client, origins: object) -> None:
    assert (await own.post("/programs", json={"name": "X", "origins": origins})).status == 400
