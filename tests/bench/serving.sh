# shellcheck shell=bash
# What the benches of built servers have in common; to be sourced. $folder is theirs, and goes with
# the processes in $pids when they end.

folder=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

# answers URL: waits until it does.
answers() {
  for _ in $(seq 600); do
    curl -fsS -o "$folder/answer" "$1" 2>/dev/null && return
    sleep 0.1
  done
  echo "nothing answers at $1" >&2
  cat "$folder"/*.log >&2
  exit 1
}

free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  echo "$port"
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
