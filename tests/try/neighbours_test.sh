#!/usr/bin/env bash
# neighbours_test.sh BUILD_DIR: saunter-api beside programs of others, as Debian has them: nginx in
# front of it with the shipped configuration, and newsboat, which imports /v1/feeds.opml and reads
# /v1/recent.atom. Ends with 1 at the first thing that is not so.
set -euo pipefail

build=$(cd "${1:?usage: neighbours_test.sh BUILD_DIR}" && pwd)
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
pids=()

finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

fail() {
  local what="$*"
  echo "neighbours_test: ${what:0:1000}" >&2
  exit 1
}
ok() { echo "ok: $*"; }

# until_true WHAT COMMAND…: asks for ten seconds.
until_true() {
  local what=$1 tries
  shift
  for tries in $(seq 100); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  fail "$what did not come true ($tries looks)"
}

free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  echo "$port"
}

"$build/tests/bench/fill_database" "$folder/saunter.db" 40 500
api_port=$(free_port 18080)
start_api() {
  "$build/api/saunter-api" --store.path "$folder/saunter.db" --listen "127.0.0.1:$api_port" \
    --api.topics_path "$folder/topics.txt" --api.feedback_per_network_hour 3 \
    --api.receipt_key_path "$folder/receipt.key" 2>>"$folder/api.log" &
  pids+=($!)
}
start_api
api=http://127.0.0.1:$api_port
until_true "the API" curl -fsS "$api/readyz"

# --- nginx: the shipped file, but for the ports and what a configuration for one test needs --------
port=$(free_port "$((api_port + 1))")
# What takes too long takes a second here, so that a test can see it.
sed -e 's/proxy_read_timeout 5s/proxy_read_timeout 1s/' -e "s/127.0.0.1:8080/127.0.0.1:$api_port/" -e "s/listen 80;/listen 127.0.0.1:$port;/" \
  -e '/listen \[::\]:80;/d' "$tree/systemd/nginx-saunter.conf" >"$folder/saunter.conf"
cat >"$folder/nginx.conf" <<END
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events { worker_connections 512; }
http {
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  include $folder/saunter.conf;
}
END
nginx -t -q -c "$folder/nginx.conf" -e "$folder/nginx.log" || fail "nginx refuses the shipped configuration"
nginx -c "$folder/nginx.conf" -e "$folder/nginx.log" &
pids+=($!)
front=http://127.0.0.1:$port
until_true "nginx" curl -fsS "$front/healthz"
ok "nginx takes the shipped configuration"

# status_of WANTED CURL_ARGUMENTS…
status_of() {
  local wanted=$1 got
  shift
  got=$(curl -s -o /dev/null -w '%{http_code}' --max-time 20 "$@") || true
  [ "$got" = "$wanted" ] || fail "$* gives $got, not $wanted"
}
# Slowly enough for limit_req.
pause() { sleep 0.06; }

# ask CURL_ARGUMENTS…: the head into $head, the body into a file.
ask() { head=$(curl -s -D - -o "$folder/problem.json" --max-time 20 "$@" | tr -d '\r'); }

# problem_of STATUS RETRY_AFTER CURL_ARGUMENTS…: what nginx answers by itself. RETRY_AFTER is "-" for none.
problem_of() {
  local status=$1 retry_after=$2
  shift 2
  ask "$@"
  is_problem "$status" "$retry_after" "$@"
}

# is_problem STATUS RETRY_AFTER WHAT…: what was asked for last.
is_problem() {
  local status=$1 retry_after=$2 line
  shift 2
  grep -q "^HTTP/1.1 $status " <<<"$head" || fail "$* gives $head"
  for line in 'content-type: application/problem.json' 'access-control-allow-origin: \*' \
    'access-control-expose-headers: .*retry-after' 'cache-control: no-store'; do
    [ "$(grep -ciE "^$line\$" <<<"$head")" = 1 ] || fail "$* has not once $line: $head"
  done
  [ "$(sed -n 's/^Retry-After: //p' <<<"$head")" = "${retry_after#-}" ] || fail "$* says when: $head"
  python3 - "$status" "$folder/problem.json" <<'END' || fail "$* is no problem document: $(cat "$folder/problem.json")"
import json, sys
problem = json.load(open(sys.argv[2]))
assert set(problem) == {"type", "title", "status", "detail"}, problem
assert problem["status"] == int(sys.argv[1]) and problem["title"] and problem["detail"].endswith("."), problem
END
}

for path in / /status /v1/random /v1/categories /v1/recent.atom /v1/feeds.opml /v1/status /metrics; do
  status_of 200 "$front$path"
  pause
done
# The page's parts, all at once, by two readers behind one address.
parts=$(curl -s "$front/" | grep -oE '/assets/[^"]+' | sort -u)
codes=$(for part in $parts $parts; do echo "$front$part"; done |
  xargs -P 40 -n 1 curl -s -o /dev/null -w '%{http_code}\n' | sort | uniq -c)
[ "$(awk '{print $2}' <<<"$codes")" = 200 ] || fail "the page's parts: $codes"
status_of 302 "$front/random"
status_of 400 "$front/v1/random?x=1"
status_of 404 "$front/nowhere"
status_of 405 -X DELETE "$front/v1/random"
status_of 204 -X OPTIONS "$front/v1/random"
pause
curl -sI "$front/v1/random" | grep -qi '^HTTP/1.1 200' || fail "HEAD through nginx"
ok "every kind of answer comes through"
# From an address that is not the operator's. However the path is written, nginx looks at what it means.
for path in /metrics /status /v1/status /metrics?a=1 //metrics /%6detrics /x/../status; do
  problem_of 403 - --interface 127.0.0.2 --path-as-is "$front$path"
done
status_of 200 --interface 127.0.0.2 "$front/v1/stats"
ok "what is for the operator is for nobody else"
for field in 'Cookie: =;=;;a' 'Date: yesterday' 'Cache-Control: max-age=x, foo="' 'Accept: *' \
  'Expect: 100-continue'; do
  status_of 200 -H "$field" "$front/v1/random"
  pause
done
status_of 414 "$front/$(head -c 9000 /dev/zero | tr '\0' a)"
status_of 413 -X POST --data "$(head -c 4000 /dev/zero | tr '\0' a)" "$front/v1/random"
pause
problem_of 414 - "$front/$(head -c 9000 /dev/zero | tr '\0' a)"
problem_of 431 - -H "Cookie: $(head -c 9000 /dev/zero | tr '\0' a)" "$front/"
problem_of 413 - --data "$(head -c 4000 /dev/zero | tr '\0' a)" "$front/v1/random"
ok "odd headers are taken and large requests refused"
# Without a crawler a vote is to be kept. Whatever a reader says of its own address, nginx says where
# it comes from, so the allowance of that network ends.
receipt=$(curl -s "$front/v1/random?fields=receipt" | grep -o '[0-9A-Za-z_-]\{44\}' | head -1)
# vote WANTED CURL_ARGUMENTS…
vote() {
  local wanted=$1
  shift
  pause
  status_of "$wanted" -H 'Content-Type: application/json' \
    --data "{\"receipt\":\"$receipt\",\"vote\":\"up\"}" "$@" "$front/v1/votes"
}
vote 503 -H 'X-Forwarded-For: 203.0.113.1'
vote 503 -H 'Transfer-Encoding: chunked'
status_of 415 --data "{}" "$front/v1/votes"
vote 503 -H 'Expect: 100-continue'
vote 429 -H 'X-Forwarded-For: 203.0.114.1'
status_of 413 -H 'Content-Type: application/json' \
  --data "$(head -c 5000 /dev/zero | tr '\0' a)" "$front/v1/votes"
status_of 405 --data '{}' "$front/v1/random"
# What saunter-api refuses comes through as it is: its reasons, its headers, and none of them twice.
refused() {
  pause
  curl -s -D - -H 'Content-Type: application/json' --data "{\"receipt\":\"$receipt\",\"vote\":\"up\"}" "$@" |
    tr -d '\r'
}
said=$(refused "$front/v1/votes")
[ "$(grep -c 'Access-Control-Allow-Origin: \*' <<<"$said")" = 1 ] || fail "CORS with an upstream's 429: $said"
grep -qE '^Retry-After: [0-9]{2,}$' <<<"$said" || fail "the upstream's own Retry-After: $said"
grep -q 'from one network within an hour' <<<"$said" || fail "the upstream's own detail: $said"
said=$(refused --interface 127.0.1.1 "$front/v1/votes")
[ "$(grep -ci '^Cache-Control: ' <<<"$said")" = 1 ] || fail "an upstream's problem has headers twice: $said"
grep -q '"reason":"crawler_away"' <<<"$said" || fail "an upstream's 503 from another network: $said"
ok "an upstream's own problem documents come through unchanged"
# The preflight is nginx's own, and says what saunter-api's says.
preflight() { curl -s -D - -X OPTIONS "$1" | tr -d '\r' | grep -iE '^(HTTP|access-control-(a|m))' | sort; }
for path in /v1/votes /v1/reports; do
  [ "$(preflight "$front$path")" = "$(preflight "$api$path" | grep -v Expose)" ] ||
    fail "the preflight of $path: $(preflight "$front$path"), not $(preflight "$api$path")"
  pause
done
ok "pages may post"
ok "votes and reports come through, and their bodies to no other address"
[ "$(curl -s --compressed -H 'Accept-Encoding: gzip' -D - -o /dev/null "$front/v1/categories" |
  grep -ci '^content-encoding: gzip')" = 1 ] || fail "nginx does not compress"
[ "$(curl -s "$front/v1/feeds.opml" | grep -c xmlUrl=)" = 40 ] || fail "the feed list is not whole"
ok "answers are compressed and whole"
codes=$(seq 200 | xargs -P 8 -I{} curl -s -o /dev/null -w '%{http_code}\n' "$front/v1/random" | sort | uniq -c)
grep -q ' 429$' <<<"$codes" || fail "a flood is not limited: $codes"
grep -qE ' 5[0-9][0-9]$' <<<"$codes" && fail "a flood gives server errors: $codes"
for _ in $(seq 300); do
  ask "$front/v1/random"
  grep -q '^HTTP/1.1 429 ' <<<"$head" && break
done
is_problem 429 2 "a flood"
status_of 204 -X OPTIONS "$front/v1/votes"
ok "a flood from one address is limited, and told so"
# A reader that takes nothing holds up nobody.
exec {deaf}<>"/dev/tcp/127.0.0.1/$port"
for _ in $(seq 5); do printf 'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n' >&"$deaf"; done
status_of 200 "$api/v1/random"
exec {deaf}>&-
kill -0 "${pids[0]}" || fail "saunter-api did not live through it"
ok "and saunter-api is as it was"

# --- newsboat ------------------------------------------------------------------------------------
export HOME=$folder/home
mkdir -p "$HOME/.newsboat"
curl -fsS "$api/v1/feeds.opml" -o "$folder/feeds.opml"
newsboat -i "$folder/feeds.opml" >"$folder/newsboat.log" 2>&1 || fail "$(cat "$folder/newsboat.log")"
[ "$(grep -c 'feed.xml' "$HOME/.newsboat/urls")" = 40 ] || fail "newsboat took $(wc -l <"$HOME/.newsboat/urls") feeds"
ok "newsboat imports the feed list"
echo "$api/v1/recent.atom" >"$HOME/.newsboat/urls"
newsboat -x reload >>"$folder/newsboat.log" 2>&1 || fail "$(cat "$folder/newsboat.log")"
unread=$(newsboat -x print-unread)
[ "$unread" = "50 unread articles" ] || fail "newsboat reads: $unread"
ok "newsboat reads the newest posts"

# --- nginx without saunter-api, and with one that says nothing ------------------------------------
kill "${pids[0]}"
wait "${pids[0]}" || fail "saunter-api ended with $?"
problem_of 502 5 "$front/v1/random"
problem_of 502 5 -H 'Accept: text/html' "$front/"
problem_of 502 5 -H 'Content-Type: application/json' --data '{}' "$front/v1/votes"
status_of 204 -X OPTIONS "$front/v1/votes"
python3 -c 'import socket, signal, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
signal.pause()' "$api_port" >"$folder/deaf.log" &
pids+=($!)
deaf_pid=$!
until_true "a server that says nothing" grep -q listening "$folder/deaf.log"
problem_of 504 5 "$front/v1/random"
kill "$deaf_pid"
wait "$deaf_pid" || true
start_api
until_true "the API behind nginx again" curl -fsS "$front/readyz"
ok "readers are told so while saunter-api is away or hangs, and served when it is back"
