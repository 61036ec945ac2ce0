#!/bin/sh
# huying-admin: exit codes and sentences. Arguments: the program, a good configuration folder.
set -eu
admin=$1 good=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect CODE PATTERN COMMAND...: exit code, and a pattern in what was printed
expect() {
    code=$1 pattern=$2
    shift 2
    got=0
    "$@" >"$folder/out" 2>&1 || got=$?
    if [ "$got" -ne "$code" ] || ! grep -q "$pattern" "$folder/out"; then
        echo "$*: exit code $got (wanted $code), wanted '$pattern' in:"
        cat "$folder/out"
        exit 1
    fi
}

expect 0 'is good' "$admin" config check "$good"
expect 0 'community: government 3, property 1, committee 1' "$admin" config check "$good"
expect 0 'of the list: 1 h to 12 h, 1 d to 20 d' "$admin" config check "$good"
expect 0 '"ok": true' "$admin" config check --json "$good"
cp -r "$good" "$folder/bare"
sed -i '/^M06/d' "$folder/bare/catalogue.csv"
expect 0 '6 in 5 fields; 1 without a row of the list: M06' "$admin" config check "$folder/bare"
cp -r "$good" "$folder/bad"
echo 'no unit at all' >>"$folder/bad/units.csv"
expect 1 'units.csv:' "$admin" config check "$folder/bad"
expect 1 '"ok": false' "$admin" config check --json "$folder/bad"
expect 2 'no command' "$admin" chekc
expect 2 'data is missing' "$admin" check
expect 2 'is missing' "$admin" config
expect 2 'data is missing' "$admin" config preview "$good"
expect 2 'data is for' "$admin" config check "$good" --data "$folder"
expect 1 'units.csv:' "$admin" config preview "$folder/bad" --data "$folder"
expect 4 'not a data folder' "$admin" config preview "$good" --data "$folder/nowhere"
expect 4 'not a data folder' "$admin" check --data "$folder/nowhere"
mkdir "$folder/empty"
expect 4 'not a data folder' "$admin" check --data "$folder/empty"
expect 4 '"clean": false' "$admin" check --json --data "$folder/empty"
expect 2 'FOLDER is missing' "$admin" restore --data "$folder/new"
expect 2 'data is missing' "$admin" restore "$folder/empty"
expect 2 'one argument too many' "$admin" restore "$folder/empty" "$folder/bad" --data "$folder/new"
expect 4 'not a data folder' "$admin" restore "$folder/empty" --data "$folder/new"
# The smallest backup that there is: a journal without a record.
mkdir -p "$folder/backup/journal" "$folder/backup/config"
printf 'huying data 2\nclock real\n' >"$folder/backup/VERSION"
expect 1 'is not empty' "$admin" restore "$folder/backup" --data "$folder/bad"
expect 0 'up to sequence 0, none' "$admin" restore "$folder/backup" --data "$folder/new"
rm -r "$folder/new"
expect 0 '"seq": 0' "$admin" restore --json "$folder/backup" --data "$folder/new"
expect 0 'clean, 0 records' "$admin" check --data "$folder/new"
# The map of the rows is a setting, and the sentence names it.
expect 2 'wants a number of bytes' "$admin" check --data "$folder/new" --map-size 17
# A program under AddressSanitizer cannot start in so little address space: there the two lines are left out.
if (ulimit -v 8000000 && "$admin" --help >/dev/null 2>&1); then
    (ulimit -v 8000000 && expect 4 'cannot be mapped.*--map-size' "$admin" check --data "$folder/new")
    (ulimit -v 8000000 && expect 0 'clean, 0 records' "$admin" check --data "$folder/new" --map-size 16777216)
fi
# Damaged rows are said, and nothing is left beside the data.
printf x | dd of="$folder/new/rows/data.mdb" bs=1 seek=4200 conv=notrunc 2>/dev/null
expect 1 'rows: .*makes them again' "$admin" check --data "$folder/new"
[ -z "$(find "$folder" -maxdepth 1 -name '*.check-*')" ] || { echo 'a temporary folder is left'; exit 1; }
expect 0 'The rows of the backup are not used' "$admin" restore "$folder/new" --data "$folder/newer"
expect 0 'clean, 0 records' "$admin" check --data "$folder/newer"
# Who starts it may ignore the ends of children: the exit code comes all the same.
expect 0 'clean, 0 records' timeout 60 env --ignore-signal=CHLD "$admin" check --data "$folder/newer"
