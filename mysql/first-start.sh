#!/bin/sh
# Entrypoint of the `mysql` service: the image's own one, made safe to kill during the first start.
#
# The image takes a data directory with a `mysql` folder for finished, so a first start that is killed half way stays
# broken for ever: the tables are there, the users are not. This script leaves a mark in an empty data directory and
# takes it away once the finished server has answered. Finding the mark at a start means that the directory was empty
# when it was begun and never served anybody: it is emptied and begun anew. Nothing else is ever deleted.
#
#   first-start.sh mysqld [options]   start the server (what Compose runs)
#   first-start.sh healthy            exit 0 if the first start is over and the application's user can query
#   first-start.sh --help             this text
set -eu

data=${MYSQL_DATA:-/var/lib/mysql}
# `mysqld --initialize` wants an empty directory but overlooks names that begin with a dot.
mark=$data/.first-start-in-progress
# The image has no server running for some seconds between its steps, never for this long.
patience=${FIRST_START_PATIENCE:-30}

say() { printf '[first-start] %s\n' "$*" >&2; }

# Over TCP, because the image's temporary server listens on the socket only.
answers() {
  MYSQL_PWD=$MYSQL_PASSWORD mysql --protocol=tcp --host=127.0.0.1 --connect-timeout=2 \
    --user="$MYSQL_USER" --execute='SELECT 1' "$MYSQL_DATABASE" >/dev/null 2>&1
}

# A killed server stays visible as a zombie until somebody waits for it.
server_lives() {
  grep -sh -A 2 '^Name:[[:space:]]*mysqld$' /proc/[0-9]*/status | grep -q '^State:[[:space:]]*[^Z[:space:]]'
}

# Runs beside the image's entrypoint until the finished server answers.
watch_first_start() {
  absent=0
  until answers; do
    if server_lives; then absent=0; else absent=$((absent + 1)); fi
    if [ "$absent" -gt $((patience * 2)) ]; then
      say "no server for $patience s during the first start: ending the container, so that it begins anew"
      kill -KILL $$
    fi
    sleep 0.5
  done
  rm -f "$mark"
  # After a power cut the mark must not come back beside data.
  sync "$data" 2>/dev/null || sync
  say 'the first start is over'
}

case ${1:---help} in
  healthy) [ ! -e "$mark" ] && answers; exit ;;
  -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"; exit ;;
esac

if [ -e "$mark" ]; then
  say 'an earlier first start never finished: emptying the data directory and beginning anew'
  # The mark goes last of all, so that this may be interrupted too.
  find "$data" -mindepth 1 ! -path "$mark" -delete
elif [ -z "$(ls -A "$data")" ]; then
  : >"$mark"
fi
if [ -e "$mark" ]; then
  # Twice forked, so that the container's init reaps it and not mysqld, which would not.
  (watch_first_start &)
fi
exec docker-entrypoint.sh "$@"
