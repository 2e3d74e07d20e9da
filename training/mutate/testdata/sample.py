"""Loans of a library, for tests of mutations: calls with several arguments, comparisons, booleans and members."""

import logging
import os.path

log = logging.getLogger(__name__)


class Loan:
    def __init__(self, reader, book, due, renewed=False):
        self.reader = reader
        self.book = book
        self.due = due
        self.renewed = renewed

    def overdue(self, today):
        return today > self.due and self.book is not None

    def renew(self, days, today):
        if self.renewed or self.overdue(today):
            return False
        self.due = self.due + days
        self.renewed = True
        return True


class Desk:
    def __init__(self, limit, fee):
        self.limit = limit
        self.fee = fee
        self.loans = {}

    def lend(self, reader, book, today):
        held = self.loans.get(reader, [])
        if len(held) >= self.limit:
            log.warning("%s has %d books", reader, len(held))
            return None
        loan = Loan(reader, book, today + 28)
        if reader not in self.loans:
            self.loans[reader] = []
        self.loans[reader].append(loan)
        record(reader, book)
        return loan

    def give_back(self, reader, book, today):
        total = 0
        for loan in self.loans.get(reader, []):
            if loan.book == book:
                if loan.overdue(today):
                    total += (today - loan.due) * self.fee
                self.loans[reader].remove(loan)
                break
        return total

    def open_loans(self, today, only_overdue=True):
        found = []
        for reader, loans in self.loans.items():
            for loan in loans:
                if not only_overdue or loan.overdue(today):
                    found.append((reader, loan))
        return found


def record(reader, book):
    path = os.path.join("loans", reader)
    with open(path, "a") as out:
        out.write(book)
        out.flush()
