#!/usr/bin/env bash
# Calls of models against servers that others wrote: aimock (npm), llama.cpp (PyPI, xllamacpp) with a tiny model of random
# weights, and LiteLLM (PyPI) as a translator in front of aimock. The packages, about 1 GB, go to target/test-models once; the
# tests themselves run in a network namespace that has nothing but loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=$PWD/target/test-models

install() {
    mkdir -p "$cache"
    [[ -x $cache/node_modules/.bin/llmock ]] ||
        (cd "$cache" && npm install --no-audit --no-fund --silent --ignore-scripts @copilotkit/aimock@1.43.0)
    [[ -x $cache/venv/bin/python ]] || python3 -m venv "$cache/venv"
    "$cache/venv/bin/python" -c 'import xllamacpp, gguf, litellm, fastapi' 2>/dev/null ||
        "$cache/venv/bin/pip" install --quiet --disable-pip-version-check xllamacpp gguf numpy 'litellm[proxy]==1.106.2'
    [[ -f $cache/tiny.gguf ]] || "$cache/venv/bin/python" tests/models/tiny_model.py "$cache/tiny.gguf"
    cargo build --quiet --locked --example probe
}

if [[ ${1-} != inside ]]; then
    install
    isolate=(unshare --net)
    [[ $(id -u) = 0 ]] || isolate=(unshare --map-root-user --net)
    exec "${isolate[@]}" "$0" inside
fi

ip link set lo up
logs=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$logs"' EXIT

# A server of ours, with its log, until it listens on its port.
serve() {
    local port=$1 log=$logs/$1
    shift
    HOME=$logs "$@" >"$log" 2>&1 &
    pids+=($!)
    for _ in {1..600}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        kill -0 "${pids[-1]}" 2>/dev/null || break
        sleep 0.2
    done
    printf 'the server on port %s does not start:\n' "$port" >&2
    tail -n 20 "$log" >&2
    exit 1
}

wrong=0
probe() {
    PROBE_KEY=dummy target/debug/examples/probe "$@" || wrong=$((wrong + 1))
}

serve 4010 "$cache/node_modules/.bin/llmock" --port 4010 --fixtures tests/models/fixtures.json --chunk-size 5
serve 4011 "$cache/node_modules/.bin/llmock" --port 4011 --fixtures tests/models/fixtures.json --chaos-ratelimit 1
serve 4012 "$cache/venv/bin/python" tests/models/llama_server.py "$cache/tiny.gguf" 4012
LITELLM_MASTER_KEY=dummy LITELLM_LOCAL_MODEL_COST_MAP=True \
    serve 4013 "$cache/venv/bin/litellm" --config tests/models/litellm.yaml --host 127.0.0.1 --port 4013

for how in stream whole; do
    for dialect in chat responses messages; do
        probe custom "$dialect" http://127.0.0.1:4010/v1 aimock $how text
        probe custom "$dialect" http://127.0.0.1:4010/v1 aimock $how tools
        probe llama-cpp "$dialect" http://127.0.0.1:4012/v1 tiny $how text
        probe llama-cpp "$dialect" http://127.0.0.1:4012/v1 tiny $how overflow
        probe custom "$dialect" http://127.0.0.1:4013/v1 translated $how text
        probe custom "$dialect" http://127.0.0.1:4013/v1 translated $how tools
    done
    probe ollama ollama http://127.0.0.1:4010 aimock $how text
    probe ollama ollama http://127.0.0.1:4010 aimock $how tools
done
probe custom chat http://127.0.0.1:4011/v1 aimock stream refused
exit $((wrong > 0))
