#!/bin/sh
# Continue the atlas on a GPU, in at most ten minutes a call, and say what is missing.
#
#   benchmarks/atlas/gpu.sh [--places NAME,NAME] [--folder PHOTOS] [--out DIR] ...
#
# All options of `python -m benchmarks.atlas run` may be given. Studies lie in --out, else in
# $OUT/atlas, else in studies/atlas. PYTHON names the interpreter. MINUTES, 8 by default, leaves time
# to start and to judge.
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-python3}
MINUTES=${MINUTES:-8}
PYTHONPATH="$PWD/src:$PWD${PYTHONPATH:+:$PYTHONPATH}"
CUBLAS_WORKSPACE_CONFIG=${CUBLAS_WORKSPACE_CONFIG:-:4096:8}
export PYTHONPATH CUBLAS_WORKSPACE_CONFIG
out=studies/atlas
[ -z "${OUT:-}" ] || out=$OUT/atlas
exec timeout --signal=INT --kill-after=10 580 \
  "$PYTHON" -m benchmarks.atlas run --device cuda --out "$out" --time "$MINUTES" --quiet "$@"
