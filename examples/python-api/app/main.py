"""The HTTP API. Run it with: uvicorn app.main:app"""

import os
from decimal import Decimal
from uuid import UUID

from fastapi import FastAPI, HTTPException

from app.expenses import Expense, Ledger, NewExpense


def create_app() -> FastAPI:
    app = FastAPI(title="Expenses", version=os.environ.get("APP_VERSION", "dev"))
    ledger = Ledger()

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": app.version}

    @app.post("/expenses", status_code=201)
    async def add(expense: NewExpense) -> Expense:
        return ledger.add(expense)

    @app.get("/expenses")
    async def find(category: str | None = None) -> list[Expense]:
        return ledger.find(category)

    @app.delete("/expenses/{expense_id}", status_code=204)
    async def remove(expense_id: UUID) -> None:
        if not ledger.remove(expense_id):
            raise HTTPException(404, "no such expense")

    @app.get("/totals")
    async def totals() -> dict[str, Decimal]:
        return ledger.totals()

    return app


app = create_app()
