#!/bin/bash
# up.sh [--sample | LIST…]: builds the programs, imports the lists and runs both daemons until
# Ctrl-C. Paths are those of the caller's folder; the data is in build/up, or where SAUNTER_DATA says.
set -euo pipefail
# shellcheck source=.ci/build.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../.ci/build.sh"

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port=$1 last=$(($1 + 100))
  while taken "$port"; do
    port=$((port + 1))
    [ "$port" -le "$last" ] || die "no free port from $1 to $last"
  done
  echo "$port"
}

# First fetches come half a second apart. The hour of the default is right for a server that
# starts with tens of thousands of feeds, not for a first look.
spread_s() {
  local feeds spread
  feeds=$(cat "$@" 2>/dev/null | grep -c '://' || true)
  spread=$((feeds / 2))
  [ "$spread" -ge 10 ] || spread=10
  [ "$spread" -le 3600 ] || spread=3600
  echo "$spread"
}

# write_settings DATA PORT SPREAD: for a walk on this machine.
write_settings() {
  cat >"$1/saunter.toml" <<END
# Written by ./dev up at each start.
[store]
path = "$1/saunter.db"
[api]
listen = "127.0.0.1:$2"
receipt_key_path = "$1/receipt.key"
[schedule]
start_spread_s = $3
END
}

# For the sample sites: loopback alone, and what takes days elsewhere takes seconds.
add_sample_settings() {
  cat >>"$1/saunter.toml" <<END
[fetch]
allow_networks = ["127.0.0.1", "::1"]
allow_names = ["localhost"]
allow_ports = [$2]
host_gap_min_ms = 100
[health]
probe_spacing_s = 0
dead_gap_s = 1
END
}

names=()   # of what was started, in that order
pids=()    # its process ids
filters=() # and those of the filters of its lines

# start NAME COMMAND…: in the background and in a session of its own, so that a Ctrl-C reaches
# this script alone; each of its lines comes out after "NAME | ".
start() {
  local name=$1 filter_fd
  shift
  exec {filter_fd}> >(trap '' INT TERM HUP && exec sed -u "s/^/$name | /")
  filters+=($!)
  setsid "$@" >&"$filter_fd" 2>&1 </dev/null {filter_fd}>&- &
  pids+=($!)
  names+=("$name")
  exec {filter_fd}>&-
}

# Stops what was started, the newest first, and waits for it. False if anything ended badly.
stop_all() {
  local i code failed=0
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[i]}" 2>/dev/null || true
    code=0
    wait "${pids[i]}" || code=$?
    [ "$code" = 0 ] || { say "${names[i]} ended with $code" && failed=1; }
  done
  for i in "${filters[@]}"; do wait "$i" || true; done
  pids=() filters=()
  return "$failed"
}

# Waits until the process listens there. False if it ended before, or a signal came.
listens() {
  until taken "$2"; do
    kill -0 "$1" 2>/dev/null || return 1
    [ -z "$stopping" ] || return 1
    sleep 0.1
  done
}

# up_lists ARGUMENT…: sets lists and sample.
up_lists() {
  lists=()
  sample=""
  local argument
  for argument in "$@"; do
    case $argument in
      --sample) sample=yes ;;
      -*) die "up has no option $argument; see ./dev help" ;;
      http://* | https://*) lists+=("$argument") ;;
      *) lists+=("$(realpath -ms "$argument")") ;;
    esac
  done
  [ -z "$sample" ] || [ ${#lists[@]} = 0 ] || die "--sample brings its own list"
  for argument in "${lists[@]}"; do
    [[ $argument == http*://* ]] || [ -r "$argument" ] || die "cannot read $argument"
  done
  [ ${#lists[@]} != 0 ] || lists=("$tree/crawler/cli/starter.opml")
}

# The sample sites, their list and a new database: everything happens before one's eyes.
start_sample_sites() {
  local data=$1 port origin
  origin=$(program release sample-origin)
  port=$(free_port 8099)
  rm -f "$data"/saunter.db* "$data/sample.opml"
  start sample "$origin" "$tree/tests/data/sample" "$data/sample.opml" "$port"
  until [ -e "$data/sample.opml" ]; do
    kill -0 "${pids[0]}" 2>/dev/null || die "the sample sites did not start"
    sleep 0.1
  done
  lists=("$data/sample.opml")
  write_settings "$data" "$2" 0
  add_sample_settings "$data" "$port"
}

import_lists() {
  local code=0 saunter
  saunter=$(program release saunter)
  "$saunter" --config "$1/saunter.toml" import "${lists[@]}" || code=$?
  # 1 is "partly": lines that are no feed are named, the others are in.
  [ "$code" -le 1 ] || die "the import failed"
}

up() {
  local lists sample data port crawler api stopping=""
  up_lists "$@"
  need "${build_packages[@]}"
  build release "${programs[@]}" ${sample:+sample-origin}
  crawler=$(program release saunter-crawler)
  api=$(program release saunter-api)
  data=$(realpath -ms "${SAUNTER_DATA:-$tree/build/up}")${sample:+/sample}
  mkdir -p "$data"
  port=$(free_port 8080)

  trap 'stopping=yes' INT TERM HUP
  trap stop_all EXIT # where anything below gives up
  if [ -n "$sample" ]; then
    start_sample_sites "$data" "$port"
  else
    write_settings "$data" "$port" "$(spread_s "${lists[@]}")"
  fi
  import_lists "$data"
  start crawler "$crawler" --config "$data/saunter.toml"
  start api "$api" --config "$data/saunter.toml"
  if listens "${pids[-1]}" "$port"; then
    say "open http://127.0.0.1:$port/ (database and settings: $data; Ctrl-C stops)"
  fi
  # Ends with the first of them, or with a signal.
  [ -n "$stopping" ] || wait -n "${pids[@]}" || true
  local asked=$stopping
  say "stopping"
  stop_all || die "not everything ended cleanly"
  [ -n "$asked" ] || die "one of them ended by itself"
  say "stopped; nothing is lost in $data"
}

up "$@"
