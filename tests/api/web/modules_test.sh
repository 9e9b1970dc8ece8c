#!/bin/bash
# modules_test.sh: the page's pure modules and its words, run by node. The page's modules and those that
# it shares with the extension stand in one folder, as they are served.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
tree=$(realpath "$here/../../..")
if ! command -v node >/dev/null; then
  echo "SKIPPED: node is not installed"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$tree"/api/extension/{address,exchange,history,link,outbox,parts,reader,taste,traffic,walk,words}.js "$folder"
cp "$tree"/api/web/*.js "$folder"
cp "$here"/*_test.mjs "$folder"
echo '{"type": "module"}' >"$folder/package.json"
cd "$folder"
SAUNTER_TREE=$tree node --test ./*_test.mjs
