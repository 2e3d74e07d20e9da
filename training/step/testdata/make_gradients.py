#!/usr/bin/env python3
"""Writes the gradient fixtures beside this file: PyTorch's gradients of transformers' models, and three steps of its AdamW.

    pip install torch transformers safetensors && python make_gradients.py

Made with transformers 4.57.6 and torch 2.15.0. Keys of a fixture: ids, positions, labels, weights (the batch); loss, losses;
before/P, gradient/P and after/P for each parameter P.
"""
import json
import pathlib
import torch
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM, BertConfig, ModernBertConfig, RobertaConfig

here = pathlib.Path(__file__).parent
base = dict(vocab_size=70, hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, max_position_embeddings=32,
            pad_token_id=1, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)
biased = dict(attention_bias=True, mlp_bias=True, norm_bias=True, classifier_bias=True, decoder_bias=True)
classic = dict(base, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, layer_norm_eps=1e-5, type_vocab_size=1)
for name, config in {
    "own": ModernBertConfig(**base, global_attn_every_n_layers=1, decoder_bias=False, global_rope_theta=10000.0),
    "biases": ModernBertConfig(**base, **biased, global_attn_every_n_layers=2, local_attention=6, hidden_activation="silu"),
    "roberta": RobertaConfig(**classic),
    "bert": BertConfig(**classic),
}.items():
    torch.manual_seed(5)
    model = AutoModelForMaskedLM.from_config(config, attn_implementation="eager").train()
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(torch.randn_like(p) * 0.1 + (1.0 if p.dim() == 1 and key.endswith("weight") else 0.0))
    batch, length, masked = 2, 14, 9
    ids = torch.randint(4, config.vocab_size, (batch, length))
    positions = torch.randperm(batch * length)[:masked]
    positions[-1] = positions[0]  # a place that is not used, weight 0
    labels = torch.randint(4, config.vocab_size, (masked,))
    labels[2] = labels[1]
    weights = torch.rand(masked) + 0.5
    weights[-1] = 0
    out = dict(ids=ids.flatten(), positions=positions, labels=labels, weights=weights)
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.1), dict(params=rest, weight_decay=0.0)], lr=1e-2, betas=(0.9, 0.98), eps=1e-6)
    for key, p in model.named_parameters():
        out["before/" + key] = p.detach().clone()
    for step in range(3):
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.reshape(batch * length, -1)[positions]
        losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        loss = (losses * weights).sum() / weights.sum()
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            out.update(loss=loss.detach().reshape(1), losses=losses.detach())
            for key, p in model.named_parameters():
                out["gradient/" + key] = p.grad.clone()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
    for key, p in model.named_parameters():
        out["after/" + key] = p.detach().clone()
    save_file({k: v.contiguous() for k, v in out.items()}, here / f"{name}.safetensors")
    (here / f"{name}.json").write_text(json.dumps(config.to_diff_dict(), indent=2, default=str) + "\n")
    print(name, loss.item(), sum(p.numel() for p in model.parameters()))
