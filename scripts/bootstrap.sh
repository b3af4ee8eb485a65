#!/bin/sh
# Make .venv hold what requirements.lock names, and the `portal` command.
#
# Safe to interrupt and to run twice at once. The stamp is written last: when it fits, there is
# nothing to do. Needs Python 3.11 or newer with its venv module, and the package index.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
venv=$root/.venv
stamp=$(cat requirements.lock scripts/bootstrap.sh | sha256sum | cut -d' ' -f1)

is_complete() {
    [ -x .venv/bin/python ] && [ ! -e .venv/unfinished ] &&
        [ "$(cat .venv/stamp 2>/dev/null)" = "$stamp $root" ]
}

if is_complete; then exit 0; fi
exec 9<"$root"
flock 9 # two at once: the second finds the first one's work
if is_complete; then exit 0; fi

say() { echo "==> $*"; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$name"; then echo "$name" && return; fi
    done
    return 1
}

make_venv() {
    if ! python=$(find_python); then
        echo "Python 3.11 or newer is needed. On Debian 12 or newer:" >&2
        echo "    sudo apt-get install -y python3 python3-venv" >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        PYTHON_MINOR=$("$python" -c 'import sys; print("python3.%d" % sys.version_info[1])') \
            scripts/system-packages.sh venv
    fi
    say "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
}

# Usable: made here (its programs name their folder), not left half full, and its Python still runs.
is_usable() {
    [ ! -e .venv/unfinished ] || return 1
    case $(grep '^command = ' .venv/pyvenv.cfg 2>/dev/null) in
    *" $venv") is_new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 ;;
    *) return 1 ;;
    esac
}

install_uv() {
    [ -x .venv/bin/uv ] && return
    sed -n '/^uv==/,/[^\\]$/p' requirements.lock >.venv/uv.lock
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.lock
}

# uv does not read pip's configuration: hand it the index a machine may have been given there.
install_with_uv() {
    index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || :)}
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
    .venv/bin/uv pip install -q --python .venv/bin/python --require-hashes -r requirements.lock
}

install_with_pip() {
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
        -r requirements.lock
}

# No build, nothing to fail: a path file for imports, the name and version that `portal --version`
# looks for, and a script for the command. Its first lines are shell, since a path may be too long
# for an interpreter line.
add_project() {
    packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
    echo "$root" >"$packages/portal-project.pth"
    about=$packages/referral_portal-$version.dist-info
    mkdir -p "$about"
    printf 'Metadata-Version: 2.1\nName: referral-portal\nVersion: %s\n' "$version" \
        >"$about/METADATA"
    printf 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' >"$about/WHEEL"
    cat >.venv/bin/portal <<SCRIPT
#!/bin/sh
'''exec' "$venv/bin/python" "\$0" "\$@"
' '''
from portal.cli import main

raise SystemExit(main())
SCRIPT
    chmod +x .venv/bin/portal
}

is_usable || make_venv
touch .venv/unfinished
say "Installing the packages of requirements.lock"
if install_uv; then
    install_with_uv || { say "uv could not; trying pip" && install_with_pip; }
else
    say "uv is not to be had; using pip"
    install_with_pip
fi
add_project
echo "$stamp $root" >.venv/stamp
rm .venv/unfinished
