#!/bin/bash
# postgres.sh FOLDER BUILD_DIR [SUITE]: the tests that need a PostgreSQL server, on the one of another
# Debian (trixie: 17) than this machine's. The server is installed in debootstrap's smallest root, which
# FOLDER keeps between runs, and its programs are run here, by that root's own loader and libraries, so
# that tests reach it as any other. Needs root, debootstrap and systemd-nspawn; FOLDER must be where
# everybody may read, since PostgreSQL refuses to run as root.
set -euo pipefail

folder=$1
build=$2
suite=${3:-trixie}
tests=(postgres_test store_postgres_test write_postgres_test differential_test move_test
  replica_postgres_test)
root=$folder/$suite.postgres

say() { echo "-- $*"; }

# make_root: once. Apt there gets to its packages as this machine's does, and starts no server.
make_root() {
  say "$suite: a root with PostgreSQL"
  rm -rf "$root"
  debootstrap --variant=minbase "$suite" "$root" >"$root.log" 2>&1 || { tail -5 "$root.log" && return 1; }
  apt-config dump | grep '^Acquire::\(Check\|http\|https\)' >"$root/etc/apt/apt.conf.d/99here" || true
  mkdir -p "$root/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
  systemd-nspawn -q -D "$root" -M "saunter-postgres-$suite" --register=no --keep-unit --pipe \
    --setenv=DEBIAN_FRONTEND=noninteractive /bin/bash -c \
    'apt-get update -q && apt-get install -q -y --no-install-recommends postgresql' \
    </dev/null >>"$root.log" 2>&1 || { tail -5 "$root.log" && return 1; }
}

# The root's library folder, as /usr/lib/x86_64-linux-gnu.
libraries() { dirname "$(find "$root/usr/lib" -name libc.so.6 -print -quit)"; }

# wrap PROGRAMS: each program makes room for a script of its name, which the others then find beside
# themselves, with the folders that they look for relative to theirs.
wrap() {
  local programs=$1 library loader program wrapped
  library=$(libraries)
  loader=$(find "$library/" -name 'ld-linux-*.so.*' -print -quit)
  mkdir "$programs/wrapped"
  for program in "$programs"/*; do
    [ -f "$program" ] || continue
    wrapped=$programs/wrapped/$(basename "$program")
    mv "$program" "$wrapped"
    cat >"$program" <<SCRIPT
#!/bin/sh
exec "$loader" --argv0 "\$0" --library-path "$library" "$wrapped" "\$@"
SCRIPT
    chmod 755 "$program"
  done
}

[ "$(id -u)" = 0 ] || { echo "postgres: needs root, for debootstrap and systemd-nspawn" >&2 && exit 2; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
root=$folder/$suite.postgres
if [ ! -e "$root.made" ]; then
  make_root
  wrap "$(echo "$root"/usr/lib/postgresql/*/bin)"
  touch "$root.made"
fi
SAUNTER_POSTGRES_BIN=$(echo "$root"/usr/lib/postgresql/*/bin)
export SAUNTER_POSTGRES_BIN
setpriv --reuid nobody --clear-groups test -x "$SAUNTER_POSTGRES_BIN/postgres" ||
  { echo "postgres: the user nobody cannot read $root; put the tree where everybody may" >&2 && exit 2; }
version=$("$SAUNTER_POSTGRES_BIN/postgres" --version)
failures=0
for test in "${tests[@]}"; do
  program=$(find "$build" -type f -name "$test" -perm -u+x -print -quit)
  if "$program" >"$folder/$test.log" 2>&1; then
    say "$version: $test: $(grep '^\[  PASSED  \]' "$folder/$test.log")"
  else
    grep -A20 'Failure' "$folder/$test.log" | head -60
    say "$version: $test FAILED; the log is $folder/$test.log"
    failures=$((failures + 1))
  fi
done
[ "$failures" = 0 ]
