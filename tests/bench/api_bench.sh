#!/usr/bin/env bash
# api_bench.sh BUILD_DIR [SECONDS] [SITES] [LINKS]: /v1/random beside Pistache with a constant
# answer of the same size and the same number of threads, at 64 and 1,000 connections, in turns and
# in one run. Prints requests/s, median and 99th percentile of each, and the ratio of the medians
# of three turns.
set -euo pipefail

build=${1:?usage: api_bench.sh BUILD_DIR [SECONDS] [SITES] [LINKS]}
seconds=${2:-5}
sites=${3:-3000}
links=${4:-200000}
threads=2
turns=3

folder=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

"$build/tests/bench/fill_database" "$folder/saunter.db" "$sites" "$links"

"$build/api/saunter-api" --store.path "$folder/saunter.db" --listen 127.0.0.1:0 \
  --api.threads "$threads" 2>"$folder/api.log" &
pids+=($!)
address=
for _ in $(seq 200); do
  address=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$folder/api.log")
  [ -n "$address" ] && break
  sleep 0.1
done
[ -n "$address" ] || { cat "$folder/api.log" >&2; exit 1; }

bytes=$(curl -s -o /dev/null -w '%{size_download}' "$address/v1/random")
"$build/tests/bench/constant_server" "$threads" "$bytes" >"$folder/port" &
pids+=($!)
for _ in $(seq 100); do
  [ -s "$folder/port" ] && break
  sleep 0.1
done
constant=http://127.0.0.1:$(cat "$folder/port")
[ "$(curl -sS "$constant/" | wc -c)" = "$bytes" ] || { echo "no yardstick at $constant" >&2; exit 1; }

# wrk's words as: requests/s, p50, p99, errors.
measure() {
  wrk --latency -t1 -c"$1" -d"${seconds}s" "$2" | awk '
    /Requests\/sec/ {rate = $2} /50%/ {p50 = $2} /99%/ {p99 = $2}
    /Socket errors|Non-2xx/ {errors = errors " " $0}
    END {print rate, p50, p99, errors}'
}

echo "$links links of $sites sites, answers of $bytes bytes, $threads threads, ${seconds} s a turn"
for connections in 64 1000; do
  api_rates=() constant_rates=()
  for turn in $(seq $turns); do
    read -r rate p50 p99 errors < <(measure "$connections" "$constant/")
    echo "$connections connections, turn $turn: constant $rate/s p50 $p50 p99 $p99 $errors"
    constant_rates+=("$rate")
    read -r rate p50 p99 errors < <(measure "$connections" "$address/v1/random")
    echo "$connections connections, turn $turn: random   $rate/s p50 $p50 p99 $p99 $errors"
    api_rates+=("$rate")
  done
  median() { printf '%s\n' "$@" | sort -n | sed -n "$(((turns + 1) / 2))p"; }
  awk -v a="$(median "${api_rates[@]}")" -v c="$(median "${constant_rates[@]}")" \
    -v n="$connections" 'BEGIN {printf "%s connections: ratio %.2f (%s / %s)\n", n, a / c, a, c}'
done
