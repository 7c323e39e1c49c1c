#!/usr/bin/env python3
"""The HTTP server of llama.cpp on loopback. Usage: llama_server.py MODEL.gguf PORT"""
import sys
import threading

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.port = int(sys.argv[2])
params.hostnames = ["127.0.0.1"]
params.n_ctx = 8192
params.n_parallel = 1
params.warmup = False
params.use_jinja = True
params.n_gpu_layers = 0
params.cpuparams.n_threads = 1
server = xllamacpp.Server(params)
print("listening on", server.listening_address, flush=True)
threading.Event().wait()
