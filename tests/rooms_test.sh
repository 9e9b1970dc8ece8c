#!/bin/bash
# The directions between the rooms, enforced: rooms_test.sh SOURCE_DIR [SELF_TEST].
#
#   schemas ← store ← {crawler, api}; systemd is a leaf that both mains may use.
#
# Reads the include lines of every source and nothing else. With a second argument it breaks each
# rule once in a copy and wants to see that found.
set -euo pipefail

source_dir=$1
failures=0

# fail RULE FILE:LINE:TEXT…
report() {
  local rule=$1 found=$2
  [ -z "$found" ] && return
  failures=$((failures + 1))
  echo "BROKEN: $rule"
  while read -r line; do echo "    $line"; done <<<"$found"
}

# Lines of the folders given that include what the pattern names. Headers of ours are quoted,
# packages stand in angle brackets.
includes() {
  local pattern=$1
  shift
  local folders=()
  for folder in "$@"; do
    [ -d "$folder" ] && folders+=("$folder")
  done
  [ ${#folders[@]} = 0 ] && return
  grep -rnE "^ *# *include *$pattern" --include='*.h' --include='*.cc' "${folders[@]}" || true
}

# package PATTERN ROOM: only that room includes it, and none of its headers does.
package() {
  local pattern=$1 room=$2
  report "<$pattern> belongs to $room alone" \
    "$(includes "[<\"]($pattern)" schemas store crawler api systemd |
      grep -vE "^$room/" || true)"
  report "$room shows the types of <$pattern> in a header" \
    "$(includes "[<\"]($pattern)" "$room" | grep -E '^[^:]*\.h:' |
      grep -vE "$private_header" || true)"
}

# A header that only its own room includes may name what the room is built on.
private_headers() {
  local header room
  find schemas store crawler api systemd -name '*.h' 2>/dev/null | while read -r header; do
    room=$(dirname "$header")
    if [ -z "$(includes "\"$header\"" schemas store crawler api systemd |
      grep -vE "^$room/[^/]*:" || true)" ]; then
      echo "$header"
    fi
  done
}

check_rooms() {
  local private_header
  private_header="^($(private_headers | paste -sd'|')|crawler/feed/formats/(xml|elements|xml_modules|formats)\.h):"

  report "schemas includes no other room" \
    "$(includes '"(store|crawler|api|systemd|tests)/' schemas)"
  report "store includes schemas alone" "$(includes '"(crawler|api|systemd|tests)/' store)"
  report "crawler does not include api" "$(includes '"(api|tests)/' crawler)"
  report "api does not include crawler" "$(includes '"(crawler|tests)/' api)"
  report "systemd includes no other room" \
    "$(includes '"(schemas|store|crawler|api|tests)/' systemd)"

  # Inside the crawler: pure rooms know nothing of the rooms that use them.
  report "crawler/feed includes schemas and the crawler's URLs alone" \
    "$(includes '"(store|systemd|crawler/(fetch|health|write|cli|crawl|schedule))' crawler/feed)"
  report "crawler/fetch includes schemas and the crawler's URLs alone" \
    "$(includes '"(store|systemd|crawler/(feed|health|write|cli|crawl|schedule))' crawler/fetch)"
  report "crawler/health includes schemas and the crawler's URLs alone" \
    "$(includes '"(store|systemd|crawler/(feed|fetch|write|cli|crawl|schedule))' crawler/health)"
  report "crawler/write knows neither fetching nor parsing" \
    "$(includes '"(systemd|crawler/(feed|fetch|cli|crawl))' crawler/write)"
  report "only the command line includes crawler/cli" \
    "$(includes '"crawler/cli/' schemas store crawler api systemd | grep -v '^crawler/cli/' || true)"

  package 'curl/' crawler/fetch
  package 'pugixml' crawler/feed
  package 'libxml/' crawler/text
  package 'gumbo' crawler/text
  package 'SQLiteCpp|sqlite3\.h' store
  package 'pistache/' api
  # Both programs are asked by Prometheus; the package's own server is for the crawler.
  package 'prometheus/exposer\.h' crawler
  report "<prometheus/> belongs to crawler and api" \
    "$(includes '[<"]prometheus/' schemas store systemd)"
  report "crawler or api shows the types of <prometheus/> in a header" \
    "$(includes '[<"]prometheus/' crawler api | grep -E '^[^:]*\.h:' |
      grep -vE "$private_header" || true)"
  package 'systemd/sd-' systemd

  report "an include starts at the root" \
    "$(includes '"' schemas store crawler api systemd tests |
      grep -vE 'include *"(schemas|store|crawler|api|systemd|tests)/' || true)"
  report "a folder named util, utils, common, helpers or misc hides a room that is missing" \
    "$(find schemas store crawler api systemd tests -type d \
      \( -name util -o -name utils -o -name common -o -name helpers -o -name misc \))"
}

# break_rule FILE LINE: that line, put into that file of the copy, must be found.
break_rule() {
  local file=$1 line=$2
  mkdir -p "$copy/$(dirname "$file")"
  [ -f "$copy/$file" ] && cp "$copy/$file" "$copy/whole"
  echo "$line" >>"$copy/$file"
  if "$0" "$copy" >/dev/null; then
    echo "NOT FOUND: $line in $file"
    failures=$((failures + 1))
  fi
  rm "$copy/$file"
  if [ -f "$copy/whole" ]; then mv "$copy/whole" "$copy/$file"; fi
}

if [ $# -gt 1 ]; then
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  cp -r "$source_dir"/{schemas,store,crawler,api,systemd} "$copy"
  mkdir "$copy/tests"
  break_rule schemas/broken.cc '#include "store/writer.h"'
  break_rule store/broken.cc '#include "crawler/url/url.h"'
  break_rule crawler/broken.cc '#include "api/walk/walk.h"'
  break_rule api/broken.cc '#include "crawler/url/url.h"'
  break_rule systemd/broken.cc '#include "schemas/records.h"'
  break_rule crawler/feed/broken.cc '#include "crawler/fetch/fetcher.h"'
  break_rule crawler/fetch/broken.cc '#include "crawler/feed/feed.h"'
  break_rule crawler/health/broken.cc '#include "store/reader.h"'
  break_rule crawler/write/broken.cc '#include "crawler/fetch/fetcher.h"'
  break_rule crawler/broken.cc '#include "crawler/cli/commands.h"'
  break_rule api/broken.cc '#include <curl/curl.h>'
  break_rule crawler/health/broken.cc '#include <pugixml.hpp>'
  break_rule crawler/broken.cc '#include <sqlite3.h>'
  break_rule store/writer.h '#include <SQLiteCpp/SQLiteCpp.h>'
  break_rule store/broken.cc '#include <pistache/http.h>'
  break_rule api/broken.cc '#include <prometheus/exposer.h>'
  break_rule store/broken.cc '#include <prometheus/metric_family.h>'
  break_rule crawler/main_broken.cc '#include <systemd/sd-daemon.h>'
  break_rule store/broken.cc '#include "writer.h"'
  break_rule crawler/util/broken.cc '// nothing'
else
  cd "$source_dir"
  check_rooms
fi

[ "$failures" = 0 ]
