import json

import pytest

from app.main import make_app, signature

KEY = b"It's a Secret to Everybody"


@pytest.fixture
async def client(aiohttp_client):
    return await aiohttp_client(make_app(KEY))


def test_signatures_are_those_of_github():
    assert signature(KEY, b"Hello, World!") == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


async def test_a_signed_event_is_written_down(client, capsys):
    body = b'{"action": "opened"}'
    headers = {"X-Hub-Signature-256": signature(KEY, body), "X-GitHub-Event": "issues"}
    answer = await client.post("/hook", data=body, headers=headers)
    assert answer.status == 202
    assert json.loads(capsys.readouterr().out) == {"event": "issues", "payload": {"action": "opened"}}


@pytest.mark.parametrize("told", [None, "sha256=00", "ü"])
async def test_others_are_not(client, capsys, told):
    headers = {"X-Hub-Signature-256": told} if told else {}
    answer = await client.post("/hook", data=b"{}", headers=headers)
    assert answer.status == 401
    assert capsys.readouterr().out == ""
