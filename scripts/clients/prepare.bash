# Sourced by the scripts whose tests need other people's programs. What is missing is installed: Debian's packages, and
# Python's into an environment of their own under .build/clients. `root` is the folder of the sources.

say() { echo "$(basename "$0"): $*" >&2; }

# debian COMMAND=PACKAGE...: what is not there afterwards is skipped by the tests themselves, which say so.
debian() {
    local need missing=() as_root=()
    for need in python3=python3 "$@"; do
        command -v "${need%%=*}" >/dev/null || [ -x "/usr/bin/${need%%=*}" ] || missing+=("${need#*=}")
    done
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
        [ "$(id -u)" = 0 ] || as_root=(sudo -n)
        say "installing ${missing[*]}"
        install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2; }
        # A fresh machine's package lists are empty or old: bring them up to date, then try again.
        install "${missing[@]}" 2>/dev/null || { "${as_root[@]}" apt-get update -qq >&2 && install "${missing[@]}"; } ||
            say "not all of ${missing[*]} could be installed; their tests are skipped."
    fi
    command -v python3 >/dev/null || { say "There is no python3, and without it no test: install it and try again."; exit 69; }
}

# python_with IMPORTS REQUIREMENT...: sets `python` to one that can import these. What is complete is used as it is.
python_with() {
    local imports=$1
    shift
    environment=$root/.build/clients
    python=$environment/bin/python
    "$python" -c "import $imports" 2>/dev/null && return
    python3 -m venv "$environment" || { say "python3 -m venv failed; on Debian, apt-get install python3-venv."; exit 69; }
    "$python" -m pip install --quiet --disable-pip-version-check "$@" ||
        { say "$imports could not be installed from the package index; the lines above say why."; exit 69; }
}

# Sets `simbench` to the program to test: SIMBENCH names it; it is built otherwise.
program() {
    simbench=${SIMBENCH:-$root/.build/release/simbench}
    [ -n "${SIMBENCH:-}" ] || "$root/scripts/simbench" --version >/dev/null
}
