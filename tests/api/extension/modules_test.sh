#!/bin/bash
# modules_test.sh: the extension's pure modules, run by node.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if ! command -v node >/dev/null; then
  echo "SKIPPED: node is not installed"
  exit 77
fi
exec node --test ./*_test.mjs
