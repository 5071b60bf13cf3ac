#!/bin/sh
# Entrypoint of the `mysql` service: that of the image, but safe to kill during the first start, and for any password.
#
# The image takes a data directory with a `mysql` folder for complete, so a killed first start leaves tables without
# users for ever. This script creates a marker file in an empty data directory and removes it after the first start.
# A marker at a start means that the data directory was empty and no server has been available since: it is emptied, and
# the first start is repeated. Nothing else is ever deleted.
#
# The image also writes names and passwords into SQL without escaping, so that a ' or a \ breaks or changes them.
# Therefore it gets a temporary password and creates no user; this script creates the users, on a server that listens
# inside the container only. Other containers can connect after the first start.
#
#   first-start.sh mysqld [options]   start the server (what Compose runs)
#   first-start.sh healthy            exit 0 if the first start is over and the application's user can query
#   first-start.sh --help             this text
set -eu

data=${MYSQL_DATA:-/var/lib/mysql}
# `mysqld --initialize` needs an empty directory but ignores names that begin with a dot.
marker=$data/.first-start-in-progress
# Between its steps the image has no server running for some seconds; after this time it has failed.
patience=${FIRST_START_PATIENCE:-30}

say() { printf '[first-start] %s\n' "$*" >&2; }

# $1 user, $2 password. By TCP, because the temporary server of the image listens on the socket only.
client() (
  user=$1
  MYSQL_PWD=$2
  export MYSQL_PWD
  shift 2
  exec mysql --protocol=tcp --host=127.0.0.1 --connect-timeout=2 --default-character-set=utf8mb4 --user="$user" "$@"
)

answers() {
  client "$MYSQL_USER" "$MYSQL_PASSWORD" --database="$MYSQL_DATABASE" --execute='SELECT 1' >/dev/null 2>&1
}

# A killed server stays in /proc as a zombie until its parent waits for it.
server_lives() {
  grep -sh -A 2 '^Name:[[:space:]]*mysqld$' /proc/[0-9]*/status | grep -q '^State:[[:space:]]*[^Z[:space:]]'
}

# Checks that need no server; the server refuses the other invalid values, see `set_up`.
check_variables() {
  for name in MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD MYSQL_ROOT_PASSWORD; do
    eval "value=\${$name:-}"
    [ -n "$value" ] || refuse "$name must be set"
    control=$(printf '%s' "$value" | LC_ALL=C tr -cd '[:cntrl:]' | od -An -tx1 -N1 | tr -d ' ')
    [ -z "$control" ] || refuse "$name holds the control character U+00$control, which cannot be used"
    case $name in *PASSWORD) continue ;; esac
    # MySQL replaces a character of four bytes in UTF-8 by ?, and strips blanks.
    [ -z "$(printf '%s' "$value" | LC_ALL=C tr -cd '\360-\364')" ] ||
      refuse "$name holds a character above U+FFFF, which MySQL cannot keep in a name"
    case $value in ' '* | *' ') refuse "$name begins or ends with a blank, which cannot be used there" ;; esac
  done
  # As in the image: the root account is created in any case.
  [ "$MYSQL_USER" != root ] || refuse 'MYSQL_USER cannot be root, which has its own MYSQL_ROOT_PASSWORD'
}

refuse() {
  say "$1. Change it in .env: nothing is stored yet, and the first start begins anew"
  exit 1
}

# Quote a string for SQL, https://dev.mysql.com/doc/refman/9.7/en/string-literals.html
quoted() { printf "'%s'" "$(printf '%s' "$1" | LC_ALL=C sed "s/[\\\\']/\\\\&/g")"; }

# Quote a name for SQL, https://dev.mysql.com/doc/refman/9.7/en/identifiers.html
named() { printf '`%s`' "$(printf '%s' "$1" | LC_ALL=C sed 's/`/``/g')"; }

# In GRANT, _ and % in a database's name are wildcards.
granted() { named "$(printf '%s' "$1" | LC_ALL=C sed 's/[\\_%]/\\&/g')"; }

# $1 the variable to name if the server refuses, $2 the password of root, $3 the statement.
set_up() {
  problem=$(printf '%s;\n' "$3" | client root "$2" --batch 2>&1) || refuse "MySQL does not take $1: $problem"
}

create_accounts() {
  user="$(quoted "$MYSQL_USER")@'%'"
  set_up MYSQL_DATABASE "$temporary" "CREATE DATABASE $(named "$MYSQL_DATABASE")"
  set_up MYSQL_USER "$temporary" "CREATE USER $user IDENTIFIED BY '$temporary'"
  set_up MYSQL_DATABASE "$temporary" "GRANT ALL ON $(granted "$MYSQL_DATABASE").* TO $user"
  set_up MYSQL_PASSWORD "$temporary" "ALTER USER $user IDENTIFIED BY $(quoted "$MYSQL_PASSWORD")"
  answers || refuse 'MySQL does not let MYSQL_USER in with MYSQL_PASSWORD to MYSQL_DATABASE'
  password="IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD")"
  set_up MYSQL_ROOT_PASSWORD "$temporary" \
    "ALTER USER IF EXISTS 'root'@'localhost' $password, $(quoted 'root')@$(quoted "${MYSQL_ROOT_HOST:-%}") $password"
  set_up MYSQL_ROOT_PASSWORD "$MYSQL_ROOT_PASSWORD" SHUTDOWN
}

first_start() {
  read -r temporary </proc/sys/kernel/random/uuid
  env -u MYSQL_DATABASE -u MYSQL_USER -u MYSQL_PASSWORD MYSQL_ROOT_PASSWORD="$temporary" \
    docker-entrypoint.sh "$@" --bind-address=127.0.0.1 &
  image=$!
  absent=0
  until client root "$temporary" --execute='SELECT 1' >/dev/null 2>&1; do
    kill -0 "$image" 2>/dev/null || { say 'the server ended during the first start'; exit 1; }
    if server_lives; then absent=0; else absent=$((absent + 1)); fi
    if [ "$absent" -gt $((patience * 2)) ]; then
      say "no server for $patience s during the first start: ending the container, so that it begins anew"
      exit 1
    fi
    sleep 0.5
  done
  create_accounts
  wait "$image"
  rm -f "$marker"
  # After a power failure the marker must not be restored beside data.
  sync "$data" 2>/dev/null || sync
  say 'the first start is over'
}

case ${1:---help} in
  healthy) [ ! -e "$marker" ] && answers; exit ;;
  -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"; exit ;;
esac

if [ -e "$marker" ] || [ -z "$(ls -A "$data")" ]; then
  check_variables
  if [ -e "$marker" ]; then
    say 'an earlier first start never finished: emptying the data directory and beginning anew'
    # The marker is deleted last, so that this may be interrupted too.
    find "$data" -mindepth 1 ! -path "$marker" -delete
  fi
  : >"$marker"
  first_start "$@"
fi
exec docker-entrypoint.sh "$@"
