#!/usr/bin/env python3
"""Makes the fixtures of codetok from Hugging Face's tokenizers, the reference.

Made with tokenizers 0.22.2 (Oniguruma 6.9.10, Unicode 16). Run it from anywhere
with Go on the PATH; it downloads nothing: the vocabularies are trained on code/.

    pip install tokenizers==0.22.2
    python3 codetok/testdata/make_fixtures.py

Writes, beside itself:
  roberta.json.gz, modernbert.json.gz, starcoder.json.gz   tokenizer.json files of the three kinds
  own.json.gz                           what the Go trainer makes
  cases.bin.gz                          texts, and for each tokenizer ids and offsets
  classes.json                          which code points are \\p{L}, \\p{N}, \\s

cases.bin is, for each text: its length and bytes; then for each tokenizer the
number of subwords, then for each its id, its start less the start of the one
before, and its length. All numbers are unsigned LEB128 but the middle one, which
is zigzag. Offsets are bytes. The reference counts in characters: a subword that is
part of a character has the offsets of the whole character.

Three fields of the files are set aside for the reference's answers, since they
move offsets or change the text: post_processor (trim_offsets), normalizer (NFC; for
texts in NFC it is checked here that it makes no difference), and special tokens are
text (encode_special_tokens).
"""

import gzip
import json
import pathlib
import random
import subprocess
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).resolve().parent
CODE = sorted((HERE / "code").iterdir())
KINDS = ("roberta", "modernbert", "own", "starcoder")


ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


def train(size, special, alphabet=ALPHABET):
    """A byte-level BPE as GPT-2's, with the special tokens first."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tok.train([str(p) for p in CODE], trainer)
    return tok


def roberta():
    """As roberta-base and codebert-base: merges as "a b", <mask> last."""
    tok = train(1000, ["<s>", "<pad>", "</s>", "<unk>"])
    tok.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    tok.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    form = json.loads(tok.to_str())
    form["model"]["merges"] = [" ".join(m) for m in form["model"]["merges"]]
    form["model"]["continuing_subword_prefix"] = form["model"]["end_of_word_suffix"] = ""
    return form


def modernbert():
    """As GPT-NeoX's and ModernBERT's: NFC, runs of spaces as added tokens, special tokens last."""
    # GPT-NeoX's vocabulary has no entries for the bytes that valid UTF-8 never has.
    alphabet = [c for c in ALPHABET if not (c in "\xc0\xc1" or "\xf5" <= c <= "\xff")]
    tok = train(1000, ["|||IP_ADDRESS|||", "<|padding|>"], alphabet)
    tok.normalizer = normalizers.NFC()
    tok.add_tokens([AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)])
    tok.add_tokens([AddedToken("|||EMAIL_ADDRESS|||", normalized=True)])
    tok.add_special_tokens([AddedToken("<|endoftext|>", normalized=False)])
    tok.add_special_tokens([AddedToken(f"[{name}]", normalized=False, lstrip=name == "MASK") for name in ("UNK", "CLS", "SEP", "PAD", "MASK")])
    tok.add_tokens([AddedToken(f"[unused{i}]", normalized=True) for i in range(4)])
    tok.add_tokens([AddedToken("<raw>", normalized=False), AddedToken("<raw", normalized=True)])
    cls, sep = tok.token_to_id("[CLS]"), tok.token_to_id("[SEP]")
    tok.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", cls), ("[SEP]", sep)])
    form = json.loads(tok.to_str())
    form["added_tokens"][0]["special"] = False
    form["added_tokens"][0]["normalized"] = True
    return form


def starcoder():
    """As StarCoder's and StarEncoder's: digits stand alone, special tokens first."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=["<|endoftext|>", "<fim_prefix>", "<empty_output>"], initial_alphabet=ALPHABET, show_progress=False)
    tok.train([str(p) for p in CODE], trainer)
    tok.add_special_tokens([AddedToken(name, normalized=False) for name in ("<pad>", "<sep>", "<cls>", "<mask>")])
    return json.loads(tok.to_str())


def own():
    out = subprocess.run(["go", "run", "train_own.go", *map(str, CODE)], cwd=HERE, check=True, capture_output=True)
    return json.loads(out.stdout)


def texts():
    for path in CODE:
        yield path.read_text(encoding="utf-8")
    go, py = (HERE / "code" / "inventory.go").read_text(), (HERE / "code" / "rates.py").read_text()
    yield go.replace("\n", "\r\n")
    yield py.replace("\n", "\r\n").replace("    ", "\t")
    yield "\ufeff" + py[:400]
    yield "".join(map(chr, range(256)))
    for b in range(256):
        yield chr(b)
        yield "x" + chr(b) + chr(b) + " y"
    yield from ("", " ", "  ", "\n", "\r\n\r\n", " \n \n\t", "x = [MASK] <mask></s>\n", "[UNK] <|go|>x<|endoftext|>", "a [unused1]b|||EMAIL_ADDRESS|||  c",
                "<raw><raw <raw>", "|||IP_ADDRESS|||", "it's we'll they're I'd I'M 'tis ''s 've", "a.b().c[0](x, y);\r\n\tz ) { ( = )",
                "f(x) = -1", "  = 2", "x  :=  y ; z ,", "é e\u0301 ñ n\u0303 \u0301\u0302 \u1100\u1161\u11a8 각",
                "😀 👩‍👩‍👧‍👦 🇩🇪🏳️‍🌈 ❤️ ☕️x", "变量 = 函数(参数) # 注释", "имя_переменной = λ + ∑", "a\u00a0b\u2028c\u3000d\u0085e\u200bf\ufefeg",
                "Ⅷ ½ ² ٣ १ 𝟙𝒙", "x" * 3000, " " * 3000, "=" * 300 + "ab" * 300, "(" * 500 + " " + ")" * 500)
    rng = random.Random(20261123)
    words = ["self", "return", "func", "err", "nil", "None", "i", "xs", "HashMap", "_x1", "für", "naïve", "0x1F", "3.14", "1_000", "'s", "'ll", "'RE",
             "[MASK]", "<mask>", "<s>", "<|go|>", "[unused0]", "<raw>", "//", "/*", "->", "=>", ":=", "!==", "...", "();", ") {", "},\n", "\"\"\"", "\\n",
             "\r\n", "\n", "\n\t", "\n    ", "\t", " ", "  ", "   ", "\u00a0", "\u2028", "\u3000", "\u0301", "\u200d", "\ufe0f", "😀", "👍🏽", "漢字", "한", "ب", "Ω", "½", "٣"]
    pools = [
        lambda: chr(rng.randrange(32, 127)),
        lambda: rng.choice(" \t\r\n\v\f\x00 \u0085\u00a0\u2009\u2028\u2029\u3000"),
        lambda: rng.choice("[](){}.,;:=+-*/%<>!&|^~?\"'`@#$\\_ "),
        lambda: rng.choice(words),
        lambda: chr(rng.randrange(0xA0, 0x2000)),
        lambda: chr(rng.choice((rng.randrange(0x2000, 0xD800), rng.randrange(0xE000, 0x10000)))),
        lambda: chr(rng.randrange(0x10000, 0x110000)),
    ]
    for _ in range(10000):
        some = rng.choices(pools, weights=(6, 2, 4, 6, 1, 1, 1), k=rng.randrange(1, 4))
        yield "".join(rng.choice(some)() for _ in range(rng.randrange(1, 20)))


def reference(form):
    plain = dict(form, post_processor=None, normalizer=None)
    tok = Tokenizer.from_str(json.dumps(plain))
    whole = Tokenizer.from_str(json.dumps(dict(form, post_processor=None)))
    tok.encode_special_tokens = whole.encode_special_tokens = True
    return tok, whole


def leb(n, out):
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)


def classes():
    points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    text = "".join(map(chr, points))
    found = {}
    for name, pattern in (("L", r"[^\p{L}]"), ("N", r"[^\p{N}]"), ("S", r"\S")):
        ranges = []
        for _, (a, b) in pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text):
            for c in points[a:b]:
                if ranges and ranges[-1][1] == c - 1:
                    ranges[-1][1] = c
                else:
                    ranges.append([c, c])
        found[name] = ranges
    return found


def write_gz(name, data):
    (HERE / name).write_bytes(gzip.compress(data, 9, mtime=0))


def main():
    forms = {"roberta": roberta(), "modernbert": modernbert(), "own": own(), "starcoder": starcoder()}
    for kind in KINDS:
        write_gz(f"{kind}.json.gz", json.dumps(forms[kind], ensure_ascii=False, separators=(",", ":")).encode())
    refs = [reference(forms[kind]) for kind in KINDS]
    out, n = bytearray(), 0
    for text in texts():
        n += 1
        data = text.encode()
        leb(len(data), out)
        out += data
        at = [0]  # byte offset of each character
        for c in text:
            at.append(at[-1] + len(c.encode()))
        for tok, whole in refs:
            e = tok.encode(text, add_special_tokens=False)
            if unicodedata.is_normalized("NFC", text):
                w = whole.encode(text, add_special_tokens=False)
                assert (e.ids, e.offsets) == (w.ids, w.offsets), text
            leb(len(e.ids), out)
            before = 0
            for i, (a, b) in zip(e.ids, e.offsets):
                step = at[a] - before
                leb(i, out)
                leb(2 * step if step >= 0 else -2 * step - 1, out)
                leb(at[b] - at[a], out)
                before = at[a]
    write_gz("cases.bin.gz", bytes(out))
    (HERE / "classes.json").write_text(json.dumps(classes(), separators=(",", ":")) + "\n")
    print(f"tokenizers {tokenizers.__version__}: {n} texts")


if __name__ == "__main__":
    main()
