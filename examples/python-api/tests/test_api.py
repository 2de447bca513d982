import pytest
from fastapi.testclient import TestClient

from app.main import create_app


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app())


def test_healthz(client):
    assert client.get("/healthz").json() == {"status": "ok", "version": "dev"}


def test_add_find_remove(client):
    response = client.post("/expenses", json={"amount": "3.50", "category": " Coffee "})
    assert response.status_code == 201
    expense = response.json()
    assert expense["category"] == "coffee"

    assert client.get("/expenses").json() == [expense]
    assert client.get("/expenses", params={"category": "rent"}).json() == []

    assert client.delete(f"/expenses/{expense['id']}").status_code == 204
    assert client.delete(f"/expenses/{expense['id']}").status_code == 404


def test_totals_are_exact(client):
    for amount in ("0.10", "0.20"):
        client.post("/expenses", json={"amount": amount, "category": "snacks"})
    assert client.get("/totals").json() == {"snacks": "0.30"}


@pytest.mark.parametrize("amount", ["0", "-1", "1.234", "much"])
def test_bad_amount_is_refused(client, amount):
    assert client.post("/expenses", json={"amount": amount, "category": "x"}).status_code == 422
