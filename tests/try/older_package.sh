#!/bin/bash
# older_package.sh COMMIT PACKAGE.deb FOLDER: prints the path of a package of COMMIT's programs, units
# and settings, in FOLDER. Its maintainer scripts and its dependencies are those of PACKAGE, so that an
# update from before there were packages can be tried; its version is lower.
set -euo pipefail

commit=$1
package=$(realpath "$2")
mkdir -p "$3"
folder=$(realpath "$3")
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source="$folder/source"
root="$folder/root"
made="$folder/saunter_older.deb"

if [ ! -d "$source/build" ] || [ "$(cat "$folder/commit" 2>/dev/null)" != "$commit" ]; then
  rm -rf "$source"
  mkdir -p "$source"
  git -C "$tree" archive "$commit" | tar -x -C "$source"
  echo "$commit" >"$folder/commit"
fi
{
  cmake -S "$source" -B "$source/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSAUNTER_TESTS=OFF
  cmake --build "$source/build" --target saunter saunter-crawler saunter-api
  rm -rf "$root"
  DESTDIR="$root" cmake --install "$source/build" --prefix /usr --strip
  dpkg-deb -e "$package" "$root/DEBIAN"
  sed -i 's/^Version: .*/&~before/' "$root/DEBIAN/control"
  (cd "$root" && find usr -type f -print0 | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -b "$root" "$made"
} >"$folder/log" 2>&1 || { tail -5 "$folder/log" >&2 && exit 1; }
echo "$made"
