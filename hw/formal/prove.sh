#!/bin/bash
# prove.sh NAME [STEPS]: proves the assertions of hw/formal/NAME_proof.sv by bounded search and by induction, with yosys-smtbmc and z3.
# Prints PROVED and exits 0, or the counterexample and exits 1.
set -eu
name=$1 steps=${2-3}
formal=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
yosys -q -w 'is used but has no driver' -p "read_verilog -formal -sv $formal/${name}_proof.sv $formal/../$name.sv; hierarchy -libdir $formal/.. -top ${name}_proof; prep -top ${name}_proof -nordff; memory_map; opt_clean; flatten;
  opt -full; dffunmap; check -assert; write_smt2 -wires $work/design.smt2"
for mode in "" -i; do
  if ! yosys-smtbmc -s z3 $mode -t "$steps" "$work/design.smt2" >"$work/log" 2>&1; then
    cat "$work/log"
    echo "NOT PROVED: $name (${mode:-bounded})"
    exit 1
  fi
done
echo "PROVED: $name, bounded to $steps steps and by induction"
