# shellcheck shell=bash
# To be sourced: why no feed answers, in a sentence that says what to do.

# list_hosts LIST…: the first few hosts that the lists name, one a line.
list_hosts() {
  local list
  for list in "$@"; do
    if [[ $list == http*://* ]]; then echo "$list"; else cat "$list" 2>/dev/null; fi
  done | grep -oE 'https?://[A-Za-z0-9.-]+' | sed 's#.*//##' | sort -u | head -3
}

# has_route: whether this machine knows a way out, by IPv4 or by IPv6.
has_route() {
  awk '$2 == "00000000" && $1 != "lo" { found = 1 } END { exit !found }' /proc/net/route 2>/dev/null ||
    awk '$1 ~ /^0+$/ && $2 == "00" && $NF != "lo" { found = 1 } END { exit !found }' \
      /proc/net/ipv6_route 2>/dev/null
}

# resolves HOST, connects HOST: within two or three seconds.
resolves() { timeout 2 getent ahosts "$1" >/dev/null 2>&1; }
connects() {
  local port
  for port in 443 80; do
    timeout 1.5 bash -c "exec 3<>/dev/tcp/$1/$port" 2>/dev/null && return
  done
  return 1
}

# silence_cause LIST…: takes at most some five seconds. Prints nothing if a host can be reached.
silence_cause() {
  local hosts host cause proxy=${https_proxy:-${HTTPS_PROXY:-${http_proxy:-}}}
  mapfile -t hosts < <(list_hosts "$@")
  host=${hosts[0]:-}
  if ! has_route; then
    cause="this machine has no route to the internet; check its cable, wireless network or container"
  elif [ -z "$host" ]; then
    return
  elif ! resolves "$host"; then
    cause="the name $host cannot be resolved; check the name servers in /etc/resolv.conf"
  elif ! connects "$host"; then
    cause="$host cannot be reached; check this machine's network and firewall"
  else
    return
  fi
  # The crawler judges the address of each connection, so it goes through no proxy.
  [ -z "$proxy" ] || cause+="; the crawler does not use this shell's proxy, it needs a direct way"
  echo "$cause"
}
