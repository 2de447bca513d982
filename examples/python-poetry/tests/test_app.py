import pytest

from app.main import app


@pytest.fixture
def client():
    return app.test_client()


def test_a_code_is_a_picture(client):
    svg = client.get("/qr.svg?text=hello")
    assert svg.mimetype == "image/svg+xml"
    assert b"<svg" in svg.data
    png = client.get("/qr.png?text=hello&scale=8")
    assert png.data.startswith(b"\x89PNG")
    assert "max-age=31536000" in png.headers["cache-control"]


@pytest.mark.parametrize("question", ["", "?text=", "?text=x&scale=0", "?text=x&scale=big", "?text=x&error=z"])
def test_what_is_wrong_is_told(client, question):
    answer = client.get(f"/qr.svg{question}")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_there_are_no_other_pictures(client):
    assert client.get("/qr.gif?text=x").status_code == 404
