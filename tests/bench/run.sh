#!/bin/bash
# run.sh [NAME [ARGUMENT…]]: builds and runs the benchmarks whose name holds NAME, or all of them;
# each is given the ARGUMENTs, which the head of its source tells.
set -euo pipefail
# shellcheck source=.ci/build.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../.ci/build.sh"

filter=${1:-}
[ $# = 0 ] || shift
need "${build_packages[@]}" postgresql wrk nginx-light curl python3-feedparser newsboat \
  python3-fastapi python3-sqlalchemy uvicorn python3-uvloop python3-httptools
build release "${programs[@]}" constant_server fill_database
mapfile -t names < <(targets_of release _bench | grep -e "$filter")
[ ${#names[@]} = 0 ] || build release "${names[@]}"
cd "$tree"
for name in "${names[@]}"; do
  say "$name"
  bench=$(program release "$name")
  "$bench" "$@"
done
for bench in tests/bench/*_bench.sh tests/bench/*_bench.py; do
  if [ -x "$bench" ] && [[ $bench == *"$filter"* ]]; then
    say "$bench"
    "$bench" "$tree/build/release" "$@"
  fi
done
