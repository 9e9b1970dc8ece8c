#!/bin/bash
# Installs the units with their users and directories into an empty root and lets systemd's own
# tools judge them there: units_test.sh CMAKE BUILD_DIR. Leaves with 77, skipped, without them.
set -euo pipefail

cmake=$1
build=$2
exposure_max=11 # tenths, as --threshold= counts

for tool in systemd-analyze systemd-sysusers systemd-tmpfiles; do
  if ! command -v "$tool" >/dev/null; then
    echo "SKIPPED: $tool is not installed (Debian package systemd)"
    exit 77
  fi
done

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

install_units() {
  DESTDIR=$root "$cmake" --install "$build" --prefix /usr --component system
}

install_units
for file in usr/lib/systemd/system/saunter-crawler.service \
  usr/lib/systemd/system/saunter-api.service usr/lib/systemd/system/saunter-replica.service \
  usr/lib/systemd/system/saunter-backup.service \
  usr/lib/systemd/system/saunter-backup.timer usr/lib/sysusers.d/saunter.conf \
  usr/lib/tmpfiles.d/saunter.conf etc/saunter/saunter.toml usr/share/saunter/saunter.toml \
  usr/share/saunter/starter.opml usr/share/saunter/nginx-saunter.conf \
  usr/share/saunter/crawler-metrics.conf usr/share/saunter/prometheus-saunter-rules.yml \
  usr/share/saunter/grafana-saunter.json usr/share/saunter/postgres-roles.sql; do
  [ -s "$root/$file" ] || fail "/$file was not installed"
done

echo "# the operator's" >>"$root/etc/saunter/saunter.toml"
said=$(install_units)
grep -q "Kept:" <<<"$said" || fail "an installed settings file is not reported as kept"
tail -1 "$root/etc/saunter/saunter.toml" | grep -q "the operator's" ||
  fail "a second installation replaced the operator's settings"

# A reload comes to nothing where the settings are wrong: the check goes before the signal.
reload=$(sed -n "s/^ExecReload=//p" "$root/usr/lib/systemd/system/saunter-crawler.service")
[ "$reload" = "/usr/bin/saunter config check
/bin/kill -HUP \$MAINPID" ] || fail "a reload does not refuse wrong settings first: $reload"

for unit in saunter-crawler saunter-api saunter-replica; do
  file=$root/usr/lib/systemd/system/$unit.service
  grep -q "^ExecStart=/usr/bin/$unit\$" "$file" || fail "$unit.service does not start $unit"
  grep -q "^ExecStartPre=-/usr/bin/saunter config check\$" "$file" ||
    fail "$unit.service does not say what is wrong with its settings"
  # `verify` wants programs that exist.
  sed -i "s,^\(Exec[A-Za-z]*\)=-\?/usr/bin/.*,\1=/bin/true," "$file"
  complaints=$(systemd-analyze verify --man=no "$file" 2>&1) || fail "systemd-analyze verify $unit"
  [ -z "$complaints" ] || fail "systemd-analyze verify $unit: $complaints"
  systemd-analyze security --no-pager --offline=true --threshold=$exposure_max "$file" |
    tail -1 || fail "$unit.service is exposed above $exposure_max tenths"
done

# The backup is of use only with its timer, which nobody has enabled.
backup=$root/usr/lib/systemd/system/saunter-backup.service
grep -q "^ExecStart=/usr/bin/saunter db backup --folder /var/lib/saunter-backup --keep [0-9]*\$" \
  "$backup" || fail "saunter-backup.service makes no backup"
sed -i "s,^ExecStart=.*,ExecStart=/bin/true," "$backup"
for unit in saunter-backup.service saunter-backup.timer; do
  complaints=$(systemd-analyze verify --man=no "$root/usr/lib/systemd/system/$unit" 2>&1) ||
    fail "systemd-analyze verify $unit"
  [ -z "$complaints" ] || fail "systemd-analyze verify $unit: $complaints"
done
systemd-analyze security --no-pager --offline=true --threshold=$exposure_max "$backup" |
  tail -1 || fail "saunter-backup.service is exposed above $exposure_max tenths"
[ ! -e "$root/etc/systemd/system/timers.target.wants" ] || fail "the backup's timer is enabled"

# With the metrics opened the crawler is what it was otherwise.
metrics=$root/usr/lib/systemd/system/saunter-crawler.service.d
mkdir "$metrics"
cp "$root/usr/share/saunter/crawler-metrics.conf" "$metrics/metrics.conf"
complaints=$(systemd-analyze verify --man=no "$root/usr/lib/systemd/system/saunter-crawler.service" 2>&1) ||
  fail "systemd-analyze verify saunter-crawler with metrics"
[ -z "$complaints" ] || fail "systemd-analyze verify saunter-crawler with metrics: $complaints"

systemd-sysusers --root="$root" "$root/usr/lib/sysusers.d/saunter.conf" ||
  fail "systemd-sysusers refuses saunter.sysusers"
group=$(sed -n 's/^saunter-crawler:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")
for user in saunter-crawler saunter-api; do
  grep -q "^$user:[^:]*:[0-9]*:$group:" "$root/etc/passwd" ||
    fail "$user does not have the crawler's group as its primary one"
done
# Only root can give a directory away.
if [ "$(id -u)" = 0 ]; then
  systemd-tmpfiles --root="$root" --create "$root/usr/lib/tmpfiles.d/saunter.conf" ||
    fail "systemd-tmpfiles refuses saunter.tmpfiles"
  mode=$(stat -c %a "$root/var/lib/saunter-crawler")
  [ "$mode" = 2750 ] || fail "/var/lib/saunter-crawler has mode $mode"
fi

[ "$failures" = 0 ]
