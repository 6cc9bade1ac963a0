// Checks that an intrinsic does what its pattern says: the emission runs on random and edge values, the pattern in the
// interpreter, and a difference is shrunk to a few values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/api/simulator.h"
#include "sim/cpu/cpu_jit.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"
#include "verify/cases.h"

namespace tandem::verify {

/// Runs what an intrinsic emits.
class Executor {
 public:
  virtual ~Executor() = default;
  /// "functional", "rtl", "cpu".
  virtual std::string name() const = 0;
  /// The operands of each case as the emission leaves them. An error of the machine is one.
  virtual Result<std::vector<Values>> run(const tensorize::IntrinsicDeclaration& declaration,
                                          const std::vector<Case>& cases) = 0;
};

/// Emissions of the accelerator, in programs of many cases each: operands are loaded, one instruction has a micro-op
/// for each case, and all four bytes of every accumulator are stored: operands that are only read must stay as they
/// are. Keeps a reference to the simulator.
std::unique_ptr<Executor> make_accel_executor(sim::Simulator& simulator, const isa::HwConfig& hardware);

/// Emissions of the CPU, compiled from the declarations that `intrinsics` has. Keeps a reference to the compiler.
std::unique_ptr<Executor> make_cpu_executor(sim::CpuJit& jit, const tensorize::IntrinsicSet& intrinsics);

struct Counterexample {
  Case inputs;
  size_t param = 0;  // of the first value that differs
  size_t position = 0;
  int64_t expected = 0, got = 0;
};

/// The counterexample of the fewest and smallest values that was found; none where pattern and emission agree on
/// `cases` cases drawn from `seed`.
Result<std::optional<Counterexample>> verify(const tensorize::IntrinsicDeclaration& declaration, Executor& executor,
                                             int cases, uint64_t seed);

/// "dst[0, 3] = 5, src[0, 3] = 7, all else 0" and "dst[0, 3]: expected -2, got 12", a line each.
std::string to_text(const tensorize::IntrinsicDeclaration& declaration, const Counterexample& found);

}  // namespace tandem::verify
