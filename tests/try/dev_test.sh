#!/bin/bash
# dev_test.sh: what ./dev says to whoever asks it for help or mistypes a command.
set -euo pipefail

dev="$(dirname "${BASH_SOURCE[0]}")/../../dev"

fail() {
  echo "dev_test: $*" >&2
  exit 1
}

# refuses PATTERN ARGUMENT…: as wrong usage, with these words.
refuses() {
  local pattern=$1 said code=0
  shift
  said=$("$dev" "$@" 2>&1) || code=$?
  [ "$code" = 2 ] || fail "dev $* ended with $code: $said"
  [[ $said == *$pattern* ]] || fail "dev $* says: $said"
}

whole=$("$dev")
[[ $whole == *'up [LIST…]'* ]] || fail "alone it does not help: $whole"
for words in help --help -h 'help help'; do
  # shellcheck disable=SC2086 # two words are two arguments
  [ "$("$dev" $words)" = "$whole" ] || fail "dev $words is not the help"
done

# Each command's part begins with its name, is shown by both spellings, and nothing is done.
while read -r name; do
  [ "$name" != help ] || continue
  part=$("$dev" "$name" --help)
  [[ $part == "  $name "* ]] || fail "dev $name --help says: $part"
  [ "$("$dev" help "$name")" = "$part" ] || fail "dev help $name says something else"
  [[ $whole == *"$part"* || $name == up ]] || fail "dev $name --help is no part of the help"
done < <(sed -n 's/^  \([a-z]\+\) .*/\1/p' <<<"$whole" | sort -u)
part=$("$dev" up --sample --help)
[[ $part == *'up [LIST'*'up --sample'* && $part != *'test ['* ]] || fail "up's part is: $part"

refuses "no command 'hlp'; did you mean help?" hlp
refuses "no command 'tset'; did you mean test?" tset
refuses "no command 'pakage'; did you mean package?" pakage --help
refuses "no command 'xyzzyq' ./dev help lists them" xyzzyq
refuses "no command 'hlp'; did you mean help?" help hlp
