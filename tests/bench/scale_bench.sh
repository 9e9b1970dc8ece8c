#!/usr/bin/env bash
# scale_bench.sh BUILD_DIR [LINKS…]: /v1/random from databases of several sizes on 36,000 sites, in
# turns and in one run, with and without filters. Prints for each how long it takes from the start
# to the first link, the process's memory, and requests/s beside those of the first size. Ten million
# links take 3 GB in TMPDIR, which must be cached for the figures to say anything of the server.
set -euo pipefail

build=$(cd "${1:?usage: scale_bench.sh BUILD_DIR [LINKS…]}" && pwd)
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/bench/serving.sh
source "$bench/serving.sh"
shift
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(10000 1000000 10000000)
sites=36000
threads=2
connections=64
turns=5
seconds=3

declare -A url
port=18130
for size in "${sizes[@]}"; do
  database=$folder/$size.db
  "$build/tests/bench/fill_database" "$database" "$sites" "$size"
  cat "$database" >/dev/null
  port=$(free_port $((port + 1)))
  began=$(date +%s%N)
  "$build/api/saunter-api" --store.path "$database" --listen "127.0.0.1:$port" \
    --api.threads "$threads" --api.topics_path "$folder/topics.txt" \
    --api.receipt_key_path "$folder/receipt.key" 2>"$folder/$size.log" &
  pids+=($!)
  url[$size]=http://127.0.0.1:$port/v1/random
  answers "${url[$size]}"
  echo "$size links on $sites sites: the first is served after" \
    "$((($(date +%s%N) - began) / 1000000)) ms, $(awk '/VmRSS/ {print $2}' "/proc/$!/status") KiB"
done

rate() { wrk -t1 -c"$connections" -d"${seconds}s" "$1" | awk '/Requests\/sec/ {print $2}'; }

for size in "${sizes[@]}"; do rate "${url[$size]}" >/dev/null; done
for query in "" category=food not_category=technology language=zh max_age_days=30; do
  declare -A rates=()
  for ((turn = 0; turn < turns; ++turn)); do
    for size in "${sizes[@]}"; do rates[$size]+=" $(rate "${url[$size]}?$query")"; done
  done
  # shellcheck disable=SC2086
  first=$(median ${rates[${sizes[0]}]})
  echo "${query:-all}:"
  for size in "${sizes[@]}"; do
    # shellcheck disable=SC2086
    awk -v size="$size" -v rate="$(median ${rates[$size]})" -v first="$first" \
      'BEGIN {printf "  %9d links %8.0f/s, %.2f of the first size\n", size, rate, rate / first}'
  done
done
