from starlette.testclient import TestClient

from app.main import app
from app.snippets import LONGEST

client = TestClient(app)


def test_a_snippet_is_a_highlighted_page():
    made = client.post("/?language=python", content="def f(): pass\n")
    assert made.status_code == 201
    page = client.get(made.json()["path"])
    assert page.headers["content-type"].startswith("text/html")
    assert '<span class="k">def</span>' in page.text
    assert client.get(made.json()["path"] + "?raw").text == "def f(): pass\n"


def test_the_language_is_guessed():
    made = client.post("/", content="#!/usr/bin/env python3\nprint(1)\n")
    assert made.json()["language"] == "python"


def test_what_is_wrong_is_told():
    assert client.post("/?language=klingon", content="x").text == "no language is called 'klingon'"
    assert client.post("/", content="").status_code == 400
    assert client.post("/", content="x" * (LONGEST + 1)).status_code == 413
    assert client.get("/nothing").status_code == 404
