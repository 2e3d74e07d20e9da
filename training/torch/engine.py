"""The torch engine of mlm-lsp train: training steps in PyTorch, on a CPU, a GPU, or many of them.

The Go program that starts this one owns the corpus, the masks, the learning rate and the checkpoints. This one owns the
arithmetic, and reads from top to bottom: the network, the losses, how a batch is shared out, the step, the messages.

It runs under plain python3, or on one machine or several under torchrun, which "engine.py launch" starts. The process of rank 0 is connected to the Go
program by the socket that MLM_LSP_SOCKET names; it passes every message on to the others, so that all see the same batch and
each takes its share of the rows. A gradient is the same whatever the number of processes and of accumulated parts, but for
rounding: each part's loss is divided by the weights of the whole batch.

Written for PyTorch 1.13 and later. Nothing here draws random numbers.
"""

import json
import math
import os
import socket
import struct
import sys
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F

# ---------------------------------------------------------------- the network: ModernBERT, with the names of its checkpoints


class Norm(nn.Module):
    def __init__(self, size, bias, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size)) if bias else None
        self.eps = eps

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads = c["num_attention_heads"]
        self.Wqkv = nn.Linear(c["hidden_size"], 3 * c["hidden_size"], bias=c["attention_bias"])
        self.Wo = nn.Linear(c["hidden_size"], c["hidden_size"], bias=c["attention_bias"])

    def forward(self, x, rotation, mask):
        """Gives what attention gathers for [B, T, H] states, before Wo."""
        b, t, h = x.shape
        q, k, v = self.Wqkv(x).view(b, t, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4)
        cos, sin = rotation

        def rotate(u):
            left, right = u.chunk(2, -1)
            return (u * cos + torch.cat((-right, left), -1) * sin).to(v.dtype)

        q, k = rotate(q), rotate(k)
        if x.is_cuda:
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:  # on CPUs the products written out are faster than the fused kernel's way back
            scores = (q @ k.transpose(-1, -2)) * (1 / math.sqrt(h // self.heads))
            if mask is not None:
                scores = scores + mask.to(scores.dtype)
            out = torch.softmax(scores, -1).to(v.dtype) @ v
        return out.transpose(1, 2).reshape(b, t, h)


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.Wi = nn.Linear(c["hidden_size"], 2 * c["intermediate_size"], bias=c["mlp_bias"])
        self.Wo = nn.Linear(c["intermediate_size"], c["hidden_size"], bias=c["mlp_bias"])

    def forward(self, x):
        left, right = self.Wi(x).chunk(2, -1)
        return self.Wo(F.gelu(left) * right)


class Layer(nn.Module):
    def __init__(self, c, index):
        super().__init__()
        norm = lambda: Norm(c["hidden_size"], c["norm_bias"], c["norm_eps"])
        self.attn_norm = norm() if index > 0 else nn.Identity()
        self.attn = Attention(c)
        self.mlp_norm = norm()
        self.mlp = MLP(c)


class Embeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.tok_embeddings = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.norm = Norm(c["hidden_size"], c["norm_bias"], c["norm_eps"])


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings = Embeddings(c)
        self.layers = nn.ModuleList(Layer(c, i) for i in range(c["num_hidden_layers"]))
        self.final_norm = Norm(c["hidden_size"], c["norm_bias"], c["norm_eps"])


class Head(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.dense = nn.Linear(c["hidden_size"], c["hidden_size"], bias=c["classifier_bias"])
        self.norm = Norm(c["hidden_size"], c["norm_bias"], c["norm_eps"])


class Pointer(nn.Module):
    """Scores a masked name against every name in sight (Vinyals et al. 2015; Vasic et al. 2019)."""

    def __init__(self, c):
        super().__init__()
        self.query = nn.Linear(c["hidden_size"], c["hidden_size"], bias=False)
        self.key = nn.Linear(c["hidden_size"], c["hidden_size"], bias=False)


class Detect(nn.Module):
    """Says of a token in plain sight whether it replaced another (Clark et al. 2020)."""

    def __init__(self, c):
        super().__init__()
        self.dense = nn.Linear(c["hidden_size"], c["hidden_size"])
        self.out = nn.Linear(c["hidden_size"], 1)


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config = c
        self.model = Encoder(c)
        self.head = Head(c)
        self.decoder = nn.Module()
        if not c["tie_word_embeddings"]:
            self.decoder.weight = nn.Parameter(torch.zeros(c["vocab_size"], c["hidden_size"]))
        self.decoder.bias = nn.Parameter(torch.zeros(c["vocab_size"])) if c["decoder_bias"] else None
        heads = c.get("mlm_lsp_heads") or []
        self.pointer = Pointer(c) if "pointer" in heads else None
        self.detect = Detect(c) if "detect" in heads else None
        self.tables = {}

    def position_tables(self, length, device):
        """Rotations by theta and the mask of local layers, made once per length."""
        key = length, device
        if key not in self.tables:
            c, width = self.config, self.config["hidden_size"] // self.config["num_attention_heads"]

            def rotation(theta):
                rates = theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
                angles = torch.outer(torch.arange(length, dtype=torch.float64), rates)
                angles = torch.cat((angles, angles), -1)
                return angles.cos().float().to(device), angles.sin().float().to(device)

            at = torch.arange(length)
            far = (at[:, None] - at[None, :]).abs() > c["local_attention"] // 2
            local = torch.zeros(length, length).masked_fill(far, -1e9).to(device) if far.any() else None
            self.tables[key] = rotation(c["global_rope_theta"]), rotation(c["local_rope_theta"]), local
        return self.tables[key]

    def forward(self, embedded, rows, whole, near, local):
        """Gives the states, after the final norm, of the flat places rows of a batch whose subwords are embedded as [B, T, H]."""
        x = self.model.embeddings.norm(embedded)
        last = len(self.model.layers) - 1
        for i, layer in enumerate(self.model.layers):
            everywhere = i % self.config["global_attn_every_n_layers"] == 0
            gathered = layer.attn(layer.attn_norm(x), whole if everywhere else near, None if everywhere else local)
            if i == last:  # nobody reads the other rows from here on
                x, gathered = x.flatten(0, 1)[rows], gathered.flatten(0, 1)[rows]
            x = x + layer.attn.Wo(gathered)
            x = x + layer.mlp(layer.mlp_norm(x))
        return self.model.final_norm(x)

    # ------------------------------------------------------------ the losses: sums over a part, divided by the whole's weights

    def losses(self, b, embedded, whole, near, local):
        """Weighted sums of the losses of a part of a batch, and what is reported of every place."""
        places = [b["positions"]]
        if self.pointer is not None and "query_at" in b:
            places += [b["query_at"], b["name_at"]]
        if self.detect is not None and "site_at" in b:
            places += [b["site_at"]]
        states = self(embedded, torch.cat(places), whole, near, local).split([len(p) for p in places])
        out = {}

        x = self.head.norm(F.gelu(self.head.dense(states[0])))
        table = self.model.embeddings.tok_embeddings.weight if self.config["tie_word_embeddings"] else self.decoder.weight
        logits = F.linear(x, table, self.decoder.bias).float()
        each = F.cross_entropy(logits, b["labels"], reduction="none")
        out["mlm"] = (each * b["weights"]).sum()
        out["losses"] = each.detach()
        out["correct"] = logits.detach().argmax(-1) == b["labels"]

        if "query_at" in b:
            query, name = b["query_name"], b["name_id"]  # [B, Q], [B, N]
            q = self.pointer.query(states[1]).view(*query.shape, -1)
            k = self.pointer.key(states[2]).view(*name.shape, -1)
            scores = (q @ k.transpose(1, 2)).float() / math.sqrt(q.shape[-1])
            scores = scores.masked_fill((name < 0)[:, None, :], -1e9)
            same = name[:, None, :] == query[:, :, None]
            asked = (query >= 0) & same.any(-1)  # what is not in sight cannot be pointed at
            chance = (torch.softmax(scores, -1) * same).sum(-1)
            each = -torch.log(chance.clamp_min(1e-37)) * asked
            out["pointer"] = each.sum()
            out["query_losses"] = each.detach().flatten()
        if "site_at" in b:
            logits = self.detect.out(F.gelu(self.detect.dense(states[-1]))).float().squeeze(-1)
            each = F.binary_cross_entropy_with_logits(logits, b["site_labels"], reduction="none")
            out["detect"] = (each * b["site_weights"]).sum()
            out["site_logits"] = logits.detach()
        return out


# ---------------------------------------------------------------- sharing a batch out


def divide(b, part, parts):
    """Takes every parts-th row of a batch from row part on, padded to a fixed shape, with the places it took of each list."""
    rows, length = b["ids"].shape
    mine = len(range(part, rows, parts))
    out, took = {"ids": b["ids"][part::parts]}, {}

    def roomy(n):
        """Room for a part's share of n places, and half as much again."""
        return min(n, -(-n * 3 // (2 * parts)) + 64)

    def places(at, weight, cap, *others):
        row = at // length
        keep = np.flatnonzero((row % parts == part) & (weight > 0))
        if len(keep) > cap:  # a new shape, and a new compilation: rare
            cap = len(at)
        pad = np.zeros(cap - len(keep), np.int64)
        index = np.concatenate((keep, pad))
        flat = np.concatenate(((row[keep] // parts) * length + at[keep] % length, pad))
        weights = np.concatenate((weight[keep], pad.astype(np.float32)))
        return keep, flat, weights, [o[index] for o in others]

    if parts == 1:
        whole = np.arange
        for name in ("positions", "labels", "weights", "site_at", "site_labels", "site_weights"):
            if name in b:
                out[name] = b[name]
        took["losses"] = whole(len(b["positions"]))
        if "site_at" in b:
            took["site_logits"] = whole(len(b["site_at"]))
    else:
        cap = roomy(len(b["positions"]))
        took["losses"], out["positions"], out["weights"], (out["labels"],) = places(b["positions"], b["weights"], cap, b["labels"])
        if "site_at" in b:
            took["site_logits"], out["site_at"], out["site_weights"], (out["site_labels"],) = places(
                b["site_at"], b["site_weights"], roomy(len(b["site_at"])), b["site_labels"])
    took["correct"] = took["losses"]
    if "query_at" in b:
        for name in ("query_at", "name_at"):
            at = b[name].reshape(rows, -1)[part::parts]
            out[name] = (np.arange(mine)[:, None] * length + at % length).reshape(-1)
        for name in ("query_name", "name_id"):
            out[name] = b[name].reshape(rows, -1)[part::parts]
        width = b["query_at"].size // rows
        took["query_losses"] = (np.arange(part, rows, parts)[:, None] * width + np.arange(width)).reshape(-1)
    return out, took


# ---------------------------------------------------------------- the step


class Engine:
    def __init__(self, options, link):
        self.link = link
        self.options = options
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) if link.world > 1 else 0) if self.cuda() else torch.device("cpu")
        if self.device.type == "cpu" and options["threads"]:
            torch.set_num_threads(options["threads"])
        self.bf16 = options["precision"] == "bf16" or options["precision"] == "auto" and self.half_is_fast()
        c = options["config"]
        self.net = Model(c).to(self.device)
        self.names = dict(self.net.named_parameters())
        decays = [p for p in self.names.values() if p.dim() > 1]
        plain = [p for p in self.names.values() if p.dim() <= 1]
        settings = dict(lr=1e-3, betas=(options["beta1"], options["beta2"]), eps=options["eps"])
        groups = [{"params": decays, "weight_decay": options["weight_decay"]}, {"params": plain, "weight_decay": 0.0}]
        try:  # one kernel for all, where this version has it
            self.adam = torch.optim.AdamW(groups, fused=True, **settings)
        except (RuntimeError, TypeError, ValueError):
            self.adam = torch.optim.AdamW(groups, **settings)
        self.steps = 0
        self.losses = self.net.losses
        self.compiled = options["compile"] and hasattr(torch, "compile")
        if self.compiled:
            self.losses = torch.compile(self.net.losses, dynamic=False)

    def cuda(self):
        return torch.cuda.is_available() and self.options["device"] in ("auto", "cuda")

    def half_is_fast(self):
        """Whether matrix products in bfloat16 are faster than in float32 here: asked of the machine itself."""
        if self.device.type == "cuda":
            return torch.cuda.is_bf16_supported()
        return self.products(torch.bfloat16) > 1.4 * self.products(torch.float32)

    def products(self, dtype):
        """Multiplications and additions per second that matrix products reach here, measured on sizes that take a twentieth of a second."""
        size, took, best = 256, 0.0, 0.0
        while took < 0.05:
            x = torch.ones(size, size, device=self.device, dtype=dtype)
            for _ in range(3):
                start = time.perf_counter()
                x @ x
                if self.device.type == "cuda":
                    torch.cuda.synchronize()
                took = time.perf_counter() - start
                best = max(best, 2 * float(size) ** 3 / took)
            size *= 2
        return best

    def run(self, b, part, parts, scale):
        """Runs one part of a batch; scale divides each kind of loss by the weights of the whole batch."""
        mine, took = divide(b, part, parts)
        tensors = {k: torch.from_numpy(np.ascontiguousarray(v)).to(self.device, non_blocking=True) for k, v in mine.items()}
        whole, near, local = self.net.position_tables(b["ids"].shape[1], self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            # Looked up outside of what is compiled: the compiled way back adds to the table one number at a time, a tenth of
            # a step on a CPU.
            embedded = self.net.model.embeddings.tok_embeddings(tensors.pop("ids"))
            out = self.losses(tensors, embedded, whole, near, local)
        total = sum(out[kind] * scale[kind] for kind in scale)
        return total, out, took

    def batch(self, b, train):
        """Runs a batch, this process' share of it; gives what is reported, summed over processes."""
        link, rows = self.link, len(b["ids"])
        share = max(1, math.ceil(rows / link.world))
        pieces = max(1, math.ceil(share / self.options["rows_at_once"])) if self.options["rows_at_once"] else 1
        parts = link.world * pieces
        scale = {"mlm": 1 / max(float(b["weights"].sum()), 1e-37)}
        if "query_at" in b:
            name, query = b["name_id"].reshape(rows, 1, -1), b["query_name"].reshape(rows, -1, 1)
            asked = ((query >= 0) & (name == query)).any(-1).sum()
            scale["pointer"] = self.options["pointer_weight"] / max(float(asked), 1.0)
        if "site_at" in b:
            scale["detect"] = self.options["detect_weight"] / max(float(b["site_weights"].sum()), 1e-37)
        lists = {"losses": len(b["positions"]), "correct": len(b["positions"])}
        if "query_at" in b:
            lists["query_losses"] = len(b["query_at"])
        if "site_at" in b:
            lists["site_logits"] = len(b["site_at"])
        seen = {k: torch.zeros(n) for k, n in lists.items()}
        sums = torch.zeros(3, dtype=torch.float64)
        for piece in range(pieces):
            part = piece * link.world + link.rank
            if part >= rows:
                continue
            with torch.set_grad_enabled(train):
                total, out, took = self.run(b, part, parts, scale)
            if train:
                total.backward()
            for i, kind in enumerate(("mlm", "pointer", "detect")):
                if kind in scale:
                    sums[i] += float(out[kind].detach()) * scale[kind]
            for k in lists:
                seen[k][torch.from_numpy(took[k])] = out[k][: len(took[k])].float().cpu()
        if link.world > 1:
            link.add([sums, *seen.values()])
        weight = [1.0, self.options["pointer_weight"], self.options["detect_weight"]]
        mlm, pointer, detect = (float(s) / w if w else 0.0 for s, w in zip(sums, weight))
        report = {"loss": float(sums.sum()), "mlm_loss": mlm, "pointer_loss": pointer, "detect_loss": detect}
        return report, {k: v.numpy() for k, v in seen.items()}

    def step(self, b, rate):
        if not self.compiled:
            report, seen = self.batch(b, True)
        else:
            try:
                report, seen = self.batch(b, True)
            except Exception as e:  # no C++ compiler, an operator it does not know: slower is better than not at all
                if self.steps > 0 or isinstance(e, torch.cuda.OutOfMemoryError if hasattr(torch.cuda, "OutOfMemoryError") else ()):
                    raise
                print(f"compiling the step failed, going on without: {type(e).__name__}: {str(e)[:300]}", file=sys.stderr, flush=True)
                self.compiled, self.losses = False, self.net.losses
                self.adam.zero_grad()
                report, seen = self.batch(b, True)
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.names.values()]
        for p, g in zip(self.names.values(), gradients):
            p.grad = g
        if self.link.world > 1:
            self.link.add_gradients(gradients)
        limit = self.options["clip_norm"] or float("inf")
        norm = float(torch.nn.utils.clip_grad_norm_(self.names.values(), limit))
        report["norm"] = norm
        report["finite"] = math.isfinite(norm) and math.isfinite(report["loss"])
        if report["finite"]:
            for group in self.adam.param_groups:
                group["lr"] = rate
            self.adam.step()
            self.steps += 1
        self.adam.zero_grad()
        return report, seen

    # ------------------------------------------------------------ the state, in the names and shapes of a checkpoint

    def load(self, steps, arrays):
        with torch.no_grad():
            for name, p in self.names.items():
                p.copy_(torch.from_numpy(arrays["weight/" + name]).view(p.shape))
                moments = [arrays.get(kind + "/" + name) for kind in ("first", "second")]
                first, second = (torch.zeros_like(p) if m is None else torch.from_numpy(m).view(p.shape).to(p.device).clone() for m in moments)
                self.adam.state[p] = {"step": torch.tensor(float(steps), device=p.device if self.on_device() else "cpu"), "exp_avg": first, "exp_avg_sq": second}
        self.steps = steps

    def on_device(self):
        return bool(self.adam.defaults.get("fused"))

    def state(self):
        out = {}
        for name, p in self.names.items():
            held = self.adam.state[p]
            for kind, t in (("weight", p.detach()), ("first", held["exp_avg"]), ("second", held["exp_avg_sq"])):
                out[kind + "/" + name] = t.float().cpu().contiguous().numpy()
        return out


# ---------------------------------------------------------------- messages
# A message is two uint32, the lengths of a JSON header and of what follows, the header, and the arrays that it lists as
# [name, type, dims], one after another, all little-endian.

TYPES = {"i64": np.int64, "f32": np.float32}


def pack(header, arrays):
    parts, listed = [], []
    for name, a in arrays.items():
        a = np.ascontiguousarray(a, np.int64 if a.dtype.kind in "iub" else np.float32)
        listed.append([name, "i64" if a.dtype == np.int64 else "f32", list(a.shape)])
        parts.append(a.tobytes())
    header = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in header.items()}  # JSON has no NaN
    text = json.dumps(dict(header, arrays=listed)).encode()
    return struct.pack("<II", len(text), sum(map(len, parts))) + text + b"".join(parts)


def unpack(text, body):
    header, arrays, at = json.loads(text), {}, 0
    for name, kind, dims in header["arrays"]:
        count = math.prod(dims)
        arrays[name] = np.frombuffer(body, TYPES[kind], count, at).reshape(dims).copy()
        at += count * np.dtype(TYPES[kind]).itemsize
    return header, arrays


class Link:
    """The socket to the Go program at rank 0, and what connects the ranks."""

    def __init__(self):
        self.world, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        if self.world > 1:
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
            self.words = dist.new_group(backend="gloo")
        if self.rank == 0:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(os.environ["MLM_LSP_SOCKET"])

    def take(self, n):
        data = bytearray(n)
        view, at = memoryview(data), 0
        while at < n:
            got = self.socket.recv_into(view[at:])
            if got == 0:
                return None
            at += got
        return data

    def receive(self):
        """The next message, the same on every rank; None at the end."""
        sizes, data = torch.zeros(2, dtype=torch.int64), None
        if self.rank == 0:
            head = self.take(8)
            if head is not None:
                lengths = struct.unpack("<II", head)
                data = self.take(sum(lengths))
                if data is not None:
                    sizes[0], sizes[1] = lengths
        if self.world > 1:
            dist.broadcast(sizes, 0, group=self.words)
            if int(sizes.sum()) > 0:
                whole = torch.frombuffer(data, dtype=torch.uint8) if self.rank == 0 else torch.empty(int(sizes.sum()), dtype=torch.uint8)
                dist.broadcast(whole, 0, group=self.words)
                data = whole.numpy().tobytes()
        if int(sizes.sum()) == 0:
            return None
        return unpack(bytes(data[: int(sizes[0])]), data[int(sizes[0]):])

    def send(self, header, arrays=None):
        if self.rank == 0:
            self.socket.sendall(pack(header, arrays or {}))

    def add(self, tensors):
        """Sums small tensors over the ranks, in place."""
        for t in tensors:
            dist.all_reduce(t, group=self.words)

    def add_gradients(self, gradients):
        """Sums gradients over the ranks, as one flat tensor."""
        flat = torch.cat([g.reshape(-1) for g in gradients])
        dist.all_reduce(flat)
        at = 0
        for g in gradients:
            g.copy_(flat[at: at + g.numel()].view_as(g))
            at += g.numel()


def main():
    link = Link()
    header, _ = link.receive()
    engine = Engine(header["options"], link)
    link.send({"torch": torch.__version__, "device": str(engine.device), "device_name": torch.cuda.get_device_name() if engine.device.type == "cuda" else "",
               "bf16": engine.bf16, "compiled": engine.compiled, "world": link.world, "peak": engine.products(torch.bfloat16 if engine.bf16 else torch.float32) * link.world})
    while True:
        message = link.receive()
        if message is None:
            break
        header, arrays = message
        try:
            if header["op"] == "load":
                engine.load(header["steps"], arrays)
                link.send({})
            elif header["op"] == "state":
                link.send({"steps": engine.steps}, engine.state() if link.rank == 0 else None)
            elif header["op"] == "step":
                link.send(*engine.step(arrays, header["rate"]))
            elif header["op"] == "evaluate":
                link.send(*engine.batch(arrays, False))
        except Exception as e:
            if link.world == 1:  # with several, torchrun ends them all and its log says why
                link.send({"error": f"{type(e).__name__}: {e}"})
            raise
    if link.world > 1:
        dist.destroy_process_group()


def launch(arguments):
    """Starts this program under torchrun: python3 engine.py launch ARGUMENTS-OF-TORCHRUN."""
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing import api

    if api.Std.from_str("0") is None:  # PyTorch 1.13 under Python 3.11, where an iteration over flags leaves out the one of value zero
        api.Std.from_str = classmethod(lambda cls, text: cls(int(text)))
    run.main(arguments + [os.path.abspath(__file__)])


if __name__ == "__main__":
    if sys.argv[1:2] == ["launch"]:
        launch(sys.argv[2:])
    else:
        main()
