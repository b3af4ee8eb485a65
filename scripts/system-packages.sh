#!/bin/sh
# See that what pip cannot bring is on this machine: scripts/system-packages.sh GROUP...
#
#   venv     what `python3 -m venv` needs
#   pdf      the libraries WeasyPrint draws letters with
#   test     pdf without its fallback, and a browser with what drives it
#
# As root on Debian the missing packages are installed. Otherwise the exact command is printed, and
# the script fails when one of them cannot be done without.
set -eu
PATH=$PATH:/usr/sbin:/sbin

needed=
wanted=
need() { case " $needed " in *" $1 "*) ;; *) needed="${needed:+$needed }$1" ;; esac; }
want() { case " $wanted " in *" $1 "*) ;; *) wanted="${wanted:+$wanted }$1" ;; esac; }

libraries=$(ldconfig -p 2>/dev/null || :)
has_library() { case $libraries in *"$1 "*) return 0 ;; *) return 1 ;; esac; }
has_browser() { "$(dirname "$0")/find-browser.sh" >/dev/null; }
is_ubuntu() { (. /etc/os-release 2>/dev/null && [ "${ID:-}" = ubuntu ]); }

look_for() {
    case $1 in
    venv)
        python=${PYTHON_MINOR:-python3}
        "$python" -c 'import ensurepip, venv' 2>/dev/null || need "$python-venv"
        ;;
    pdf)
        has_library libpango-1.0.so.0 || need libpango-1.0-0
        has_library libpangoft2-1.0.so.0 || need libpangoft2-1.0-0
        has_library libharfbuzz-subset.so.0 || want libharfbuzz-subset0 # else slower, larger files
        ;;
    test)
        look_for pdf
        has_library libharfbuzz-subset.so.0 || need libharfbuzz-subset0
        has_library libatomic.so.1 || need libatomic1 # for the program that drives the browser
        has_browser || need chromium
        [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || want fonts-dejavu-core
        ;;
    *)
        echo "There is no group $1: venv, pdf or test." >&2
        exit 2
        ;;
    esac
}

look() {
    needed=
    wanted=
    libraries=$(ldconfig -p 2>/dev/null || :)
    for group in "$@"; do look_for "$group"; done
}

# Another program may hold apt's lock for a while, such as a fresh machine's own updates.
update_lists() {
    for _ in $(seq 60); do
        if apt-get update -q >"$log" 2>&1; then return; fi
        grep -q 'Could not get lock' "$log" || return 0 # old lists may do
        sleep 5
    done
}

install() {
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    update_lists
    if ! apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" \
        >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
    fi
    rm "$log"
}

look "$@"
[ -z "$needed$wanted" ] && exit 0
case " $needed " in
*" chromium "*)
    if is_ubuntu; then # its chromium is a snap, which no test can drive in a container
        echo "The tests drive Google Chrome, which is missing: install it from its maker's page." >&2
        exit 1
    fi
    ;;
esac
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "==> Installing $needed $wanted"
    # shellcheck disable=SC2086 # names, to be split
    install $needed $wanted
    look "$@"
fi
if [ -n "$needed$wanted" ]; then
    echo "Missing on this machine: $needed $wanted. On Debian, run:" >&2
    echo "    sudo apt-get install -y --no-install-recommends $needed $wanted" >&2
fi
[ -z "$needed" ]
