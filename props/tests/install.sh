#!/bin/sh
# Installs a build into a prefix, moves that, and uses it as somebody would who has only that: every
# header by itself, in C and C++; small programs through CMake and through pkg-config; the program
# in another folder.
#
#   install.sh BUILD SOURCE
set -eu
build=$1
user=$2/props/tests/install
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
step() { echo "# $*"; }
fail() { echo "install: $*" >&2; exit 1; }

step "cmake --install, with DESTDIR too"
cmake --install "$build" --prefix "$place/first" >/dev/null
DESTDIR="$place/stage" cmake --install "$build" --prefix /opt/oxbow >/dev/null
(cd first && find . -type f | sort) >here
(cd stage/opt/oxbow && find . -type f | sort) >there
cmp here there || fail "DESTDIR installs other files"
mv first prefix
prefix=$place/prefix
lib=$(dirname "$(find "$prefix" -name liboxbow_crdt.a)")
export PKG_CONFIG_PATH="$lib/pkgconfig"

step "nothing names the place it was built or installed at"
! grep -rlF -e "$2" -e "$place/first" "$lib/cmake" "$lib/pkgconfig" || fail "these do"

step "every header by itself, in C and in C++"
[ "$(find "$prefix/include" -name '*.h' | wc -l)" -ge 20 ] || fail "headers are missing"
[ ! -e "$prefix/include/oxbow/crdt/array.h" ] || fail "private headers are installed"
for header in $(cd "$prefix/include" && find oxbow -name '*.h'); do
    echo "#include <$header>" >one.c
    cp one.c one.cpp
    flags="-Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags oxbow-protocols)"
    ${CC:-cc} -std=c17 $flags one.c || fail "$header does not stand by itself"
    ${CXX:-c++} -std=c++17 $flags one.cpp || fail "$header is not for C++"
    grep -qF 'extern "C" {' "$prefix/include/$header" || fail "$header has no extern \"C\""
done

step "programs, through find_package"
cmake -S "$user" -B by-cmake -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build by-cmake >build.log 2>&1 || { cat build.log >&2; fail "they do not build"; }
for program in set node nodexx; do
    "by-cmake/$program" || fail "$program answers $?"
done

step "programs, through pkg-config"
flags="-Wall -Wextra -Werror"
${CC:-cc} -std=c17 $flags $(pkg-config --cflags oxbow-crdt) "$user/set.c" -o set \
    $(pkg-config --libs oxbow-crdt)
${CC:-cc} -std=c17 $flags $(pkg-config --cflags oxbow-protocols) "$user/node.c" -o node \
    $(pkg-config --static --libs oxbow-protocols)
${CXX:-c++} -std=c++17 $flags $(pkg-config --cflags oxbow-protocols) "$user/node.cpp" -o nodexx \
    $(pkg-config --static --libs oxbow-protocols)
for program in set node nodexx; do
    "./$program" || fail "$program answers $?"
done

step "the program, in another folder"
version=$(pkg-config --modversion oxbow-crdt)
"$prefix/bin/oxbow" --version | grep -qF "oxbow $version" || fail "no version $version"
mkdir elsewhere && cd elsewhere
"$prefix/bin/oxbow" run "$prefix/share/oxbow/scenarios/split-brain.ini" --quiet \
    --set network.nodes=10 --set workload.rate=10/s >out.txt || { cat out.txt >&2; fail "it fails"; }
find runs -name report.html | grep -q . || fail "there is no report"
echo "ok: $(wc -l <../here) files installed and used"
