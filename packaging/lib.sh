# shellcheck shell=bash disable=SC2154
# What packaging/run and packaging/test share: packages, the workspace's build, the kernel's build. Sourced, not run.
# Needs: $root, the checkout. Every message goes to stderr; stdout belongs to the program that is started in the end.

build=$root/build/release

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# is_installed PACKAGE. Node.js may come from elsewhere than Debian's packages (then npm comes with it).
is_installed() {
    case $1 in
        nodejs) command -v node >/dev/null && return 0 ;;
        npm) command -v npm >/dev/null && return 0 ;;
    esac
    [[ $installed == *$'\n'"$1"$'\n'* ]]
}

# need_packages yes|no FILE...: installs what of the lists is missing; with "no" names it and gives up.
need_packages() {
    local may_install=$1 package why installed
    local -a missing=() lines=()
    shift
    command -v dpkg-query >/dev/null || die "dpkg-query is not here: this script knows Debian 12; see packaging/packages.txt for what is needed"
    installed=$'\n'$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')$'\n'
    while read -r package _ why; do
        if [[ -n $package && $package != \#* ]] && ! is_installed "$package"; then
            missing+=("$package")
            lines+=("$(printf '  %-30s %s' "$package" "$why")")
        fi
    done < <(cat "$@")
    ((${#missing[@]})) || return 0
    say "Needed and not installed:"
    printf '%s\n' "${lines[@]}" >&2
    local -a apt=(apt-get -o DPkg::Lock::Timeout=900)
    local command="apt-get install --no-install-recommends ${missing[*]}"
    [[ $may_install == yes ]] || die "not installing anything (--no-install); as root: $command"
    if ((EUID)); then
        command -v sudo >/dev/null || die "neither root nor sudo here; as root: $command"
        apt=(sudo env DEBIAN_FRONTEND=noninteractive "${apt[@]}")
    else
        apt=(env DEBIAN_FRONTEND=noninteractive "${apt[@]}")
    fi
    say "Installing them: $command"
    "${apt[@]}" -q update >&2 || say "apt-get update failed; trying with the package lists that are here"
    "${apt[@]}" -q install -y --no-install-recommends "${missing[@]}" >&2 || die "apt-get install failed, see above"
}

# need_node: the workspace's tools want Node.js 20.19 or newer. Debian 12 has 18, so a newer one is put into build/node.
need_node() {
    local machine folder
    case $(uname -m) in
        x86_64) machine=x64 ;;
        aarch64) machine=arm64 ;;
        *) machine=$(uname -m) ;;
    esac
    folder=$root/build/node/node_modules/node-linux-$machine/bin
    [[ -x $folder/node ]] && PATH=$folder:$PATH
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' && return 0
    say "Node.js $(node --version) is too old for the workspace's tools (20.19 or newer): putting Node.js 20 into build/node"
    mkdir -p "$root/build/node"
    npm install --no-audit --no-fund --prefix "$root/build/node" "node-linux-$machine@20" >&2 || die "npm could not fetch Node.js 20"
    PATH=$folder:$PATH
}

# hash_of FOLDER: one hash over the names and contents of its sources.
hash_of() {
    (cd "$1" && find . \( -name node_modules -o -name build -o -name dist -o -name .svelte-kit \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
}

# build_web NAME FOLDER [OUTPUT]: npm ci where the lock file changed, npm run build where sources are newer than the output.
build_web() {
    local name=$1 folder=$root/$2 output=${3:-} stamp=$root/build/stamps/$1 sources
    [[ -f $folder/package.json ]] || return 0
    sources=$(hash_of "$folder")
    [[ -f $stamp && $(<"$stamp") == "$sources" && -d $folder/node_modules && (-z $output || -d $folder/$output) ]] && return 0
    need_node
    mkdir -p "$root/build/stamps"
    rm -f "$stamp"
    if [[ ! -f $folder/node_modules/.usher-lock ]] || ! cmp -s "$folder/package-lock.json" "$folder/node_modules/.usher-lock"; then
        say "Fetching what the $name needs"
        (cd "$folder" && npm ci --no-audit --no-fund >&2) || die "npm ci failed in $2"
        cp "$folder/package-lock.json" "$folder/node_modules/.usher-lock"
    fi
    if [[ -n $output ]]; then
        say "Building the $name"
        (cd "$folder" && npm run --silent build >&2) || die "npm run build failed in $2"
        [[ -d $folder/$output ]] || die "npm run build in $2 made no $output"
    fi
    printf '%s\n' "$sources" >"$stamp"
}

build_webs() {
    build_web workspace plugins/workspace build
    build_web widget plugins/channels/livechat/widget dist
}

# build_kernel TARGET...: configures where needed, then ninja. Nothing to build takes well under a second.
build_kernel() {
    (cd "$build" && ninja -j "$(nproc)" "$@" >&2) || die "the build failed, see above"
}
