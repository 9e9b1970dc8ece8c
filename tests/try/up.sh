#!/bin/bash
# up.sh [--sample | LIST…]: builds the programs, imports the lists and runs both daemons until
# Ctrl-C. Paths are those of the caller's folder; the data is in build/up, or where SAUNTER_DATA says.
#
# The daemons' logs go to files there. On the screen are their warnings, what is reached so far, and
# last of all the address to open: a terminal's last line is drawn anew, elsewhere lines follow.
set -euo pipefail
# shellcheck source=.ci/build.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../.ci/build.sh"
# shellcheck source=tests/try/silence.sh
source "$(dirname "${BASH_SOURCE[0]}")/silence.sh"

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port=$1 last=$(($1 + 100))
  while taken "$port"; do
    port=$((port + 1))
    [ "$port" -le "$last" ] || die "no free port from $1 to $last"
  done
  echo "$port"
}

# First fetches come half a second apart. The hour of the default is right for a server that
# starts with tens of thousands of feeds, not for a first look.
spread_s() {
  local feeds spread
  feeds=$(cat "$@" 2>/dev/null | grep -c '://' || true)
  spread=$((feeds / 2))
  [ "$spread" -ge 10 ] || spread=10
  [ "$spread" -le 3600 ] || spread=3600
  echo "$spread"
}

# write_settings DATA PORT SPREAD: for a walk on this machine.
write_settings() {
  cat >"$1/saunter.toml" <<END
# Written by ./dev up at each start.
[store]
path = "$1/saunter.db"
[api]
listen = "127.0.0.1:$2"
receipt_key_path = "$1/receipt.key"
[schedule]
start_spread_s = $3
END
}

# For the sample sites: loopback alone, and what takes days elsewhere takes seconds.
add_sample_settings() {
  cat >>"$1/saunter.toml" <<END
[fetch]
allow_networks = ["127.0.0.1", "::1"]
allow_names = ["localhost"]
allow_ports = [$2]
host_gap_min_ms = 100
[health]
probe_spacing_s = 0
dead_gap_s = 1
END
}

# --- The screen ----------------------------------------------------------------------------------

drawn="" # what stands last on the terminal, on a line that has not ended

# tell TEXT: a line of its own, above what is drawn.
tell() {
  [ -z "$drawn" ] || printf '\r\e[K'
  say "$*"
  [ -z "$drawn" ] || printf '%s' "$drawn"
}

# draw TEXT: in the place of what was drawn. Where no terminal is, a line.
draw() {
  if [ ! -t 1 ]; then
    say "$*"
  elif [ "$*" != "$drawn" ]; then
    [ -z "$drawn" ] || printf '\r\e[K'
    drawn="$*"
    printf '%s' "$drawn"
  fi
}

end_drawing() {
  [ -z "$drawn" ] || printf '\n'
  drawn=""
}

# --- What runs -----------------------------------------------------------------------------------

names=()   # of what was started, in that order
pids=()    # its process ids
log_fds=() # its log, open for reading

# start NAME COMMAND…: in the background and in a session of its own, so that a Ctrl-C reaches
# this script alone; what it says goes to NAME.log.
start() {
  local name=$1 log=$data/$1.log fd
  shift
  : >"$log"
  setsid "$@" >>"$log" 2>&1 </dev/null &
  pids+=($!)
  names+=("$name")
  exec {fd}<"$log"
  log_fds+=("$fd")
}

# Stops what was started, the newest first, and waits for it. False if anything ended badly.
stop_all() {
  local i code failed=0
  end_drawing
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[i]}" 2>/dev/null || true
    code=0
    wait "${pids[i]}" || code=$?
    [ "$code" = 0 ] || { say "${names[i]} ended with $code" && failed=1; }
  done
  pids=()
  return "$failed"
}

# Of the lines that came since, those that tell of trouble.
show_warnings() {
  local i line
  for i in "${!log_fds[@]}"; do
    while IFS= read -r line <&"${log_fds[i]}"; do
      case $line in
        *'[warning]'* | *'[error]'* | *'[critical]'*) tell "${names[i]}: $line" ;;
      esac
    done
  done
}

all_alive() {
  local pid
  for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null || return 1; done
}

# Waits until the process listens there. False if it ended before, or a signal came.
listens() {
  until taken "$2"; do
    kill -0 "$1" 2>/dev/null || return 1
    [ -z "$stopping" ] || return 1
    sleep 0.1 || true
  done
}

# up_lists ARGUMENT…: sets lists and sample.
up_lists() {
  lists=()
  sample=""
  local argument
  for argument in "$@"; do
    case $argument in
      --sample) sample=yes ;;
      -*) die "up has no option $argument; see ./dev help" ;;
      http://* | https://*) lists+=("$argument") ;;
      *) lists+=("$(realpath -ms "$argument")") ;;
    esac
  done
  [ -z "$sample" ] || [ ${#lists[@]} = 0 ] || die "--sample brings its own list"
  for argument in "${lists[@]}"; do
    [[ $argument == http*://* ]] || [ -r "$argument" ] || die "cannot read $argument"
  done
  [ ${#lists[@]} != 0 ] || lists=("$tree/crawler/cli/starter.opml")
}

# The sample sites and their list. Their addresses hold the port, so a database that is kept needs
# the same one again.
start_sample_sites() {
  local kept=$data/sample.port port origin
  origin=$(program release sample-origin)
  if [ -e "$kept" ]; then
    port=$(<"$kept")
    ! taken "$port" || die "the sample sites of $data are at port $port, which something else has \
taken; stop that, or begin anew: rm -r $data"
    say "going on with the sample of the last run; to begin anew: rm -r $data"
    going_on=yes
  else
    port=$(free_port 8099)
    rm -f "$data"/saunter.db*
    echo "$port" >"$kept"
  fi
  rm -f "$data/sample.opml"
  start sample "$origin" "$tree/tests/data/sample" "$data/sample.opml" "$port"
  until [ -e "$data/sample.opml" ]; do
    all_alive || die "the sample sites did not start; see $data/sample.log"
    sleep 0.1 || true
  done
  lists=("$data/sample.opml")
  write_settings "$data" "$1" 0
  add_sample_settings "$data" "$port"
}

import_lists() {
  local code=0 saunter
  saunter=$(program release saunter)
  if [ -n "$going_on" ]; then # it would tell of the site that the last run has blacklisted
    "$saunter" --config "$data/saunter.toml" import "${lists[@]}" >"$data/import.log" 2>&1 || code=$?
  else
    "$saunter" --config "$data/saunter.toml" import "${lists[@]}" || code=$?
  fi
  # 1 is "partly": lines that are no feed are named, the others are in.
  [ "$code" -le 1 ] || die "the import failed"
}

# --- How far it is -------------------------------------------------------------------------------

# number KEY: of $stats.
number() {
  if [[ $stats =~ \"$1\":\ ?([0-9]+) ]]; then echo "${BASH_REMATCH[1]}"; else echo 0; fi
}

# progress: sets feeds, asked (once, whatever came of it), answered and links.
progress() {
  local stats
  stats=$("$(program release saunter)" --config "$data/saunter.toml" --json stats 2>/dev/null) || return 0
  feeds=$(number feeds)
  asked=$((feeds - $(number feeds_never_fetched)))
  answered=$((asked - $(number feeds_failing)))
  links=$(number links_in_pool)
}

# Seconds after which silence is worth a word: with the looking for its cause less than ten.
silent_s=4

# say_silence: once there is a cause; while there is none, it is asked for again.
say_silence() {
  local cause
  cause=$(silence_cause "${lists[@]}")
  if [ -z "$cause" ]; then
    word_at=$((SECONDS + silent_s))
  else
    word_at=""
    tell "nothing answers: $cause"
    tell "the crawler goes on trying; for a walk without the internet: ./dev up --sample"
    shown="" next_line=0 # so that the address stands last again
  fi
}

# follow ADDRESS: the screen, until anything ends or is to end.
follow() {
  local feeds=0 asked=0 answered=0 links=0 shown="" next_line=0 line
  local word_at=$((SECONDS + silent_s))
  [ -z "$sample" ] || word_at=""
  while [ -z "$stopping" ] && all_alive; do
    show_warnings
    progress
    [ "$answered" = 0 ] || word_at=""
    if [ -n "$word_at" ] && [ "$SECONDS" -ge "$word_at" ]; then
      say_silence
    fi
    line="$asked of $feeds feeds asked, $links posts to meet: open $1"
    [ "$links" != 0 ] || line="$asked of $feeds feeds asked, no post yet; soon at $1"
    # Where no terminal is: the first posts at once, then what changed, now and then.
    if [ -t 1 ] || { [ "$line" != "$shown" ] && [ "$SECONDS" -ge "$next_line" ]; } ||
      { [[ $shown == *'no post yet'* ]] && [ "$links" != 0 ]; }; then
      draw "$line"
      [ "$line" = "$shown" ] || next_line=$((SECONDS + 10))
      shown=$line
    fi
    sleep 0.5 || true # a Ctrl-C ends it too
  done
}

up() {
  local lists sample data port crawler api going_on="" stopping=""
  up_lists "$@"
  need "${build_packages[@]}"
  build release "${programs[@]}" ${sample:+sample-origin}
  crawler=$(program release saunter-crawler)
  api=$(program release saunter-api)
  data=$(realpath -ms "${SAUNTER_DATA:-$tree/build/up}")${sample:+/sample}
  mkdir -p "$data"
  port=$(free_port 8080)

  trap 'stopping=yes' INT TERM HUP
  trap stop_all EXIT # where anything below gives up
  if [ -n "$sample" ]; then
    start_sample_sites "$port"
  else
    write_settings "$data" "$port" "$(spread_s "${lists[@]}")"
  fi
  import_lists
  start crawler "$crawler" --config "$data/saunter.toml"
  start api "$api" --config "$data/saunter.toml"
  if listens "${pids[-1]}" "$port"; then
    say "database, settings and logs are in $data; Ctrl-C stops"
    follow "http://127.0.0.1:$port/"
  fi
  local was_asked=$stopping
  end_drawing
  show_warnings
  say "stopping"
  stop_all || die "not everything ended cleanly; the logs are in $data"
  [ -n "$was_asked" ] || die "one of them ended by itself; the logs are in $data"
  say "stopped; nothing is lost in $data"
}

# Sourced by its test, it defines functions and does nothing.
[ "${BASH_SOURCE[0]}" != "$0" ] || up "$@"
