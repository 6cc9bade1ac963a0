#!/bin/bash
# bare_machine.sh: the README's first lines on a Debian 12 that has git and nothing else, which debootstrap makes in a folder that is gone
# afterwards. Prints what `./tandem demo` says, then the seconds from the clone to its end; exits as it does. As root, ten minutes.
set -eu
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
machine=$(mktemp -d /var/tmp/tandem_bare_machine.XXXXXX)

clean() {
  local mount
  for mount in dev proc; do
    if mountpoint -q "$machine/$mount"; then umount "$machine/$mount" || return; fi
  done
  rm -rf --one-file-system "$machine"
}
trap clean EXIT

debootstrap --variant=minbase --include=git,ca-certificates bookworm "$machine" >"$machine.log" 2>&1 || { tail -n 5 "$machine.log"; exit 2; }
rm -f "$machine.log"
git clone -q --bare "$checkout" "$machine/root/tandem.git"
mount -t proc proc "$machine/proc"
mount --bind /dev "$machine/dev"
cp /etc/resolv.conf /etc/hosts "$machine/etc/"
cat >"$machine/root/first_lines.sh" <<'LINES'
cd /root
start=$SECONDS
git clone -q tandem.git tandem && cd tandem
./tandem demo
status=$?
echo "clone to end of demo: $((SECONDS - start)) s"
exit $status
LINES
env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$machine" /bin/bash /root/first_lines.sh 2>&1
