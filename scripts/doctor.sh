#!/bin/bash
# tandem doctor: what is installed, what is missing, what that disables, how to mend it. Needs no build.
# Exit 0 when the core tier is complete, 1 when it is not, 2 on bad usage.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/packages.sh"

format=text
while [ $# -gt 0 ]; do
  case "$1" in
    --format) format=${2-}; shift ;;
    --format=*) format=${1#--format=} ;;
    -h | --help) echo "Usage: tandem doctor [--format text|json]"; exit 0 ;;
    *) echo "error: unknown option '$1'" >&2; echo "  legal: --format, --help" >&2; exit 2 ;;
  esac
  shift
done
case "$format" in
  text | json) ;;
  *) echo "error: --format: unknown value '$format'" >&2; echo "  legal: text, json" >&2; exit 2 ;;
esac

# What a tier's absence disables, one line a tier.
disables() {
  case "$1" in
    core) echo "nothing works" ;;
    test) echo "no ./tandem test, ./tandem nightly" ;;
    gpu) echo "no --on gpu" ;;
    report) echo "no pictures of reports in the tests" ;;
    farm) echo "no --executor slurm" ;;
  esac
}

rows=()           # tier|package|version|purpose
missing_tiers=""  # tiers that lack something
while read -r tier package purpose; do
  version=$(installed_version "$package")
  rows+=("$tier|$package|$version|$purpose")
  if [ -z "$version" ]; then
    case " $missing_tiers " in *" $tier "*) ;; *) missing_tiers="$missing_tiers $tier" ;; esac
  fi
done < <(grep -v -e '^#' -e '^[[:space:]]*$' "$root/scripts/packages.txt")

status=0
case " $missing_tiers " in *" core "*) status=1 ;; esac
cores=$(nproc 2>/dev/null || echo 1)
memory_mib=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
disk_mib=$(df -Pm "$root" | awk 'NR == 2 { print $4 }')
data=${TANDEM_DATA-$root/../shared}
[ -d "$data/vta" ] && data=$(cd "$data" && pwd) || data=""
built=""
[ -x "$root/build/tandem" ] && built="$root/build/tandem"

if [ "$format" = json ]; then
  separator=""
  printf '{\n  "packages": ['
  for row in "${rows[@]}"; do
    IFS='|' read -r tier package version purpose <<<"$row"
    printf '%s\n    {"tier": "%s", "package": "%s", "installed": %s, "version": "%s", "purpose": "%s"}' "$separator" \
      "$tier" "$package" "$([ -n "$version" ] && echo true || echo false)" "$version" "$purpose"
    separator=","
  done
  printf '\n  ],\n  "machine": {"cores": %d, "memory_mib": %d, "disk_free_mib": %d},\n' "$cores" "$memory_mib" "$disk_mib"
  printf '  "built": "%s",\n  "data": "%s",\n  "ok": %s\n}\n' "$built" "$data" \
    "$([ $status = 0 ] && echo true || echo false)"
  exit $status
fi

last_tier=""
for row in "${rows[@]}"; do
  IFS='|' read -r tier package version purpose <<<"$row"
  [ "$tier" = "$last_tier" ] || printf '%s (without it: %s)\n' "$tier" "$(disables "$tier")"
  last_tier=$tier
  printf '  %-8s %-20s %-24s %s\n' "$([ -n "$version" ] && echo ok || echo MISSING)" "$package" "$version" "$purpose"
done
printf 'machine\n  %d cores, %d MiB of memory, %d MiB free on the disk\n' "$cores" "$memory_mib" "$disk_mib"
[ "$memory_mib" -ge 3500 ] || echo "  hint: a build with two compilers needs about 3.5 GiB; less may swap"
[ "$disk_mib" -ge 3000 ] || echo "  hint: build and Verilated models need about 3 GiB; free some"
printf 'build\n  %s\n' "${built:-none yet: every ./tandem COMMAND builds first}"
printf 'shared programs and models\n  %s\n' \
  "${data:-none: tests that read them are skipped; set TANDEM_DATA to a folder that holds vta/ and models/}"
for tier in $missing_tiers; do
  printf 'to mend %s:\n  %sapt-get install --no-install-recommends %s\n' "$tier" \
    "$([ "$(id -u)" = 0 ] || echo 'sudo ')" "$(missing_of "$tier" | paste -sd' ')"
done
exit $status
