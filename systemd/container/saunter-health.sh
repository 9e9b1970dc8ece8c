#!/bin/bash
# Whether the daemon of this container does its work: the health check of Containerfile and compose.yaml.
# The API: whether it has links to give out; what it answers says why not. The crawler: whether it has told
# the database of itself within two minutes; an idle one does so twice a minute.
set -euo pipefail

fail() {
  echo "$*" >&2
  exit 1
}

# A container that is told to bring an init has another first process; the name is then an argument.
case ${1:-$(</proc/1/comm)} in
  saunter-api)
    exec 3<>/dev/tcp/127.0.0.1/8080
    printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    answer=$(cat <&3)
    [[ $answer == "HTTP/1.1 200 "* ]] || fail "${answer##*$'\n\r\n'}"
    ;;
  saunter-crawler)
    reported_at=$(saunter stats --json | grep -o '"reported_at": *[0-9]*' | grep -o '[0-9]*$') ||
      fail "the crawler has not told the database of itself yet"
    age_s=$(($(date +%s) - reported_at))
    [ "$age_s" -lt 120 ] || fail "the crawler has told nothing for $age_s seconds"
    ;;
  *) fail "saunter-health [saunter-api|saunter-crawler]" ;;
esac
