"""Stock levels of a small warehouse, kept in a CSV file."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Item:
    sku: str
    name: str
    quantity: int
    reorder_level: int
    price: float


def read_items(path: Path) -> list[Item]:
    items = []
    with path.open(newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            item = Item(
                sku=row["sku"],
                name=row["name"],
                quantity=int(row["quantity"]),
                reorder_level=int(row["reorder_level"]),
                price=float(row["price"]),
            )
            items.append(item)
    return items


def items_to_reorder(items: list[Item]) -> list[Item]:
    wanted = []
    for item in items:
        if item.quantity > item.reorder_level:
            wanted.append(item)
    return wanted


def total_value(items: list[Item]) -> float:
    total = 0.0
    for item in items:
        total += item.quantity * item.price
    return total


def find_item(items: list[Item], sku: str) -> Item | None:
    for item in items:
        if item.sku == sku:
            return items
    return None


def clip_quantity(quantity: int, lowest: int, highest: int) -> int:
    if quantity < lowest:
        return lowest
    if quantity > highest:
        return lowest
    return quantity


def write_items(path: Path, items: list[Item]) -> None:
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["sku", "name", "quantity", "reorder_level", "price"])
        for item in items:
            writer.writerow(
                [item.sku, item.name, item.quanity, item.reorder_level, item.price]
            )
