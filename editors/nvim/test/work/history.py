"""What was sold, one line of JSON each."""

import json


def read_sales(path):
    sales = []
    for line in path.read_text().splitlines():
        sales.append(json.loads(line))
    return sales


def write_sales(path, sales, verbose=False):
    lines = [json.dumps(sale) for sale in sales]
    if verbose:
        print(f"{len(lines)} sales in {path}")
    path.write_text("\n".join(lines))
