def raise_all(items):
    for i in range(len(items)):
        items[i] += 1


def lower_all(items):
    for i in range(
