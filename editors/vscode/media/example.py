"""What a shop sells: a small file to try mlm-lsp on. One name in it is misspelt."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Item:
    name: str
    quantity: int
    price: float


def read_items(path):
    """Read the items of a CSV file."""
    items = []
    with Path(path).open(newline="") as handle:
        for row in csv.DictReader(handle):
            items.append(Item(row["name"], int(row["quantity"]), float(row["price"])))
    return items


def total_value(items: list[Item]):
    total = 0.0
    for item in items:
        total += item.quantity * item.prcie
    return total


def is_empty(item: Item):
    return item.quantity == 0


def describe(item: Item, indent=2):
    return " " * indent + f"{item.name}: {item.quantity}"


print(total_value(read_items("items.csv")))
