#!/bin/bash
# container_test.sh TREE FOLDER: builds the image and runs compose.yaml, where no registry is needed: the
# base image is an empty Debian by debootstrap, kept in FOLDER. What it makes has "saunter-try" in its name,
# and goes at the end. Ends with 1 at the first thing that is not so. Needs root, and from Debian: buildah,
# podman, podman-compose, runc, debootstrap, python3.
set -euo pipefail

tree=$1
folder=$2
suite=${SUITE:-bookworm}
base=localhost/saunter-try-base:$suite
export SAUNTER_IMAGE=localhost/saunter-try:latest
here=$(mktemp -d)
pids=()

say() { echo "-- $*"; }
ok() { echo "ok: $*"; }
fail() {
  local what="$*"
  echo "container_test: ${what:0:2000}" >&2
  exit 1
}

# runc takes every kind of cgroups that a kernel has, and limits that are said are not raised: a machine
# that is itself a guest may not do that. Without a systemd nobody asks for the checks in time: this test does.
cat >"$here/containers.conf" <<END
[engine]
runtime = "runc"
events_logger = "file"
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=2048:2048"]
log_driver = "k8s-file"
END
export CONTAINERS_CONF=$here/containers.conf
export SAUNTER_SETTINGS=$here/saunter.toml

compose() { podman-compose -p saunter-try -f "$tree/systemd/container/compose.yaml" "$@" 2>&1; }
crawler=saunter-try_crawler_1
api=saunter-try_api_1

finish() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  compose down -v >/dev/null || true
  podman rm -f -t 1 "$crawler" "$api" >/dev/null 2>&1 || true
  podman volume rm -f saunter-try_data saunter-try_key >/dev/null 2>&1 || true
  podman network rm -f saunter-try_default >/dev/null 2>&1 || true
  rm -rf "$here"
}
trap finish EXIT

# until_true WHAT COMMAND…: asks for a minute.
until_true() {
  local what=$1
  shift
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.2
  done
  fail "$what did not come true: $(podman logs --tail 20 "$crawler" 2>&1; podman logs --tail 20 "$api" 2>&1)"
}

# --- The image -----------------------------------------------------------------------------------

if ! podman image exists "$base"; then
  say "an empty Debian ($suite) as the base image"
  mkdir -p "$folder"
  [ -e "$folder/$suite.tar" ] || {
    debootstrap --variant=minbase "$suite" "$here/root" >"$folder/debootstrap.log"
    # This machine's ways to Debian go along while trying, and never into the tree.
    apt-config dump | grep -i '^Acquire::[a-z]*::Proxy' >"$here/root/etc/apt/apt.conf.d/90try" || true
    tar -C "$here/root" -cf "$folder/$suite.tar" .
    rm -rf "$here/root"
  }
  podman import -q "$folder/$suite.tar" "$base" >/dev/null
fi
say "building the image; the log is $folder/image.log"
cache=${CCACHE_DIR:-$HOME/.cache/ccache}
mkdir -p "$cache"
buildah bud --isolation chroot --format docker --layers --build-arg "BASE=$base" \
  --volume "$cache:/root/.cache/ccache" -f "$tree/systemd/container/Containerfile" -t "$SAUNTER_IMAGE" \
  "$tree" >"$folder/image.log" 2>&1 || fail "the image cannot be built: $(tail -5 "$folder/image.log")"
inside() { podman run --rm --no-healthcheck --network none --read-only --cap-drop all "$SAUNTER_IMAGE" "$@"; }
[ "$(inside id -u):$(inside id -g)" = 10001:10001 ] || fail "the image runs as $(inside id)"
inside sh -c 'command -v g++ cmake ccache' && fail "the image holds what compiles it"
inside saunter --version >/dev/null || fail "a library is missing"
[ "$(inside sh -c 'find /usr/bin/saunter* -perm /022 -o -perm /6000')" = "" ] || fail "modes of the programs"
ok "the image runs as nobody of this machine and holds no compiler:" \
  "$(podman image inspect -f '{{.Size}}' "$SAUNTER_IMAGE") bytes"

# --- Both daemons over one volume ------------------------------------------------------------------

SAUNTER_PORT=18080
while (exec 3<>"/dev/tcp/127.0.0.1/$SAUNTER_PORT") 2>/dev/null; do SAUNTER_PORT=$((SAUNTER_PORT + 1)); done
export SAUNTER_PORT
# The shipped settings, and a site beside the crawler that it may ask.
sed '/^\[fetch\]/a allow_networks = ["127.0.0.0/8"]\nallow_ports = [8099]' \
  "$tree/systemd/container/saunter.toml" >"$SAUNTER_SETTINGS"
printf '[schedule]\nstart_spread_s = 0\n' >>"$SAUNTER_SETTINGS"
chmod 644 "$SAUNTER_SETTINGS"
chmod 755 "$here"
said=$(echo http://127.0.0.1:8099/feed.xml | compose run --rm -T crawler saunter import -) ||
  fail "an import before anything runs: $said"
grep -q '1 added' <<<"$said" || fail "an import before anything runs: $said"
ok "an import makes the database before the daemons run"
said=$(compose up -d) || fail "compose up: $said"
[ "$(podman inspect -f '{{.State.Running}}' "$crawler" "$api" | sort -u)" = true ] || fail "not running: $said"

for container in "$crawler" "$api"; do
  [ "$(podman inspect -f '{{.HostConfig.ReadonlyRootfs}}' "$container")" = true ] || fail "a root that is written to"
  podman exec "$container" touch /usr/share/saunter/x 2>/dev/null && fail "$container writes to its root"
  podman exec "$container" touch /tmp/x || fail "$container has no /tmp"
  [ "$(podman exec "$container" sh -c 'grep ^CapEff /proc/1/status')" = $'CapEff:\t0000000000000000' ] ||
    fail "$container has capabilities"
done
[ "$(podman exec "$crawler" id -u) $(podman exec "$api" id -u)" = "10001 10002" ] || fail "users"
podman exec "$api" touch /var/lib/saunter-crawler/x 2>/dev/null && fail "the API writes to the database's volume"
ok "both run, each as a user of its own, without capabilities, on a root that nobody writes to"

until_true "the crawler's check" podman healthcheck run "$crawler"
podman healthcheck run "$api" >/dev/null 2>&1 && fail "the API is healthy without a link"
ok "the crawler is healthy, and the API is not while it has nothing to give out"

# A site in the crawler's own network, served from this machine.
mkdir "$here/site"
cat >"$here/site/feed.xml" <<'END'
<?xml version="1.0"?><rss version="2.0"><channel><title>A site</title><link>http://127.0.0.1:8099/</link>
<item><title>A post</title><link>http://127.0.0.1:8099/post.html</link></item></channel></rss>
END
echo '<p>A post' >"$here/site/post.html"
nsenter -t "$(podman inspect -f '{{.State.Pid}}' "$crawler")" -n \
  python3 -m http.server --bind 127.0.0.1 --directory "$here/site" 8099 >"$here/site.log" 2>&1 &
pids+=($!)
said=$(echo http://127.0.0.1:8099/feed.xml | podman exec -i "$crawler" saunter import -) || fail "import: $said"
grep -q '1 already known' <<<"$said" || fail "the running crawler says: $said"
ok "an import goes through the running crawler"
front=http://127.0.0.1:$SAUNTER_PORT
until_true "a link for readers" curl -fsS "$front/v1/random"
podman healthcheck run "$api" >/dev/null || fail "the API is not healthy with a link"
curl -fsS "$front/v1/random" | grep -q 'http://127.0.0.1:8099/post.html' || fail "$(curl -sS "$front/v1/random")"
ok "the API reads on a read-only volume what the crawler writes, and is healthy"
receipt=$(curl -fsS "$front/v1/random?fields=receipt" | grep -o '[0-9A-Za-z_-]\{44\}' | head -1)
code=$(curl -s -o "$here/said" -w '%{http_code}' -H 'Content-Type: application/json' \
  --data "{\"receipt\":\"$receipt\",\"vote\":\"up\"}" "$front/v1/votes")
[ "$code" = 202 ] || fail "a vote gives $code: $(cat "$here/said")"
ok "a vote reaches the crawler through the socket on the volume"

# stops CONTAINER: within its time, and as it wants to.
stops() {
  podman stop -t 30 "$1" >/dev/null 2>>"$here/podman.log"
  [ "$(podman inspect -f '{{.State.ExitCode}}' "$1")" = 0 ] ||
    fail "$1 ended with $(podman inspect -f '{{.State.ExitCode}}' "$1")"
}
stops "$crawler"
curl -fsS "$front/v1/random" >/dev/null || fail "the API does not answer without the crawler"
stops "$api"
ok "each stops by itself when it is told to, and the API goes on without the crawler"
podman start "$api" >/dev/null 2>>"$here/podman.log"
until_true "the API over a database that nobody writes" curl -fsS "$front/v1/random"
podman start "$crawler" >/dev/null 2>>"$here/podman.log"
until_true "the crawler's check" podman healthcheck run "$crawler"
[ "$(podman exec "$crawler" saunter export --format text)" = http://127.0.0.1:8099/feed.xml ] ||
  fail "the feed is gone after a restart"
ok "the data outlives a restart of both, in any order"
say "done; the base image $base and its layers are kept (podman image prune -a)"
