#!/usr/bin/env python3
"""Compares the training step with PyTorch on the CPU: same model, batch and threads, in alternated rounds.

    python3 training/step/bench/compare.py [--rounds 5] [--torch /usr/bin/python3] [-- -layers 6 ...]

"early" means that PyTorch, too, computes the last feed-forward layer for the masked rows alone.

Prints medians over the rounds of subwords per second (each round itself a median over its steps) and peak memory (the whole
process). Debian's PyTorch computes with whichever BLAS is installed; have libopenblas0-pthread installed (or its folder in
LD_LIBRARY_PATH): with the reference BLAS the comparison says nothing.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

a = argparse.ArgumentParser()
a.add_argument("--rounds", type=int, default=5)
a.add_argument("--torch", default="/usr/bin/python3", help="the Python whose PyTorch is compared with")
a.add_argument("model", nargs="*", help="model flags for all sides: -layers N -hidden N -batch N ...")
a = a.parse_args()
here = pathlib.Path(__file__).resolve().parent
double = [("-" + f) if f.startswith("-") else f for f in a.model]
with tempfile.TemporaryDirectory() as tmp:
    binary = os.path.join(tmp, "bench")
    subprocess.run(["go", "build", "-o", binary, "."], cwd=here, check=True)
    sides = {
        "mlm-lsp": [binary, "-json", *a.model],
        "torch fp32": [a.torch, str(here / "torch_step.py"), *double],
        "torch fp32 early": [a.torch, str(here / "torch_step.py"), "--early", *double],
        "torch bf16 early": [a.torch, str(here / "torch_step.py"), "--early", "--bf16", *double],
    }
    results = {name: [] for name in sides}
    for _ in range(a.rounds):
        for name, command in sides.items():
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            results[name].append(json.loads(out.splitlines()[-1]))
sizes = dict(batch=16, length=256)
for flag, value in zip(a.model, a.model[1:]):
    if flag.lstrip("-") in sizes:
        sizes[flag.lstrip("-")] = int(value)
for name, rounds in results.items():
    speed = statistics.median(sizes["batch"] * sizes["length"] / r["seconds"] for r in rounds)
    peak = statistics.median(r["peak_mb"] for r in rounds)
    cpu = statistics.median(r["cpu_seconds"] for r in rounds)
    ratio = statistics.median(t["seconds"] / m["seconds"] for t, m in zip(rounds, results["mlm-lsp"]))
    print(f"{name:17} {speed:7.0f} subwords/s  {cpu:6.2f} s of CPU a step  {peak:5.0f} MB peak  mlm-lsp is {ratio:.2f} times as fast (median of rounds)  {rounds[0]['version']}")
# Waiting threads spin, so CPU time says something with one thread alone; on a busy machine it is then the better measure.
print("load average", os.getloadavg())
