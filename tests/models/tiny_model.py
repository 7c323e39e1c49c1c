#!/usr/bin/env python3
"""Writes a tiny model with random weights and one token for each byte. Usage: tiny_model.py OUT.gguf"""
import sys, numpy as np, gguf
out = sys.argv[1]
D, L, H, FF, CTX = 64, 2, 4, 128, 8192
rng = np.random.default_rng(0)
w = gguf.GGUFWriter(out, "llama")
w.add_name("tiny-random"); w.add_context_length(CTX); w.add_embedding_length(D); w.add_block_count(L)
w.add_feed_forward_length(FF); w.add_head_count(H); w.add_head_count_kv(H); w.add_layer_norm_rms_eps(1e-5)
w.add_rope_dimension_count(D // H); w.add_file_type(0)
# SentencePiece-style vocabulary: <unk> <s> </s> + 256 byte tokens + printable ASCII pieces
toks = [b"<unk>", b"<s>", b"</s>"]; types = [2, 3, 3]; scores = [0.0, 0.0, 0.0]
for i in range(256):
    toks.append(b"<0x%02X>" % i); types.append(6); scores.append(0.0)
for i in range(33, 127):
    toks.append(bytes([i])); types.append(1); scores.append(-1.0)
toks.append("\u2581".encode()); types.append(1); scores.append(-1.0)
for s in (b"<|im_start|>", b"<|im_end|>"):
    toks.append(s); types.append(3); scores.append(0.0)
w.add_tokenizer_model("llama"); w.add_token_list(toks); w.add_token_scores(scores); w.add_token_types(types)
w.add_bos_token_id(1); w.add_eos_token_id(2); w.add_unk_token_id(0); w.add_add_bos_token(True)
w.add_chat_template("{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
V = len(toks); w.add_vocab_size(V)
def t(name, *shape, one=False):
    w.add_tensor(name, np.ones(shape, np.float32) if one else (rng.standard_normal(shape) * 0.3).astype(np.float32))
t("token_embd.weight", V, D); t("output.weight", V, D); t("output_norm.weight", D, one=True)
for b in range(L):
    p = f"blk.{b}."
    t(p + "attn_norm.weight", D, one=True); t(p + "ffn_norm.weight", D, one=True)
    for n in ("attn_q", "attn_k", "attn_v", "attn_output"): t(p + n + ".weight", D, D)
    t(p + "ffn_gate.weight", FF, D); t(p + "ffn_up.weight", FF, D); t(p + "ffn_down.weight", D, FF)
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
print("wrote", out, "vocab", V)
