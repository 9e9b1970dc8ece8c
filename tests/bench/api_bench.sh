#!/usr/bin/env bash
# api_bench.sh BUILD_DIR [SECONDS] [SITES] [LINKS]: /v1/random beside its yardsticks, in turns and in
# one run: Pistache with a constant answer of the same size, nginx with a file of that size, and the
# stack that this service replaces, FastAPI with SQLAlchemy's QueuePool and uvicorn, also tuned: on
# uvloop and httptools, reading on the event loop. Two threads or workers each; 64 and 1,000
# connections; idle, and while a writer commits at full speed to the same file, and to another one.
# Prints requests/s, median and 99th percentile, and the ratios of medians.
set -euo pipefail

build=$(cd "${1:?usage: api_bench.sh BUILD_DIR [SECONDS] [SITES] [LINKS]}" && pwd)
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/bench/serving.sh
source "$bench/serving.sh"
seconds=${2:-5}
sites=${3:-3000}
links=${4:-200000}
threads=2
turns=3

"$build/tests/bench/fill_database" "$folder/saunter.db" "$sites" "$links"

declare -A url
port=$(free_port 18100)
"$build/api/saunter-api" --store.path "$folder/saunter.db" --listen "127.0.0.1:$port" \
  --api.threads "$threads" --api.topics_path "$folder/topics.txt" \
  --api.receipt_key_path "$folder/receipt.key" 2>"$folder/api.log" &
pids+=($!)
url[random]=http://127.0.0.1:$port/v1/random
answers "${url[random]}"

bytes=$(stat -c %s "$folder/answer")
"$build/tests/bench/constant_server" "$threads" "$bytes" >"$folder/port" &
pids+=($!)
until [ -s "$folder/port" ]; do sleep 0.1; done
url[constant]=http://127.0.0.1:$(cat "$folder/port")/
answers "${url[constant]}"

port=$(free_port 18110)
mkdir "$folder/files"
head -c "$bytes" /dev/zero | tr '\0' x >"$folder/files/answer.json"
cat >"$folder/nginx.conf" <<END
daemon off;
worker_processes $threads;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events { worker_connections 2048; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server { listen 127.0.0.1:$port backlog=1024; root $folder/files; }
}
END
chmod 755 "$folder" "$folder/files"
nginx -c "$folder/nginx.conf" -e "$folder/nginx.log" &
pids+=($!)
url[nginx]=http://127.0.0.1:$port/answer.json
answers "${url[nginx]}"

# start_replaced PARTS PORT PATH
start_replaced() {
  local port
  port=$(free_port "$2")
  (cd "$bench" && SAUNTER_DB="$folder/saunter.db" exec /usr/bin/python3 replaced_workers.py \
    "$port" "$1" >"$folder/$1.log" 2>&1) &
  pids+=($!)
  replaced_url=http://127.0.0.1:$port$3
  answers "$replaced_url"
}
start_replaced shipped 18120 /v1/random
url[replaced]=$replaced_url
start_replaced tuned 18130 /on_loop
url[tuned]=$replaced_url

# wrk's words as: requests/s, p50 and p99 in µs, errors.
measure() {
  wrk --latency -t1 -c"$1" -d"${seconds}s" "$2" | awk '
    function us(text) {
      if (text ~ /us$/) return text + 0
      if (text ~ /ms$/) return text * 1000
      return text * 1000000
    }
    /Requests\/sec/ {rate = $2} $1 == "50%" {p50 = us($2)} $1 == "99%" {p99 = us($2)}
    /Socket errors|Non-2xx/ {errors = errors " " $0}
    END {print rate, p50, p99, errors}'
}

# compare CONNECTIONS WORDS NAME…
compare() {
  local connections=$1 words=$2 turn name rate p50 p99 errors
  shift 2
  declare -A rates p50s p99s
  for turn in $(seq "$turns"); do
    for name in "$@"; do
      read -r rate p50 p99 errors < <(measure "$connections" "${url[$name]}")
      rates[$name]+=" $rate" p50s[$name]+=" $p50" p99s[$name]+=" $p99"
      [ -z "$errors" ] || echo "  $name, turn $turn: $errors"
    done
  done
  echo "$connections connections, $words:"
  local mine
  # shellcheck disable=SC2086
  mine=$(median ${rates[random]})
  for name in "$@"; do
    # shellcheck disable=SC2086
    awk -v name="$name" -v rate="$(median ${rates[$name]})" -v p50="$(median ${p50s[$name]})" \
      -v p99="$(median ${p99s[$name]})" -v mine="$mine" 'BEGIN {
        printf "  %-9s %8.0f/s  p50 %8.0f us  p99 %8.0f us  random is %.2f of it\n",
          name, rate, p50, p99, mine / rate}'
  done
}

# start_writer FILE: commits at full speed until stop_writer. Its share of the processors is what
# CPUWeight=20 in saunter-crawler.service gives it.
start_writer() {
  nice -n 7 "$build/tests/bench/fill_database" "$1" 100000000 100000000000 2>/dev/null &
  writer=$!
  pids+=("$writer")
}
stop_writer() {
  kill "$writer"
  wait "$writer" 2>/dev/null || true
}

echo "$links links of $sites sites, answers of $bytes bytes, $threads threads, ${seconds} s a turn," \
  "load before: $(cut -d' ' -f1-3 /proc/loadavg)"
for connections in 64 1000; do
  compare "$connections" "no writer" constant nginx replaced tuned random
done
for connections in 64 1000; do
  start_writer "$folder/other.db"
  compare "$connections" "a writer on another file" constant random
  stop_writer
  rm -f "$folder"/other.db*
  start_writer "$folder/saunter.db"
  compare "$connections" "a writer on the same file" constant replaced tuned random
  stop_writer
done
