#!/usr/bin/env python3
"""Writes the gradient fixtures beside this file: PyTorch's gradients of transformers' models, and three steps of its AdamW.

    pip install torch transformers safetensors && python make_gradients.py

Made with transformers 4.57.6 and torch 2.15.0. Keys of a fixture: ids, positions, labels, weights (the batch); loss, losses;
before/P, gradient/P and after/P for each parameter P. The fixture with heads has more of the batch (query_at, query_name,
name_at, name_id, site_at, site_labels, site_weights) and of the result (pointer_loss, query_losses, detect_loss, site_logits).
"""
import json
import pathlib
import torch
from torch import nn
from torch.nn import functional
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM, BertConfig, ModernBertConfig, RobertaConfig

here = pathlib.Path(__file__).parent
base = dict(vocab_size=70, hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, max_position_embeddings=32,
            pad_token_id=1, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)
biased = dict(attention_bias=True, mlp_bias=True, norm_bias=True, classifier_bias=True, decoder_bias=True)
classic = dict(base, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, layer_norm_eps=1e-5, type_vocab_size=1)


class Heads(nn.Module):
    """The two further heads of our own models, on states [..., hidden]."""

    def __init__(self, hidden):
        super().__init__()
        self.pointer = nn.ModuleDict(dict(query=nn.Linear(hidden, hidden, bias=False), key=nn.Linear(hidden, hidden, bias=False)))
        self.detect = nn.ModuleDict(dict(dense=nn.Linear(hidden, hidden), out=nn.Linear(hidden, 1)))

    def query_losses(self, states, b):
        """One row of the batch after another, one query after another: by the definition."""
        queries, names = b["query_at"].shape[0] // batch, b["name_at"].shape[0] // batch
        losses, counted = [], []
        for i, (at, name) in enumerate(zip(b["query_at"].tolist(), b["query_name"].tolist())):
            row = i // queries
            seen = [j for j in range(row * names, (row + 1) * names) if b["name_id"][j] >= 0]
            right = torch.tensor([bool(b["name_id"][j] == name) for j in seen])
            counted.append(bool(right.any()))
            if not counted[-1]:
                losses.append(torch.zeros(()))
                continue
            keys = self.pointer["key"](states[b["name_at"][seen]])
            scores = keys @ self.pointer["query"](states[at]) / keys.shape[1] ** 0.5
            losses.append(torch.logsumexp(scores, 0) - torch.logsumexp(scores[right], 0))
        return torch.stack(losses), sum(counted)

    def site_logits(self, states, b):
        return self.detect["out"](functional.gelu(self.detect["dense"](states[b["site_at"]])))[:, 0]


batch, length, masked = 2, 14, 9
pointer_weight, detect_weight = 0.5, 2.0
for name, config in {
    "own": ModernBertConfig(**base, global_attn_every_n_layers=1, decoder_bias=False, global_rope_theta=10000.0),
    "biases": ModernBertConfig(**base, **biased, global_attn_every_n_layers=2, local_attention=6, hidden_activation="silu"),
    "roberta": RobertaConfig(**classic),
    "bert": BertConfig(**classic),
    "heads": ModernBertConfig(**base, global_attn_every_n_layers=1, decoder_bias=False, global_rope_theta=10000.0,
                              mlm_lsp_heads=["pointer", "detect"]),
}.items():
    torch.manual_seed(5)
    model = AutoModelForMaskedLM.from_config(config, attn_implementation="eager").train()
    heads = Heads(config.hidden_size) if name == "heads" else nn.Module()
    parameters = dict(model.named_parameters()) | dict(heads.named_parameters())
    with torch.no_grad():
        for key, p in parameters.items():
            p.copy_(torch.randn_like(p) * 0.1 + (1.0 if p.dim() == 1 and key.endswith("weight") else 0.0))
    ids = torch.randint(4, config.vocab_size, (batch, length))
    positions = torch.randperm(batch * length)[:masked]
    positions[-1] = positions[0]  # a place that is not used, weight 0
    labels = torch.randint(4, config.vocab_size, (masked,))
    labels[2] = labels[1]
    weights = torch.rand(masked) + 0.5
    weights[-1] = 0
    out = dict(ids=ids.flatten(), positions=positions, labels=labels, weights=weights)
    if name == "heads":  # the last query's name is not in sight, one query and two names are padding, a name stands at two places
        out.update(query_at=torch.tensor([0, 5, 0, 17, 20, 27]), query_name=torch.tensor([1, 0, -1, 2, 0, 3]),
                   name_at=torch.tensor([1, 3, 7, 0, 15, 18, 22, 0]), name_id=torch.tensor([0, 1, 0, -1, 0, 2, 0, -1]),
                   site_at=torch.tensor([14, 16, 19, 23, 0]), site_labels=torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0]),
                   site_weights=torch.tensor([1.0, 0.5, 2.0, 1.0, 0.0]))
    decay = [p for p in parameters.values() if p.dim() > 1]
    rest = [p for p in parameters.values() if p.dim() == 1]
    optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.1), dict(params=rest, weight_decay=0.0)], lr=1e-2, betas=(0.9, 0.98), eps=1e-6)
    for key, p in parameters.items():
        out["before/" + key] = p.detach().clone()
    for step in range(3):
        result = model(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
        logits = result.logits.reshape(batch * length, -1)[positions]
        losses = functional.cross_entropy(logits, labels, reduction="none")
        loss = (losses * weights).sum() / weights.sum()
        found, total = dict(loss=loss.reshape(1), losses=losses), loss
        if name == "heads":
            states = model.model.final_norm(result.hidden_states[-1]).reshape(batch * length, -1)
            query_losses, count = heads.query_losses(states, out)
            pointer_loss = query_losses.sum() / count
            site_logits = heads.site_logits(states, out)
            site_losses = functional.binary_cross_entropy_with_logits(site_logits, out["site_labels"], reduction="none")
            detect_loss = (site_losses * out["site_weights"]).sum() / out["site_weights"].sum()
            total = loss + pointer_weight * pointer_loss + detect_weight * detect_loss
            found.update(pointer_loss=pointer_loss.reshape(1), query_losses=query_losses, detect_loss=detect_loss.reshape(1),
                         site_logits=site_logits)
        optimizer.zero_grad()
        total.backward()
        if step == 0:
            out.update({key: value.detach() for key, value in found.items()})
            for key, p in parameters.items():
                out["gradient/" + key] = p.grad.clone()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 0.5)
        optimizer.step()
    for key, p in parameters.items():
        out["after/" + key] = p.detach().clone()
    save_file({k: v.contiguous() for k, v in out.items()}, here / f"{name}.safetensors")
    (here / f"{name}.json").write_text(json.dumps(config.to_diff_dict(), indent=2, default=str) + "\n")
    print(name, loss.item(), sum(p.numel() for p in parameters.values()))
