#!/usr/bin/env bash
# debian.sh SUITE FOLDER PROGRAM PACKAGE: a program of another Debian suite, unpacked with all it needs into a folder, and
# FOLDER/run to start it. Nothing is installed on the system; apt works with lists and a cache of its own.
set -euo pipefail
suite=$1 folder=$2 program=$3 package=$4

[[ -x $folder/run ]] && exit 0
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -1)
arch=$(dpkg --print-architecture)
rm -rf "$folder" && mkdir -p "$folder" && folder=$(realpath "$folder")
apt=$folder/apt files=$folder/files
mkdir -p "$apt"/etc/{apt.conf.d,preferences.d,trusted.gpg.d,sources.list.d} "$apt"/{lists,cache/archives}/partial "$files"
: >"$apt/status"
printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$suite" >"$apt/etc/sources.list"
options=(
    -o Dir::Etc="$apt/etc" -o Dir::Etc::sourcelist="$apt/etc/sources.list" -o Dir::Etc::sourceparts="$apt/etc/sources.list.d"
    -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o Dir::Log="$apt"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Architecture="$arch" -o APT::Sandbox::User="$(id -un)"
    -o APT::Install-Recommends=false -o Debug::NoLocking=1 -o Acquire::Languages=none
)
apt-get "${options[@]}" -qq update
apt-get "${options[@]}" -qq -y --download-only install "$package" >/dev/null
for archive in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$files"; done
rm -rf "$apt"

# With the libraries of its own suite.
triple=$(basename "$(dirname "$(find "$files/usr/lib" -name libc.so.6 | head -1)")")
loader=$(find "$files/usr/lib/$triple" "$files/lib/$triple" -name 'ld-linux-*.so.*' 2>/dev/null | head -1 || true)
binary=$files$(readlink -f "$files/usr/bin/$program" | sed "s|^$files||")
{
    printf '#!/bin/sh\n'
    [[ -d $files/usr/lib/helix/runtime ]] && printf 'export HELIX_RUNTIME=%q\n' "$files/usr/lib/helix/runtime"
    [[ -d $files/usr/share/nvim/runtime ]] && printf 'export VIMRUNTIME=%q\n' "$files/usr/share/nvim/runtime"
    dump=$(find "$files/usr/libexec" -name '*.pdmp' 2>/dev/null | head -1 || true)
    arguments=
    if [[ $dump ]]; then
        share=$(find "$files/usr/share/emacs" -maxdepth 1 -name '[0-9]*' | head -1)
        printf 'export EMACSLOADPATH=%q EMACSDATA=%q EMACSPATH=%q\n' "$share/lisp" "$share/etc" "$(dirname "$dump")"
        arguments="--dump-file=$dump"
    fi
    printf 'exec %q --library-path %q %q %s "$@"\n' "$loader" "$files/usr/lib/$triple:$files/lib/$triple" "$binary" "$arguments"
} >"$folder/run.new"
chmod +x "$folder/run.new" && mv "$folder/run.new" "$folder/run"
