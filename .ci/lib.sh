# Shared by ./demo and ./check: the packages and the build. Sourced, from the top folder.
# shellcheck shell=sh

say() { printf '%s\n' "== $*" >&2; }

# The packages of packages.txt that are not installed, one a line.
missing_packages() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' packages.txt | while read -r package; do
        status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || status=
        case "$status" in ii*) ;; *) printf '%s\n' "$package" ;; esac
    done
}

on_debian_12() {
    [ -r /etc/os-release ] && command -v apt-get >/dev/null && command -v dpkg-query >/dev/null &&
        (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ])
}

# Installs what is missing on Debian 12. Elsewhere it prints what Oxbow needs and stops, unless
# OXBOW_SKIP_PACKAGES=1 says that it is all there.
ensure_packages() {
    [ "${OXBOW_SKIP_PACKAGES:-0}" = 1 ] && return 0
    # shellcheck disable=SC2046 # one argument for each package
    set -- $(missing_packages)
    [ $# -eq 0 ] && return 0
    if ! on_debian_12; then
        {
            echo "error: this is not Debian 12, so nothing was installed."
            echo "Oxbow needs these (by their Debian names):"
            printf '    %s\n' "$@"
            echo "With all of them in place, run again with OXBOW_SKIP_PACKAGES=1."
        } >&2
        exit 1
    fi
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "error: not root and no sudo; install as root: apt-get install $*" >&2
            exit 1
        }
        sudo=sudo
    fi
    say "installing: $*"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "$@" >/dev/null
}

# configure_and_build PRESET [TARGET...]: both are no work when nothing changed.
configure_and_build() {
    preset=$1
    shift
    folder=build
    [ "$preset" = release ] || folder=build-$preset
    if [ ! -f "$folder/build.ninja" ]; then
        say "configuring $preset"
        said=$(cmake --preset "$preset" 2>&1) || {
            printf '%s\n' "$said" >&2
            exit 1
        }
    fi
    say "building $preset"
    if [ $# -gt 0 ]; then
        ninja -C "$folder" --quiet "$@" >&2
    else
        ninja -C "$folder" --quiet >&2
    fi
}
