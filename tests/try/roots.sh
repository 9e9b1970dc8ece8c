#!/bin/bash
# roots.sh FOLDER [--tests] [SUITE…]: the README's two commands in an empty root of each Debian (SUITE:
# bookworm and trixie), as a new user has them: debootstrap's smallest root, a clone of this tree, and
# ./dev up --sample until the page has posts, then Ctrl-C; ./dev up until posts come in or it says why
# nothing answers. With --tests also ./dev test --preset release. FOLDER keeps the empty roots between
# runs and has a log of each. Needs root, debootstrap and systemd-nspawn; the network is this machine's.
set -euo pipefail

folder=$1
shift
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tests=""
suites=()
for argument in "$@"; do
  case $argument in
    --tests) tests=yes ;;
    -*) echo "roots: no option $argument; it takes --tests and names of Debian's releases" >&2 && exit 2 ;;
    *) suites+=("$argument") ;;
  esac
done
[ ${#suites[@]} != 0 ] || suites=(bookworm trixie)
failures=0

say() { echo "-- $*"; }

# empty_root SUITE: once. Apt there gets to its packages as this machine's does.
empty_root() {
  local suite=$1 root=$folder/$1.empty
  [ -e "$root.made" ] && return
  say "$suite: an empty root"
  rm -rf "$root"
  debootstrap --variant=minbase "$suite" "$root" >"$folder/$suite.debootstrap.log" 2>&1 ||
    { tail -5 "$folder/$suite.debootstrap.log" && return 1; }
  apt-config dump | grep '^Acquire::\(Check\|http\|https\)' >"$root/etc/apt/apt.conf.d/99here" || true
  touch "$root.made"
}

# What runs in the root, by root, in the clone. Each step says what it took.
inside() {
  cat <<'END'
set -euo pipefail
TIMEFORMAT='took %U s of user, %S s of system, %R s of wall time'
# until_said PATTERN COMMAND…: until a line of it holds that; then Ctrl-C, after which it ends well.
until_said() {
  local pattern=$1 said=/root/said code=0
  shift
  set -m # so that the command takes Ctrl-C as at a prompt
  (time "$@") >"$said" 2>&1 &
  local running=$!
  set +m
  until grep -qE -e "$pattern" "$said"; do
    kill -0 "$running" 2>/dev/null || { tail -20 "$said" && echo "FAILED: $* ended" && exit 1; }
    sleep 1
  done
  grep -E -e "$pattern" "$said" | tail -1
  if [[ $* == *--sample* ]]; then answers || { echo "FAILED: no post of the sample" && exit 1; }; fi
  kill -INT -- "-$running"
  wait "$running" || code=$?
  [ "$code" = 0 ] || { tail -20 "$said" && echo "FAILED: $* ended with $code after Ctrl-C" && exit 1; }
  grep -q 'nothing is lost' "$said" || { echo "FAILED: $* did not stop by itself" && exit 1; }
  ! grep -q 'warning:' "$said" || { grep 'warning:' "$said" && echo "FAILED: the compiler warns" && exit 1; }
  tail -1 "$said"
}
# answers: with a post of the sample; asked by nothing but bash.
answers() {
  local answer port
  port=$(grep -oE '127\.0\.0\.1:[0-9]+' /root/said | tail -1)
  exec 3<>"/dev/tcp/127.0.0.1/${port#*:}"
  printf 'GET /v1/random HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  answer=$(cat <&3)
  exec 3>&-
  [[ $answer == *'"url":"http://'*'.localhost:'* ]]
}
cd /root/saunter
echo "$(. /etc/os-release && echo "$PRETTY_NAME"): ./dev up --sample"
until_said 'posts to meet: open' ./dev up --sample
echo "again, with what is there"
until_said 'posts to meet: open' ./dev up --sample
echo "the starter list: ./dev up"
until_said 'posts to meet: open|nothing answers' ./dev up
END
  [ -z "$tests" ] || echo 'echo "./dev test --preset release"; time ./dev test --preset release'
}

# try_root SUITE: a fresh copy of the empty root.
try_root() {
  local suite=$1 root=$folder/$1
  empty_root "$suite" || return 1
  rm -rf "$root"
  cp -a "$folder/$suite.empty" "$root"
  git clone -q "$tree" "$root/root/saunter"
  inside >"$root/root/inside.sh"
  # CMAKE_BUILD_PARALLEL_LEVEL: where the machine is not to be all the build's.
  systemd-nspawn -q -D "$root" -M "saunter-$suite" --register=no --keep-unit --pipe \
    ${CMAKE_BUILD_PARALLEL_LEVEL:+--setenv=CMAKE_BUILD_PARALLEL_LEVEL="$CMAKE_BUILD_PARALLEL_LEVEL"} \
    /bin/bash /root/inside.sh </dev/null
}

[ "$(id -u)" = 0 ] || { echo "roots: needs root, for debootstrap and systemd-nspawn" >&2 && exit 2; }
mkdir -p "$folder"
for suite in "${suites[@]}"; do
  if (try_root "$suite") 2>&1 | tee "$folder/$suite.log"; then
    say "$suite: done; the log is $folder/$suite.log"
  else
    say "$suite: FAILED; the log is $folder/$suite.log"
    failures=$((failures + 1))
  fi
done
[ "$failures" = 0 ]
