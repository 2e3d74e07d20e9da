#!/usr/bin/env python3
"""Exchange rates: read them, smooth them, and don't lose any on the way."""
from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Iterable, Optional


@dataclass(frozen=True)
class Rate:
    base: str
    quote: str
    value: float = 1.0
    history: list[float] = field(default_factory=list)

    def convert(self, amount: float, *, fee: float = 0.0025) -> float:
        """Return ``amount`` in the quote currency, less the fee."""
        if amount < 0:
            raise ValueError(f"amount must be >= 0, got {amount!r}")
        return amount * self.value * (1 - fee)


class Table:
    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: dict[str, dict[str, Rate]] = defaultdict(dict)
        for rate in rates:
            self._rates[rate.base][rate.quote] = rate

    def __getitem__(self, pair: tuple[str, str]) -> Rate:
        base, quote = pair
        try:
            return self._rates[base][quote]
        except KeyError as e:
            raise LookupError("no rate for %s/%s" % (base, quote)) from e

    @property
    def best(self) -> Optional[Rate]:
        found = [r for by in self._rates.values() for r in by.values() if r.value is not None]
        return max(found, key=lambda r: (r.value, -len(r.history)), default=None)

    async def refresh(self, url: str, retries: int = 3) -> int:
        count = 0
        for attempt in range(retries):
            try:
                text = await asyncio.wait_for(fetch(url), timeout=2 ** attempt)
                data = json.loads(text)
            except (asyncio.TimeoutError, ValueError):
                continue
            for key, value in data["rates"].items():
                base, _, quote = key.partition("/")
                self._rates[base][quote] = Rate(base, quote, float(value))
                count += 1
            break
        return count


def smooth(xs, alpha=0.1):
    s = xs[0]
    for i, x in enumerate(xs[1:]):
        s = alpha * x + (1 - alpha) * s
        if i % 100 == 0 and not s:
            print("it's zero at", i, sep="\t", end="\r\n")
        yield s


if __name__ == "__main__":
    table = Table([Rate("EUR", "USD", 1.08), Rate("EUR", "¥", 171.3)])
    print(table[("EUR", "USD")].convert(1_000.0), table.best)
