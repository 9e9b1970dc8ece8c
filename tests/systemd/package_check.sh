#!/bin/bash
# check.sh PACKAGE.deb: what Debian's own tools say of the package, and whether each program in it has the
# defences that it was built with.
set -euo pipefail

package=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# Those of the kind "info" are matters of taste.
lintian --allow-root --no-cfg --fail-on error,warning "$package" || failed=1

dpkg-deb -x "$package" "$folder"
for program in "$folder"/usr/bin/*; do
  # Not whether the processor guards every jump: SQLiteCpp and CLD2 come as objects without the marks.
  hardening-check --quiet --nocfprotection "$program" || failed=1
  if readelf -S --wide "$program" | grep -q ' \.debug_info '; then
    echo "FAILED: $(basename "$program") is not stripped"
    failed=1
  fi
done
for unit in "$folder"/usr/lib/systemd/system/*; do
  [ -e "${folder}/etc/systemd/system/multi-user.target.wants/$(basename "$unit")" ] || continue
  echo "FAILED: $(basename "$unit") is enabled by the package"
  failed=1
done
[ "$failed" = 0 ] || exit 1
echo "ok: $(stat -c %s "$package") bytes; programs $(du -cb "$folder"/usr/bin/* | tail -1 | cut -f1) bytes"
