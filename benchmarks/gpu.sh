#!/bin/sh
# Everything that needs a GPU, in seven minutes, from a plain copy of the repository.
#
#   benchmarks/gpu.sh [--device cuda] [--out DIR] [--only PART,PART] [--install]
#   benchmarks/gpu.sh --device cpu --short     tries all of it, and measures nothing
#
# PYTHON names the interpreter, which has torch, torchvision, timm and what else augury needs;
# nothing is installed unless --install asks for it. Results go to DIR, else to $OUT, else to
# benchmarks/results.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
if [ "${1:-}" = --install ]; then
  shift
  "$PYTHON" -m pip install --quiet 'numba>=0.61' 'kornia>=0.8,<0.10' pytest hypothesis || echo 'not all was installed' >&2
fi
PYTHONPATH="$PWD/src:$PWD:$PWD/tests${PYTHONPATH:+:$PYTHONPATH}"
CUBLAS_WORKSPACE_CONFIG=${CUBLAS_WORKSPACE_CONFIG:-:4096:8}
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH CUBLAS_WORKSPACE_CONFIG PYTHONDONTWRITEBYTECODE
"$PYTHON" benchmarks/missing.py
exec "$PYTHON" -m benchmarks.gpu "$@"
