#!/usr/bin/env python3
"""Writes small random checkpoints of the families that `mlm-lsp model import` takes, and what transformers makes of them.

    pip install torch transformers safetensors && python model/testdata/import/make_checkpoints.py

Made with transformers 4.57.6, tokenizers 0.22.2 and torch 2.15.0. Each directory beside this file is a checkpoint as its family's
are published: the same files, keys and special tokens, small sizes. case.json holds a text with a gap and, for each choice, the
mean log-probability of its subwords with itself and those to its right masked (PLL-word-l2r), by the reference's tokenizer and
model; ids are the subwords of the text with the first choice in the gap, the row's special tokens included.
"""
import importlib.util
import json
import pathlib
import shutil

import torch
from tokenizers import Tokenizer
from transformers import (BertConfig, BertForPreTraining, ModernBertConfig, ModernBertForMaskedLM, RobertaConfig, RobertaForMaskedLM,
                          RobertaModel)

HERE = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("make_fixtures", HERE.parents[2] / "codetok/testdata/make_fixtures.py")
codetok = importlib.util.module_from_spec(spec)
spec.loader.exec_module(codetok)

BEFORE, AFTER = "def total(prices):\n    result = 0\n    for price in ", ":\n        result += price * 12\n    return result\n"
CHOICES = ["prices", "result", "price", "range(10)", "self.prices", "x", "reversed_prices"]


def slow(form, *more):
    """The two files of RoBERTa's slow tokenizer, with more special tokens as entries of the vocabulary."""
    vocab = form["model"]["vocab"]
    for added in form["added_tokens"]:
        vocab[added["content"]] = added["id"]
    for name in more:
        vocab[name] = len(vocab)
    return {"vocab.json": json.dumps(vocab, ensure_ascii=False), "merges.txt": "#version: 0.2\n" + "\n".join(form["model"]["merges"]) + "\n"}


def reference(form, more=()):
    """The reference's tokenizer, whose answers do not depend on how the files lie."""
    tok = Tokenizer.from_str(json.dumps(dict(form, post_processor=None)))
    tok.add_special_tokens(list(more))
    return tok


def fill(model):
    """Random weights far from the usual start, of values that F16 holds exactly."""
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_((torch.randn_like(p) * 0.2 + (1.0 if p.dim() == 1 and key.endswith("weight") else 0.0)).half().float())
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    return model.eval()


def write(name, model, files, tok, openers, closer, mask, logits):
    out = HERE / name
    shutil.rmtree(out, ignore_errors=True)
    special = {i for i, t in tok.get_added_tokens_decoder().items() if t.special}
    allowed = torch.full((model.config.vocab_size,), float("-inf"))
    for token, i in tok.get_vocab(with_added_tokens=True).items():
        if i not in special:
            allowed[i] = 0
    case = {"before": BEFORE, "after": AFTER, "choices": []}
    for choice in CHOICES:
        e = tok.encode(BEFORE + choice + AFTER, add_special_tokens=False)
        ids = openers + e.ids + [closer]
        case.setdefault("ids", ids)
        target = [i for i, (a, b) in enumerate(e.offsets) if b > len(BEFORE) and a < len(BEFORE) + len(choice)]
        total = 0.0
        for i in target:
            row = list(ids)
            for j in target:
                if j >= i:
                    row[len(openers) + j] = mask
            with torch.no_grad():
                p = torch.log_softmax(logits(torch.tensor([row]))[0, len(openers) + i] + allowed, -1)
            total += p[e.ids[i]].item()
        case["choices"].append({"text": choice, "logprob": total / len(target)})
    model.half().save_pretrained(out, safe_serialization=True)
    (out / "generation_config.json").unlink(missing_ok=True)
    for file, text in files.items():
        (out / file).write_text(text)
    (out / "case.json").write_text(json.dumps(case, indent=1) + "\n")
    print(name, len(case["ids"]), "subwords,", sum(f.stat().st_size for f in out.iterdir()) // 1000, "kB")


def main():
    small = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48)
    classic = dict(small, layer_norm_eps=1e-5, attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)

    for seed, name in enumerate(["codebert", "graphcodebert"]):
        torch.manual_seed(seed)
        form = codetok.roberta()
        tok = reference(form)
        model = fill(RobertaForMaskedLM(RobertaConfig(**classic, vocab_size=tok.get_vocab_size(), max_position_embeddings=130, type_vocab_size=1,
                                                      pad_token_id=1, bos_token_id=0, eos_token_id=2)))
        write(name, model, slow(form), tok, [0], 2, tok.token_to_id("<mask>"), lambda ids: model(input_ids=ids).logits)

    # UniXcoder: the encoder alone; its embeddings are the decoder (microsoft/CodeBERT, UniXcoder/unixcoder.py).
    torch.manual_seed(2)
    form, modes = codetok.roberta(), ["<encoder-decoder>", "<encoder-only>", "<decoder-only>", "<mask0>"]
    tok = reference(form, modes)
    unixcoder = fill(RobertaModel(RobertaConfig(**classic, vocab_size=tok.get_vocab_size(), max_position_embeddings=140, type_vocab_size=10,
                                                pad_token_id=1, bos_token_id=0, eos_token_id=2)))
    write("unixcoder", unixcoder, slow(form, *modes), tok, [0, tok.token_to_id("<encoder-only>"), 2], 2, tok.token_to_id("<mask>"),
          lambda ids: unixcoder(input_ids=ids).last_hidden_state @ unixcoder.embeddings.word_embeddings.weight.T)

    # StarEncoder: next-sentence weights beside the masked language model's; four tokens are added to the tokenizer when it is loaded
    # (bigcode-project/bigcode-encoder, src/datasets_loader.py, prepare_tokenizer).
    torch.manual_seed(3)
    form = codetok.starcoder()
    later = ["<pad>", "<sep>", "<cls>", "<mask>"]
    form["added_tokens"] = [a for a in form["added_tokens"] if a["content"] not in later]
    tok = reference(form, later)
    starencoder = fill(BertForPreTraining(BertConfig(**classic, vocab_size=tok.get_vocab_size(), max_position_embeddings=128, type_vocab_size=2)))
    write("starencoder", starencoder, {"tokenizer.json": json.dumps(form, ensure_ascii=False)}, tok, [tok.token_to_id("<cls>")], tok.token_to_id("<sep>"),
          tok.token_to_id("<mask>"), lambda ids: starencoder(input_ids=ids).prediction_logits)

    torch.manual_seed(4)
    form = codetok.modernbert()
    tok = reference(form)
    cls, sep, pad = (tok.token_to_id(f"[{name}]") for name in ("CLS", "SEP", "PAD"))
    modernbert = fill(ModernBertForMaskedLM(ModernBertConfig(
        **small, vocab_size=tok.get_vocab_size() + 7, max_position_embeddings=128, local_attention=16, global_attn_every_n_layers=2,
        pad_token_id=pad, cls_token_id=cls, sep_token_id=sep, bos_token_id=cls, eos_token_id=sep, attn_implementation="eager")))
    write("modernbert", modernbert, {"tokenizer.json": json.dumps(form, ensure_ascii=False)}, tok, [cls], sep, tok.token_to_id("[MASK]"),
          lambda ids: modernbert(input_ids=ids, attention_mask=torch.ones_like(ids)).logits)


if __name__ == "__main__":
    main()
