#!/bin/sh
# plant.sh - bugs planted on purpose, to see that laws and verdicts find them.
#
#   plant.sh control WORK        the tree as it is: every command of every bug must exit with 0
#   plant.sh try WORK NAME       the tree with NAME.patch: its command must exit with 1, and its
#                                output must name what the patch expects
#
# A patch opens with three lines that say so:
#
#   Bug: a sentence
#   Command: what `oxbow` is called with, from the top of the tree
#   Expect: an extended regular expression that a line of the output must match
#
# All bugs share one copy of the tree in WORK and one build of it, one after the other: what the
# last bug changed is put back, so that only a file or two are compiled again.
set -eu

bugs=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=$(CDPATH='' cd -- "$bugs/../.." && pwd)

die() {
    echo "plant.sh: $*" >&2
    exit 70
}

[ $# -ge 2 ] || die "usage: plant.sh control WORK | plant.sh try WORK NAME"
mode=$1
mkdir -p "$2"
work=$(CDPATH='' cd -- "$2" && pwd)
tree=$work/tree
build=$work/build

# The files that the program is built from, and the scenarios it runs.
list_files() {
    (cd "$1" && find CMakeLists.txt cmake crdt protocols model props reports scenarios -type f \
        ! -path 'props/tests/*' ! -path 'props/bugs/*' ! -name '*.orig' ! -name '*.rej' | sort)
}

# Makes the copy equal to the tree. A file that is the same keeps its time, so that it is not
# compiled again; one that differs gets the time of now, so that it is.
copy_tree() {
    mkdir -p "$tree"
    list_files "$source" >"$work/wanted"
    while IFS= read -r file; do
        if ! cmp -s "$source/$file" "$tree/$file"; then
            mkdir -p "$tree/$(dirname "$file")"
            cp "$source/$file" "$tree/$file"
        fi
    done <"$work/wanted"
    (cd "$tree" && find . -type f ! -path './runs/*' | sed 's|^\./||' | sort) |
        comm -13 "$work/wanted" - | while IFS= read -r file; do rm -f "$tree/$file"; done
}

# Little optimisation: it compiles fast, and the commands take seconds all the same.
build_tree() {
    [ -f "$build/build.ninja" ] ||
        cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None \
            -DCMAKE_C_FLAGS=-O1 -DCMAKE_CXX_FLAGS=-O1 >"$work/build.log" 2>&1 ||
        { cat "$work/build.log" >&2; die "the copy cannot be configured"; }
    cmake --build "$build" --target oxbow >"$work/build.log" 2>&1 ||
        { cat "$work/build.log" >&2; die "the copy cannot be built"; }
}

# The text after "Bug:", "Command:" or "Expect:" at the head of a patch.
head_line() {
    sed -n "/^--- /q; s/^$2: //p" "$1"
}

# Runs a command of oxbow in the copy; its exit code is left in `code`.
run_oxbow() {
    code=0
    # Words of a command are split at blanks on purpose.
    # shellcheck disable=SC2086
    (cd "$tree" && "$build/oxbow" $1 >"$work/stdout" 2>"$work/stderr") || code=$?
}

fail() {
    echo "plant.sh: $*" >&2
    cat "$work/stdout" "$work/stderr" >&2
    exit 1
}

control() {
    copy_tree
    build_tree
    for patch in "$bugs"/*.patch; do
        head_line "$patch" Command
    done | sort -u >"$work/commands"
    while IFS= read -r command; do
        run_oxbow "$command"
        [ "$code" -eq 0 ] || fail "without a bug, 'oxbow $command' exits with $code"
        echo "without a bug: oxbow $command: exit 0"
    done <"$work/commands"
}

try() {
    patch=$bugs/$1.patch
    [ -f "$patch" ] || die "there is no $patch"
    command=$(head_line "$patch" Command)
    expect=$(head_line "$patch" Expect)
    [ -n "$command" ] && [ -n "$expect" ] || die "$patch does not open with Command: and Expect:"
    copy_tree
    patch -d "$tree" -p1 -F0 --no-backup-if-mismatch <"$patch" >"$work/patch.log" 2>&1 ||
        { cat "$work/patch.log" >&2; die "$1.patch does not apply any more"; }
    build_tree
    run_oxbow "$command"
    [ "$code" -eq 1 ] || fail "with $1, 'oxbow $command' exits with $code, not with 1"
    grep -E -q -e "$expect" "$work/stdout" || fail "with $1, no line of the output matches '$expect'"
    echo "$1: $(head_line "$patch" Bug)"
    echo "found by oxbow $command:"
    grep -E -e "$expect" "$work/stdout"
}

case $mode in
control) control ;;
try) [ $# -eq 3 ] || die "usage: plant.sh try WORK NAME"; try "$3" ;;
*) die "there is no '$mode'" ;;
esac
