#!/bin/bash
# run.sh [S] [NAME]: the fuzz targets whose name holds NAME, or all of them, for S seconds each.
set -euo pipefail
# shellcheck source=.ci/build.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../.ci/build.sh"

seconds=${1:-60}
filter=${2:-}
need "${build_packages[@]}" clang-19 libclang-rt-19-dev
build fuzz feed_fuzz
mapfile -t names < <(targets_of fuzz _fuzz | grep -e "$filter")
[ ${#names[@]} != 0 ] || die "no fuzz target is named like \"$filter\""
build fuzz "${names[@]}"
cd "$tree/build/fuzz"
for target in "${names[@]}"; do
  say "$target for $seconds s"
  seeds=$tree/tests/data/fuzz/${target%_fuzz}
  [ -d "$seeds" ] || seeds=$tree/tests/data/feeds
  mkdir -p "found/$target"
  "$(program fuzz "$target")" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 \
    -print_final_stats=1 -print_funcs=0 -verbosity=0 "found/$target" "$seeds"
done
