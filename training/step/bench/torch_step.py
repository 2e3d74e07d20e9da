#!/usr/bin/env python3
"""The same training step in plain PyTorch, for compare.py: ModernBERT with global attention, the prediction head on the masked
rows alone, clipping, AdamW. Prints one line of JSON. --early picks the masked rows before the last feed-forward layer, as mlm-lsp
does; without it the last layer is computed in full, as every PyTorch implementation that we know does."""
import argparse
import json
import math
import resource
import time
import torch
import torch.nn as nn
import torch.nn.functional as F

a = argparse.ArgumentParser()
for name, value in dict(layers=4, hidden=256, intermediate=640, heads=4, vocab=16384, batch=16, length=256, masked=1228, steps=6, threads=2).items():
    a.add_argument(f"--{name}", type=int, default=value)
a.add_argument("--bf16", action="store_true")
a.add_argument("--early", action="store_true")
a = a.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(0)


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(a.hidden))

    def forward(self, x):
        return F.layer_norm(x.float(), (a.hidden,), self.weight, None, 1e-5)  # 1.13 takes no mixed types


def rotate(x, cos, sin):
    x1, x2 = x.chunk(2, -1)
    return x * cos + torch.cat((-x2, x1), -1) * sin


class Layer(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.attn_norm = nn.Identity() if first else Norm()
        self.Wqkv = nn.Linear(a.hidden, 3 * a.hidden, bias=False)
        self.attn_Wo = nn.Linear(a.hidden, a.hidden, bias=False)
        self.mlp_norm = Norm()
        self.Wi = nn.Linear(a.hidden, 2 * a.intermediate, bias=False)
        self.mlp_Wo = nn.Linear(a.intermediate, a.hidden, bias=False)

    def forward(self, x, cos, sin, rows):
        q, k, v = self.Wqkv(self.attn_norm(x)).view(a.batch, a.length, 3, a.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        p = torch.softmax((q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1]), -1)
        o = (p.to(v.dtype) @ v).transpose(1, 2).reshape(a.batch * a.length, a.hidden)
        if rows is not None:
            o, x = o[rows], x[rows]
        x = x + self.attn_Wo(o)
        u, gate = self.Wi(self.mlp_norm(x)).chunk(2, -1)
        return x + self.mlp_Wo(F.gelu(u) * gate)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(a.vocab, a.hidden)
        self.norm, self.final_norm, self.head_norm = Norm(), Norm(), Norm()
        self.layers = nn.ModuleList(Layer(i == 0) for i in range(a.layers))
        self.dense = nn.Linear(a.hidden, a.hidden, bias=False)
        width = a.hidden // a.heads
        angle = torch.outer(torch.arange(a.length).float(), 10000.0 ** (-torch.arange(0, width, 2).float() / width))
        self.cos, self.sin = torch.cat((angle, angle), -1).cos(), torch.cat((angle, angle), -1).sin()
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, rows):
        x = self.norm(self.table(ids))
        for i, layer in enumerate(self.layers):
            x = layer(x, self.cos, self.sin, rows if a.early and i == a.layers - 1 else None)
        if not a.early:
            x = x[rows]
        return self.head_norm(F.gelu(self.dense(self.final_norm(x)))) @ self.table.weight.t()


model = Model()
decay = [p for p in model.parameters() if p.dim() > 1]
rest = [p for p in model.parameters() if p.dim() == 1]
optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.01), dict(params=rest, weight_decay=0.0)], lr=1e-3, betas=(0.9, 0.98), eps=1e-6)
times, busy = [], 0.0
for i in range(a.steps + 1):
    ids = torch.randint(0, a.vocab, (a.batch * a.length,))
    rows = torch.randint(0, a.batch * a.length, (a.masked,))
    labels = torch.randint(0, a.vocab, (a.masked,))
    start, cpu = time.perf_counter(), time.process_time()
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
        logits = model(ids, rows)
    F.cross_entropy(logits.float(), labels).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if i > 0:
        times.append(time.perf_counter() - start)
        busy += time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(seconds=sorted(times)[len(times) // 2], cpu_seconds=busy / a.steps, peak_mb=round(peak), version=torch.__version__)))
