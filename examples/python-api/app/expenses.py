"""Expenses, kept in memory."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, Field, StringConstraints

Category = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=40)]


class NewExpense(BaseModel):
    amount: Decimal = Field(gt=0, decimal_places=2)
    category: Category
    day: date = Field(default_factory=date.today)


class Expense(NewExpense):
    id: UUID = Field(default_factory=uuid4)


class Ledger:
    def __init__(self) -> None:
        self._expenses: dict[UUID, Expense] = {}

    def add(self, new: NewExpense) -> Expense:
        expense = Expense(**new.model_dump())
        self._expenses[expense.id] = expense
        return expense

    def find(self, category: str | None = None) -> list[Expense]:
        return [e for e in self._expenses.values() if category in (None, e.category)]

    def remove(self, expense_id: UUID) -> bool:
        return self._expenses.pop(expense_id, None) is not None

    def totals(self) -> dict[str, Decimal]:
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        for expense in self._expenses.values():
            totals[expense.category] += expense.amount
        return dict(totals)
