// The contract of everything that executes an isa::Program. Every simulator passes sim/api's contract suite.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isa/program.h"
#include "sim/api/observer.h"
#include "sim/api/run_error.h"
#include "support/result.h"

namespace tandem::sim {

/// Named counts in a fixed order, e.g. {"load.busy", 1234}.
using Counters = std::vector<std::pair<std::string, uint64_t>>;

/// Bytes of tensors by binding name, in the binding's own DRAM layout.
using Buffers = std::map<std::string, Bytes>;

struct RunResult {
  Buffers outputs;      // every binding with role kOutput
  uint64_t cycles = 0;  // clock edges from accepted start to done; 0 where time does not exist (functional)
  double seconds = 0;   // wall time of the simulation itself
  uint64_t macs = 0;    // multiply-accumulates of GEMM (without reset) and MAC: batch x block_in x block_out a step, of
                        // depthwise batch x block_out x depthwise_width
  Counters counters;
  std::vector<uint64_t> mark_cycles;  // per Program::marks: the cycle at which its last instruction completed
};

struct RunLimits {
  uint64_t cycles = 0;  // 0: none. Passing it is an error that names the limit.
};

class Simulator {
 public:
  virtual ~Simulator() = default;
  /// "functional", "rtl", ...
  virtual std::string name() const = 0;
  /// Runs `program` from reset. Inputs that are not given are zero; an input of the wrong size, a program for other
  /// hardware, a hardware fault (with the instruction's index) and a hang (who waits for which token) are errors. Runs
  /// are independent: the same program twice gives the same result.
  virtual Result<RunResult> run(const isa::Program& program, const Buffers& inputs, const RunLimits& limits = {}) = 0;
  /// Tells `observer`, which outlives them, about the runs from now on; null: nobody. False: it cannot.
  virtual bool observe(Observer* observer) { return observer == nullptr; }
  /// What ended the last run: nothing where it ended well, was refused, or passed its limit.
  virtual std::optional<RunError> last_error() const { return std::nullopt; }
};

}  // namespace tandem::sim
