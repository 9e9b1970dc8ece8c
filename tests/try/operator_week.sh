#!/bin/bash
# operator_week.sh PACKAGE.deb OLDER.deb FOLDER: a new operator's week, on a booted Debian of its own
# without a network: installs the package, takes in tens of thousands of feeds, undoes an import, breaks
# the settings, fills the disk, kills the crawler, restores a backup on this machine and on a second
# one, updates, and purges. On a third machine OLDER is updated to PACKAGE, and goes back. FOLDER keeps
# the empty Debian between runs. Needs root, debootstrap and systemd-nspawn.
set -euo pipefail

package=$1
older=$2
folder=$3
suite=${SUITE:-bookworm}
feeds=36515
data=/var/lib/saunter-crawler
failures=0

say() { echo "-- $*"; }
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}
need_root() {
  [ "$(id -u)" = 0 ] || { echo "operator_week: needs root, for debootstrap and systemd-nspawn" && exit 2; }
}

# --- Machines ------------------------------------------------------------------------------------

machines=()
# boot NAME: a machine of this name, from the empty Debian, running.
boot() {
  local root=$folder/$1
  rm -rf "$root"
  cp -a "$folder/empty" "$root"
  cp "$package" "$root/root/saunter.deb"
  cp "$older" "$root/root/older.deb"
  setsid systemd-nspawn -b -D "$root" -M "saunter-$1" --private-network --register=no --keep-unit \
    >"$folder/$1.log" 2>&1 </dev/null &
  machines+=($!)
  local keeper=$! state
  for _ in $(seq 120); do
    leader=$(pgrep -P "$keeper" | head -1) || true
    if [ -n "$leader" ]; then
      state=$(inside 'systemctl is-system-running' 2>/dev/null) || true
      case $state in running | degraded) return ;; esac
    fi
    sleep 0.5
  done
  echo "operator_week: $1 does not boot; see $folder/$1.log" && exit 1
}

# inside COMMAND: by root of the machine that was booted last.
inside() {
  nsenter -t "$leader" -m -u -i -n -p -C -- env -i HOME=/root TERM=dumb \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c "$1"
}

halt_all() {
  local keeper
  for keeper in "${machines[@]}"; do
    # To the machine's own init: power off.
    kill -s RTMIN+4 "$(pgrep -P "$keeper" | head -1)" 2>/dev/null || true
    wait "$keeper" 2>/dev/null || true
  done
}
trap halt_all EXIT

# does WHAT COMMAND: that it succeeds.
does() {
  local said
  if said=$(inside "$2" 2>&1); then echo "ok: $1"; else fail "$1: $said"; fi
}
# refuses WHAT CODE PATTERN COMMAND: that it ends with the code and says that.
refuses() {
  local said code=0
  said=$(inside "$4" 2>&1) || code=$?
  if [ "$code" != "$2" ]; then
    fail "$1: it ended with $code and not with $2: $said"
  elif ! grep -qE -e "$3" <<<"$said"; then
    fail "$1: it says: $said"
  else
    echo "ok: $1"
  fi
}
# says WHAT PATTERN COMMAND
says() {
  local said
  said=$(inside "$3" 2>&1) || { fail "$1: ended with an error: $said" && return; }
  if grep -qE -e "$2" <<<"$said"; then echo "ok: $1"; else fail "$1: it says: $said"; fi
}
# becomes WHAT COMMAND: that it succeeds within a minute and a half.
becomes() {
  for _ in $(seq 180); do
    if inside "$2" >/dev/null 2>&1; then
      echo "ok: $1"
      return
    fi
    sleep 0.5
  done
  fail "$1"
}
as_crawler='runuser -u saunter-crawler --'
readyz="curl -s localhost:8080/readyz"
# Without the line that names the columns.
feed_count="$as_crawler saunter feed list 2>/dev/null | tail -n +2 | wc -l"

# --- The week ------------------------------------------------------------------------------------

empty_debian() {
  [ -e "$folder/empty.made" ] && return
  say "an empty Debian ($suite)"
  rm -rf "$folder/empty"
  debootstrap --variant=minbase \
    --include=systemd,systemd-sysv,dbus,ca-certificates,libnss-systemd,procps,curl,man-db \
    "$suite" "$folder/empty" >"$folder/debootstrap.log" 2>&1 ||
    { tail -5 "$folder/debootstrap.log" && exit 1; }
  # What the package depends on, so that the machine needs no network to install it.
  cp "$package" "$folder/empty/root/saunter.deb"
  cp /etc/apt/apt.conf.d/*prox* "$folder/empty/etc/apt/apt.conf.d/" 2>/dev/null || true
  chroot "$folder/empty" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends /root/saunter.deb && dpkg --purge saunter' \
    >"$folder/depends.log" 2>&1 || { tail -5 "$folder/depends.log" && exit 1; }
  touch "$folder/empty.made"
}

installs() {
  say "installs"
  says "the package says how to begin" "systemctl enable --now" "dpkg -i /root/saunter.deb"
  refuses "the services are not enabled by themselves" 1 disabled \
    "systemctl is-enabled saunter-crawler saunter-api"
  does "both start" "systemctl enable --now saunter-crawler saunter-api"
  becomes "the API says that there are no feeds" "$readyz | grep -q no_feeds"
  for unit in saunter-crawler saunter-api saunter-backup; do
    says "$unit is exposed at most at 1.1" "(0\.[0-9]|1\.[01]) (OK|SAFE)" \
      "systemd-analyze security --no-pager $unit.service | tail -1"
    does "$unit is as systemd wants it" \
      "said=\$(systemd-analyze verify $unit.service 2>&1) && [ -z \"\$said\" ] || { echo \"\$said\"; false; }"
  done
}

imports() {
  say "takes in $feeds feeds"
  inside "seq $feeds | sed 's,.*,https://blog&.example/feed.xml,' >/root/feeds.txt"
  says "an import through the running crawler" "$feeds added" \
    "$as_crawler saunter import - </root/feeds.txt"
  does "all are there" "[ \$($feed_count) = $feeds ]"
  does "one is paused" "$as_crawler saunter feed pause https://blog7.example/feed.xml"
  says "and says so" paused "$as_crawler saunter feed show https://blog7.example/feed.xml"
  does "a domain is kept out" "$as_crawler saunter blacklist add '*.spam.example' --reason spam"
  refuses "a feed of it is not added" 1 "the blacklist has \*.spam.example" \
    "$as_crawler saunter feed add https://www.spam.example/feed"
}

edits() {
  say "edits"
  does "ten hosts get a category" "seq -f 'blog%g.example' 11 20 |
    $as_crawler saunter feed edit - --category bread"
  does "it is given another name" "$as_crawler saunter category rename bread loaves"
  says "which its feeds have" "^10$" "$as_crawler saunter feed list --category loaves --count"
  refuses "a category that is not there" 1 'did you mean "loaves"' \
    "$as_crawler saunter category rename loafs bread"
  says "filters choose, and change nothing when told so" "would be removed: https://blog15.example" \
    "$as_crawler saunter feed remove --category loaves --dry-run"
  refuses "nothing is removed without a word of which" 2 "say which feeds" \
    "$as_crawler saunter feed remove"
  does "and nothing was" "[ \$($feed_count) = $feeds ]"
}

# Its settings are the package's, no time service runs, and nobody out there answers.
is_well() {
  local check
  for check in settings permissions database lock disk clock wal; do
    does "doctor: $check" "saunter doctor --offline --json |
      grep -qE '\"name\":\"$check\",\"state\":\"(ok|warning)\"'"
  done
  becomes "doctor: the crawler runs, and says that no host answers" "saunter doctor --offline |
    grep -qE '^wrong +crawler +it runs, .* almost no host answers'"
  becomes "doctor: the API runs, and has nothing to give" "saunter doctor --offline |
    grep -qE '^wrong +api +it runs, but has nothing to give .crawler_problem.: almost no host answers'"
}

undoes_an_import() {
  say "undoes an import"
  inside "seq 2000 | sed 's,.*,https://wrong&.example/feed.xml,' >/root/wrong.txt"
  says "a list that was not meant" "2000 added" "$as_crawler saunter import - </root/wrong.txt"
  says "the journal has it" "2000 added, 2000 can be undone" "$as_crawler saunter import list"
  # The import's id leads its line.
  local id
  id=$(inside "$as_crawler saunter import list | grep '2000 added' | awk '{print \$1}'")
  says "it would remove them" "would be removed: https://wrong2000.example/feed.xml" \
    "$as_crawler saunter import undo $id --dry-run"
  says "it removes them" "2000 feeds" "$as_crawler saunter import undo $id"
  does "and no others" "[ \$($feed_count) = $feeds ]"
}

breaks_settings() {
  say "breaks the settings"
  inside "cp /etc/saunter/saunter.toml /root/good.toml; echo 'spread = 1' >>/etc/saunter/saunter.toml"
  refuses "a reload with a typing error fails" 1 "fail" "systemctl reload saunter-crawler"
  says "the crawler goes on as it was" "^active$" "systemctl is-active saunter-crawler"
  refuses "the check names the key" 2 "spread" "saunter config check"
  refuses "a restart with it fails" 1 "fail" "systemctl restart saunter-crawler"
  says "and the journal says why" "spread" "journalctl -u saunter-crawler -n 20 -o cat"
  does "and with the error mended" \
    "cp /root/good.toml /etc/saunter/saunter.toml && systemctl reset-failed saunter-crawler &&
     systemctl start saunter-crawler && systemctl reload saunter-crawler"
}

fills_disk() {
  say "fills the disk"
  inside "systemctl stop saunter-api saunter-crawler && cp -a $data /root/data &&
    mount -t tmpfs -o size=\$((\$(du -sk /root/data | cut -f1) + 8192))k,mode=2750 tmpfs $data &&
    chown saunter-crawler:saunter-crawler $data && cp -a /root/data/. $data/ &&
    systemctl start saunter-api saunter-crawler"
  becomes "both run on a small disk" "$readyz | grep -q '\"status\":503'"
  inside "head -c 64M /dev/zero >$data/filler" 2>/dev/null || true
  says "the API answers on" '"status":503' "$readyz"
  refuses "an import says that the disk is full" 3 "disk is full; nothing was changed" \
    "seq 90000 | sed 's,.*,https://more&.example/feed.xml,' | $as_crawler saunter import -"
  inside "rm -f $data/filler"
  becomes "with room again the crawler writes again" \
    "$as_crawler saunter feed add https://after.example/feed.xml"
  does "and nothing is damaged" "$as_crawler saunter db check"
  does "and nothing is lost" "[ \$($feed_count) -gt $feeds ]"
  inside "systemctl stop saunter-api saunter-crawler && rm -rf /root/data && cp -a $data /root/data &&
    umount $data && rm -rf $data/* && cp -a /root/data/. $data/ &&
    systemctl start saunter-api saunter-crawler"
}

kills_and_restores() {
  say "kills the crawler and restores a backup"
  does "the timer of the backup starts" "systemctl enable --now saunter-backup.timer"
  says "and has its next time" "saunter-backup.service" "systemctl list-timers --all --no-pager"
  does "a backup while it runs" "systemctl start saunter-backup"
  local backup
  backup=$(inside "ls /var/lib/saunter-backup/saunter-*.db | tail -1")
  does "a change that the backup does not have" \
    "$as_crawler saunter feed add https://late.example/feed.xml"
  inside "systemctl kill -s KILL saunter-crawler"
  becomes "systemd starts it again" "systemctl is-active saunter-crawler"
  refuses "no restore while it runs" 3 "stop" "$as_crawler saunter db restore $backup"
  inside "systemctl stop saunter-crawler"
  does "a restore" "$as_crawler saunter db restore $backup"
  does "the crawler starts on it" "systemctl start saunter-crawler"
  refuses "what came after the backup is gone" 1 "" \
    "$as_crawler saunter feed show https://late.example/feed.xml"
  becomes "the API reads the restored one" "$readyz | grep -q '\"status\":503'"
  does "it is in order" "$as_crawler saunter db check"
}

hangs() {
  say "hangs"
  local unit restarts
  for unit in saunter-api saunter-crawler; do
    restarts=$(inside "systemctl show -P NRestarts $unit")
    inside "systemctl kill -s STOP $unit"
    becomes "the watchdog has ended a $unit that hangs" \
      "[ \$(systemctl show -P NRestarts $unit) -gt $restarts ] && systemctl is-active $unit"
  done
}

updates() {
  say "updates"
  inside "echo '# mine' >>/etc/saunter/saunter.toml"
  local before
  before=$(inside "systemctl show -P MainPID saunter-api")
  does "the package over itself" "dpkg -i --force-confold /root/saunter.deb"
  refuses "the API runs anew" 1 "" "[ \$(systemctl show -P MainPID saunter-api) = $before ]"
  becomes "and answers" "$readyz | grep -q '\"status\":503'"
  does "the settings are the operator's" "grep -q '# mine' /etc/saunter/saunter.toml"
}

moves() {
  say "moves to a second machine"
  local first=$leader from=$folder/first
  inside "$as_crawler saunter db backup $data/move.db"
  boot second
  cp "$from$data/move.db" "$folder/second/root/"
  inside "dpkg -i /root/saunter.deb >/dev/null && cp /root/move.db $data/ &&
    chown saunter-crawler: $data/move.db"
  does "the database of the first is restored there" \
    "$as_crawler saunter db restore $data/move.db"
  does "both start" "systemctl enable --now saunter-crawler saunter-api"
  becomes "all feeds are there" "[ \$($feed_count) -ge $feeds ]"
  leader=$first
}

# From a release with an older schema, and back. The older one has no command that restores.
updates_an_older_release() {
  say "updates an older release, and goes back"
  local first=$leader version
  boot third
  does "the older release is installed" "dpkg -i /root/older.deb"
  does "both start" "systemctl enable --now saunter-crawler saunter-api"
  inside "seq 3000 | sed 's,.*,https://blog&.example/feed.xml,' >/root/feeds.txt"
  says "it takes in feeds" "3000 added" "$as_crawler saunter import - </root/feeds.txt"
  version=$(inside "$as_crawler saunter stats --json | grep -o '\"schema_version\":[0-9]*'")
  does "a backup is made" "$as_crawler saunter db backup $data/before.db"
  does "the new release is installed over it" "dpkg -i --force-confdef --force-confold /root/saunter.deb"
  becomes "the crawler migrates, and the API follows" "$readyz | grep -qE 'first_round|no_link_yet|crawler_problem'"
  refuses "the schema is a newer one" 1 "" \
    "$as_crawler saunter stats --json | grep -q '${version}[,}]'"
  does "all feeds are there" "[ \$($feed_count) = 3000 ]"
  does "it is in order" "$as_crawler saunter db check"

  inside "systemctl stop saunter-api saunter-crawler"
  does "the older release is installed again" "dpkg -i --force-downgrade --force-confold /root/older.deb"
  refuses "it takes no database of a newer one" 3 "newer" "$as_crawler saunter stats"
  inside "cd $data && mkdir kept && mv saunter.db saunter.db-* kept/ ; cp -p before.db saunter.db"
  does "with the backup from before it starts" "systemctl start saunter-crawler saunter-api"
  does "with all feeds" "[ \$($feed_count) = 3000 ]"
  leader=$first
}

leaves() {
  say "leaves"
  does "the package is removed" "dpkg -r saunter"
  does "its data stays" "[ -s $data/saunter.db ] && [ -s /etc/saunter/saunter.toml ]"
  refuses "nothing runs on" 1 "" "pgrep saunter"
  does "the package is purged" "dpkg -P saunter"
  refuses "nothing stays" 2 "" "ls -d $data /var/lib/saunter-api /etc/saunter"
}

need_root
mkdir -p "$folder"
empty_debian
boot first
installs
imports
edits
is_well
undoes_an_import
breaks_settings
fills_disk
kills_and_restores
hangs
updates
moves
updates_an_older_release
leaves
[ "$failures" = 0 ] || { echo "$failures failed" && exit 1; }
say "a whole week"
