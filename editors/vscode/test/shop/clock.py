"""When things happened."""

import time
from datetime import datetime


def parse(text: str, tz=None) -> datetime:
    return datetime.fromisoformat(text)


def stamp(prefix="at"):
    now = datetime.now()
    return f"{prefix} {now:%H:%M}"


def entries(path):
    for line in path.open():
        if line.strip():
            yield line.rstrip()


def age(when):
    return time.time() - when.timestamp()
