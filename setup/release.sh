#!/bin/sh
# Publish what is in dist/ as the release of this commit's tag, with its part of the changelog: setup/release.sh
set -eu

version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
tag=$(git describe --tags --exact-match)
if [ "$tag" != "v$version" ]; then
    echo "The tag is $tag, and pyproject.toml says $version." >&2
    exit 1
fi
notes=$(awk -v part="## [$version]" 'index($0, "## ") == 1 { found = index($0, part) == 1; next } found' CHANGELOG.md)
if [ -z "$notes" ]; then
    echo "CHANGELOG.md says nothing of $version." >&2
    exit 1
fi
printf '%s\n' "$notes" | gh release create "$tag" dist/* --title "$version" --notes-file -
