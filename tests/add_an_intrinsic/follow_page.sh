#!/bin/bash
# Follows docs/add-an-intrinsic.md literally: runs its `sh` blocks in order and compares what each prints with the `text` block after it.
#   follow_page.sh ROOT declaration    the section that needs no build, in a folder of its own
#   follow_page.sh ROOT all            everything, on a copy of ROOT and of its build, seen at ROOT's own path so that only what changes is built
# Exit 77: it cannot run here.
set -u
root=$(cd "$1" && pwd)
mode=$2
page=$root/docs/add-an-intrinsic.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# follow LAST: the page's blocks as $work/N.sh and $work/N.text, up to the section LAST, run in the current folder.
follow() {
  awk -v work="$work" -v last="$1" '
    /^## / { section = substr($0, 4); if (done) exit; if (section == last) done = 1 }
    /^```/ {
      if (file != "") { close(file); file = ""; next }
      kind = substr($0, 4)
      if (kind == "sh") file = sprintf("%s/%02d.sh", work, ++count)
      if (kind == "text") file = sprintf("%s/%02d.text", work, count)
      if (file == "") file = "/dev/null"
      next
    }
    file != "" { print > file }' "$page"
  local step found=0
  for step in "$work"/*.sh; do
    found=1
    if ! bash -eu -o pipefail "$step" >"$work/out" 2>"$work/err"; then
      echo "FAILED: a command of $page:"; cat "$step" "$work/out" "$work/err"
      return 1
    fi
    [ -f "${step%.sh}.text" ] || continue
    if ! diff -u --label "$page" --label "what it printed" "${step%.sh}.text" "$work/out"; then
      echo "after:"; cat "$step"
      return 1
    fi
  done
  [ $found = 1 ] || { echo "FAILED: $page has no commands"; return 1; }
}

if [ "$mode" = declaration ]; then
  mkdir "$work/here"
  ln -s "$root/build" "$work/here/build"
  cd "$work/here" && follow "A declaration"
elif [ "$mode" = inside ]; then
  cd "$root" && follow ""
else
  unshare -m true 2>/dev/null || { echo "[SKIP] no mount namespaces here: the copy cannot be seen at the build's path"; exit 77; }
  mkdir "$work/copy"
  (cd "$root" && tar -c --exclude=./.git --exclude='./build-*' .) | tar -x -C "$work/copy"
  unshare -m bash -c 'mount --bind "$1" "$2" && exec bash "$2/tests/add_an_intrinsic/follow_page.sh" "$2" inside' follow "$work/copy" "$root"
fi
