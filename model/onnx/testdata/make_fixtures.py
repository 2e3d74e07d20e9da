#!/usr/bin/env python3
"""Writes the parity fixtures beside this file: small random checkpoints and what transformers computes from them.

    pip install torch transformers safetensors && python make_fixtures.py

Made with transformers 4.57.6 and torch 2.15.0. Each fixture is a directory: config.json and model.safetensors as
save_pretrained wrote them, and case.safetensors with input_ids, attention_mask, masked_positions and the logits there.
"""
import pathlib
import torch
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM, BertConfig, ModernBertConfig, RobertaConfig

here = pathlib.Path(__file__).parent
small = dict(vocab_size=120, hidden_size=32, num_attention_heads=4, num_hidden_layers=4)
ids = dict(pad_token_id=1, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)
modern = dict(small, **ids, intermediate_size=48, max_position_embeddings=64, local_attention=8, global_attn_every_n_layers=3)
classic = dict(small, intermediate_size=64)
fixtures = {
    "modernbert": ModernBertConfig(**modern, norm_eps=1e-4),
    "modernbert-biases": ModernBertConfig(**modern, attention_bias=True, mlp_bias=True, norm_bias=True, classifier_bias=True,
                                          decoder_bias=True, hidden_activation="silu", global_rope_theta=500.0, local_rope_theta=50.0),
    "modernbert-own": ModernBertConfig(**dict(modern, global_attn_every_n_layers=1, local_attention=128, global_rope_theta=10000.0), decoder_bias=False),
    "roberta": RobertaConfig(**classic, pad_token_id=1, max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5),
    "bert": BertConfig(**classic, pad_token_id=0, max_position_embeddings=40, layer_norm_eps=1e-3),
}
for name, config in fixtures.items():
    torch.manual_seed(len(name))
    model = AutoModelForMaskedLM.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():  # far from the usual start, so that every tensor shows in the result
        for key, p in model.named_parameters():
            p.copy_(torch.randn_like(p) * 0.15 + (1.0 if p.dim() == 1 and key.endswith("weight") else 0.0))
        model.tie_weights()
    batch, length, real = 3, 30, [30, 19, 7]
    input_ids = torch.randint(4, config.vocab_size, (batch, length))
    mask = torch.zeros(batch, length, dtype=torch.long)
    for row, n in enumerate(real):
        mask[row, :n] = 1
        input_ids[row, n:] = config.pad_token_id
    positions = torch.tensor([0, 5, 29, 30, 37, 48, 60, 66])  # rows of real subwords, flat
    with torch.no_grad():
        logits = model(input_ids=input_ids, attention_mask=mask).logits.reshape(batch * length, -1)[positions]
    out = here / name
    model.save_pretrained(out, safe_serialization=True)
    (out / "generation_config.json").unlink(missing_ok=True)
    save_file({"input_ids": input_ids, "attention_mask": mask, "masked_positions": positions, "logits": logits.contiguous()}, out / "case.safetensors")
    print(name, sum(p.numel() for p in model.parameters()), "parameters")
