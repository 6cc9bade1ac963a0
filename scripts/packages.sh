# Functions over the package list, for ./tandem and scripts/doctor.sh. Source it with `root` set to the checkout.

# packages_of TIER...: the names of the tiers' packages.
packages_of() {
  local tier
  for tier in "$@"; do awk -v tier="$tier" '$1 == tier { print $2 }' "$root/scripts/packages.txt"; done
}

# installed_version PACKAGE: its version, or nothing where it is not installed.
installed_version() {
  dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | awk '$1 == "installed" { print $2; exit }'
}

# missing_of TIER...: those packages of the tiers that are not installed.
missing_of() {
  local package
  for package in $(packages_of "$@"); do
    [ -n "$(installed_version "$package")" ] || echo "$package"
  done
}
