#!/bin/bash
# every_module.sh: fails, and names it, where a module of hw/ has no bench in hw/tests that instantiates it, or where one that is said to
# have none has one.
set -u
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Modules without a bench of their own: they run whole programs in tandem_accel_run.sv (sim/rtl/icarus_test.cc), in four states, and what
# they are made of has benches.
none="tandem_accel tandem_core"

status=0
for file in "$tests"/../*.sv; do
  module=$(basename "$file" .sv)
  benches=$(grep -lE "^ *$module +(#\(|u_)" "$tests"/*_bench.sv)
  if [[ " $none " == *" $module "* ]]; then
    [ -z "$benches" ] || { echo "$module has a bench now: take it off the list in every_module.sh"; status=1; }
  elif [ -z "$benches" ]; then
    echo "$module has no bench: add hw/tests/${module}_bench.sv"
    status=1
  fi
done
[ $status -ne 0 ] || echo "every module has its bench, but for $none"
exit $status
