#!/bin/bash
# up_test.sh BUILD_DIR: ./dev up with the programs of BUILD_DIR: a first and a second run of the
# sample, and a list whose hosts do not exist.
set -euo pipefail

build_dir=$1
# shellcheck source=tests/try/up.sh
source "$(dirname "${BASH_SOURCE[0]}")/up.sh"
need() { :; }
build() { :; }
program() { find "$build_dir" -type f -name "$2" -perm -u+x -print -quit; }

SAUNTER_DATA=$(mktemp -d)
export SAUNTER_DATA
said=$SAUNTER_DATA/said
running=""
finish() {
  [ -z "$running" ] || { kill -TERM "$running" 2>/dev/null && wait "$running"; } || true
  rm -rf "$SAUNTER_DATA"
}
trap finish EXIT
fail() {
  echo "up_test: $*; it said:" >&2
  cat "$said" >&2
  exit 1
}

# stands PATTERN: whether it was said, and the address stands last.
stands() { grep -qE -e "$1" "$said" && [[ $(tail -n 1 "$said") == *http://127.0.0.1:* ]]; }

# runs_until PATTERN ARGUMENT…: up, until that stands; then it is to stop.
runs_until() {
  local pattern=$1 code=0
  shift
  : >"$said"
  (up "$@") >"$said" 2>&1 &
  running=$!
  for ((i = 0; i < 600; i++)); do
    ! stands "$pattern" || break
    kill -0 "$running" 2>/dev/null || fail "it ended by itself"
    sleep 0.2
  done
  stands "$pattern" || fail "it never said '$pattern' and the address after it"
  kill -TERM "$running"
  wait "$running" || code=$?
  running=""
  [ "$code" = 0 ] || fail "it ended with $code"
  says 'nothing is lost'
}
says() { grep -qE -e "$1" "$said" || fail "it does not say '$1'"; }
never_says() { ! grep -qE -e "$1" "$said" || fail "it says '$1'"; }

runs_until 'open http://127.0.0.1:' --sample
says '31 added'
says 'logs are in'
never_says 'going on|nothing answers|\[info\]'
grep -q 'http://bread.localhost:' "$SAUNTER_DATA/sample/sample.opml" || fail "no bread.localhost"
[ -s "$SAUNTER_DATA/sample/crawler.log" ] || fail "the crawler has no log"

runs_until '31 of 31 feeds asked' --sample
says 'going on with the sample of the last run'
never_says 'added|no post yet'

cat >"$SAUNTER_DATA/feeds.txt" <<'END'
http://one.invalid/feed
http://two.invalid/feed
END
silent_s=0
export https_proxy=http://127.0.0.1:9
# For want of a route or of the name, whichever is missing where this runs.
runs_until 'nothing answers: (this machine has no route|the name one.invalid cannot)' \
  "$SAUNTER_DATA/feeds.txt"
says 'without the internet: ./dev up --sample'
says "does not use this shell's proxy"
