#!/bin/bash
# What the programs print as manual pages and for completion, read by those who read it:
# manual_test.sh SAUNTER SAUNTER_CRAWLER SAUNTER_API SAUNTER_REPLICA. Where no mandoc is, or a shell is missing, it says so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}
skipped=0
skip() {
  echo "SKIPPED: $*"
  skipped=$((skipped + 1))
}

# page FILE PROGRAM FLAG: a page that mandoc has nothing to say of.
page() {
  local page=$folder/$1 complaints
  shift
  "$1" "$2" >"$page"
  grep -q '^\.SH NAME' "$page" || fail "$1 $2 prints no page"
  command -v mandoc >/dev/null || return 0
  complaints=$(mandoc -Tlint -W warning "$page") || true
  [ -z "$complaints" ] || fail "$1 $2: $complaints"
}

command -v mandoc >/dev/null || skip "mandoc is not installed, so nobody judges the pages"
page saunter.1 "$1" --manual
page saunter.toml.5 "$1" --manual-settings
page saunter-crawler.8 "$2" --manual
page saunter-api.8 "$3" --manual
page saunter-replica.8 "$4" --manual

# Each command that --help names has its place in the page.
mapfile -t commands < <("$1" --help | sed -nE '/^(Subc|C)ommands:/,/^$/s/^  ([a-z][a-z-]*)  .*/\1/p')
[[ " ${commands[*]} " == *" import "* ]] || fail "no commands in: $("$1" --help)"
sed -i 's/\\//g' "$folder/saunter.1"
for command in "${commands[@]}"; do
  grep -qE "^\.SS fBsaunter $command( |fR)" "$folder/saunter.1" ||
    fail "saunter(1) has no word on saunter $command"
done

# typed WORD…: what bash offers for the last of these words.
typed() {
  bash -c '
    source "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _saunter
    printf "%s\n" "${COMPREPLY[@]}"' typed "$folder/bash" "$@"
}
# offers WORD TYPED…: that it is one of them.
offers() {
  local word=$1
  shift
  grep -qx -- "$word" <<<"$(typed "$@")"
}
"$1" --completion bash >"$folder/bash"
[ "$(typed saunter fee)" = feed ] || fail "bash does not complete saunter fee"
offers add saunter feed '' || fail "bash does not offer saunter feed add"
offers --title saunter feed add --t || fail "bash offers no flag of saunter feed add"
offers --json saunter --json feed add --j || fail "bash loses the place behind a flag"
offers --store.path saunter --store.pa || fail "bash offers no setting"
[ -z "$(typed saunter import ./fi)" ] || fail "bash offers words where a file is meant"

"$1" --completion fish >"$folder/saunter.fish"
if command -v fish >/dev/null; then
  offered=$(fish -c "source $folder/saunter.fish; complete -C 'saunter --json feed a'")
  grep -q '^add' <<<"$offered" || fail "fish does not complete saunter --json feed a: $offered"
  offered=$(fish -c "source $folder/saunter.fish; complete -C 'saunter feed add --ti'")
  grep -q -- '^--title' <<<"$offered" || fail "fish offers no flag of saunter feed add: $offered"
else
  skip "fish is not installed"
fi

"$1" --completion zsh >"$folder/_saunter"
if command -v zsh >/dev/null; then
  zsh -n "$folder/_saunter" || fail "zsh cannot read its script"
else
  skip "zsh is not installed"
fi

[ "$failures" = 0 ] || exit 1
[ "$skipped" = 0 ] || exit 77
