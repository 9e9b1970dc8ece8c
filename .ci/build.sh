# shellcheck shell=bash
# To be sourced: what Debian 12 or 13 must have installed, and building by preset. It sets $tree.
# The lists are for whoever sources it:
# shellcheck disable=SC2034

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What compiles and links the programs and their tests; each script names what it needs beyond.
build_packages=(
  g++ cmake ninja-build ccache pkg-config ca-certificates
  libcurl4-openssl-dev libpugixml-dev libsqlitecpp-dev libsqlite3-dev libpistache-dev
  libspdlog-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libhowardhinnant-date-dev
  libicu-dev libxml2-dev libgumbo-dev libuchardet-dev libsimdjson-dev libcld2-dev libpsl-dev
  libidn2-dev libssl-dev zlib1g-dev libbrotli-dev libzstd-dev libxxhash-dev prometheus-cpp-dev
  libsystemd-dev libsodium-dev libpq-dev
  libgoogle-perftools-dev libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev
)

programs=(saunter saunter-crawler saunter-api saunter-replica)

say() { echo "dev: $*"; }
die() {
  echo "dev: $*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "not root and no sudo; as root: $*"
  fi
}

# need PACKAGE…: installs what is missing. Where nothing is, no command of apt is run.
need() {
  local package missing=()
  for package in "$@"; do
    if ! dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed; then
      missing+=("$package")
    fi
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || die "no apt-get here; install these: ${missing[*]}"
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    "${missing[@]}"
}

# The path of Debian's promtool. Where it is not installed, it is taken out of its package and kept for
# all checkouts of this machine: installing that starts a service, and brings the scripts of its pages.
promtool_path() {
  local kept="${XDG_CACHE_HOME:-$HOME/.cache}/saunter/promtool" folder
  if type -P promtool; then return; fi
  if [ ! -x "$kept" ]; then
    say "taking promtool out of Debian's package prometheus" >&2
    folder=$(mktemp -d)
    # apt-get knows the package only where its lists are there.
    apt-cache show prometheus >/dev/null 2>&1 || as_root apt-get update -q >&2
    # As root, apt-get downloads as a user of its own, to whom the folder must be open.
    chmod 777 "$folder"
    (cd "$folder" && apt-get download -q prometheus >&2 && dpkg-deb -x prometheus_*.deb unpacked) ||
      die "promtool cannot be had: apt-get download prometheus failed"
    mkdir -p "$(dirname "$kept")"
    mv "$folder/unpacked/usr/bin/promtool" "$kept"
    rm -rf "$folder"
  fi
  echo "$kept"
}

# build PRESET [TARGET…]: all targets if none is named.
build() {
  local preset=$1 log="$tree/build/$1.log"
  shift
  say "building $preset${*:+: $*}"
  mkdir -p "$tree/build"
  (cd "$tree" && cmake --preset "$preset") >"$log" 2>&1 ||
    { cat "$log" >&2 && die "cmake --preset $preset failed"; }
  if [ $# = 0 ]; then
    cmake --build "$tree/build/$preset"
  else
    cmake --build "$tree/build/$preset" --target "$@"
  fi
}

# The path of a built program, wherever its room put it.
program() {
  local found
  found=$(find "$tree/build/$1" -type f -name "$2" -perm -u+x -print -quit)
  [ -n "$found" ] || die "$2 is not in build/$1"
  echo "$found"
}

# Names of the targets that end so.
targets_of() {
  cmake --build "$tree/build/$1" --target help | sed -n "s/^\([a-z0-9_-]*$2\): phony$/\1/p" |
    sort -u
}
