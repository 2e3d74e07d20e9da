#!/usr/bin/env python3
"""Compares the speed of encoding with Hugging Face's tokenizers (Rust), one thread each.

    python3 codetok/bench/compare.py [--rounds 7]

Both encode the same files (about 5 MB of Go's and Python's standard libraries) with
the same tokenizer.json of 16,384 ids, in alternating rounds of one run; medians are
printed. The ids are compared first. Of the reference's forms (encode,
encode_batch, encode_batch_fast, which leaves offsets out) the fastest counts.
"""

import argparse
import array
import os
import pathlib
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import zlib

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).resolve().parent


def corpus(size):
    """Every so many files of both libraries, in a fixed order."""
    goroot = subprocess.run(["go", "env", "GOROOT"], cwd=HERE, check=True, capture_output=True, text=True).stdout.strip()
    chosen = []
    for root, suffix in ((goroot + "/src", "*.go"), (sysconfig.get_path("stdlib"), "*.py")):
        paths = [p for p in sorted(pathlib.Path(root).rglob(suffix))
                 if "testdata" not in p.parts and "site-packages" not in p.parts and p.is_file() and p.stat().st_size < 200_000]
        step = max(1, sum(p.stat().st_size for p in paths) // size)
        for p in paths[::step]:
            try:
                p.read_bytes().decode()
            except UnicodeDecodeError:
                continue
            chosen.append(p)
    return chosen


def gpt2(paths):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.train([str(p) for p in paths], trainers.BpeTrainer(
        vocab_size=16384, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    return tok.to_str()


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--rounds", type=int, default=7)
    rounds = args.parse_args().rounds
    paths = corpus(2_500_000)
    texts = [p.read_bytes().decode() for p in paths]
    size = sum(len(t.encode()) for t in texts)
    print(f"{len(texts)} files, {size / 1e6:.1f} MB; tokenizers {tokenizers.__version__}")
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        (tmp / "list").write_text("".join(f"{p}\n" for p in paths))
        subprocess.run(["go", "build", "-o", tmp / "encode", "encode.go"], cwd=HERE, check=True)
        own = subprocess.run([tmp / "encode", "-train", tmp / "list"], check=True, capture_output=True, text=True).stdout
        for name, text in (("own pattern", own), ("GPT-2 pattern", gpt2(paths))):
            (tmp / "tokenizer.json").write_text(text)
            compare(name, text, texts, size, rounds, [tmp / "encode", tmp / "tokenizer.json", tmp / "list"])


def compare(name, form, texts, size, rounds, command):
    tok = Tokenizer.from_str(form)
    tok.encode_special_tokens = True
    go = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ours(order):
        print(order, file=go.stdin, flush=True)
        seconds, n, checksum = go.stdout.readline().split()
        return float(seconds), int(n), int(checksum)

    forms = {
        "encode": lambda: [tok.encode(t, add_special_tokens=False) for t in texts],
        "encode_batch": lambda: tok.encode_batch(texts, add_special_tokens=False),
        "encode_batch_fast": lambda: tok.encode_batch_fast(texts, add_special_tokens=False),
    }

    def theirs(form):
        start = time.perf_counter()
        result = forms[form]()
        return time.perf_counter() - start, result

    checksum, n = 0, 0
    for e in forms["encode"]():
        ids = array.array("I", e.ids)
        if sys.byteorder == "big":
            ids.byteswap()
        checksum, n = zlib.crc32(ids.tobytes(), checksum), n + len(ids)
    if ours("check")[1:] != (n, checksum):
        sys.exit(f"{name}: the ids differ")
    best = min(forms, key=lambda f: min(theirs(f)[0] for _ in range(2)))
    mine, other = [], []
    for _ in range(rounds):
        mine.append(ours("")[0])
        other.append(theirs(best)[0])
    go.stdin.close()
    go.wait()
    a, b = size / 1e6 / statistics.median(mine), size / 1e6 / statistics.median(other)
    print(f"{name}: {n} subwords, {size / n:.2f} bytes each; Go {a:.1f} MB/s, Rust ({best}) {b:.1f} MB/s, ratio {a / b:.2f} (medians of {rounds})")


if __name__ == "__main__":
    main()
