"""Monthly reports of what was sold."""

import json
from datetime import datetime
from pathlib import Path


class Sale:
    def __init__(self, item: str, price: float, sold: datetime) -> None:
        self.item = item
        self.price = price
        self.sold = sold


def read_sales(path: Path) -> list[Sale]:
    rows = json.loads(path.read_text())
    return [Sale(row["item"], row["price"], datetime.fromisoformat(row["sold"])) for row in rows]


def total(sales, verbose=False):
    amount = 0.0
    for sale in sales:
        amount += sale.price
    if verbose:
        print(f"{len(sales)} sales: {amount:.2f}")
    return amount


def write_report(path, sales, title="Sales"):
    lines = [title]
    for sale in sales:
        lines.append(f"{sale.item}: {sale.price}")
    path.write_text("\n".join(lines))


def lines_of(text):
    for line in text.splitlines():
        yield line.strip()


def newest(sales):
    return max(sale.sold for sale in sales)
