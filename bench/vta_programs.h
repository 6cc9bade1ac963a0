// The shared VTA programs that the benches time: loading them, running one and holding its outputs against the expected
// ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/program.h"
#include "sim/api/simulator.h"

namespace tandem::bench {

/// Those of ../shared/vta/programs/made whose cycles the public design's are known for.
const std::vector<std::string>& timed_programs();

/// The program for the default hardware. Where the shared data is not there, the error says how to name its place.
Result<isa::Program> load_vta_program(const std::string& name);

/// Bytes of the outputs that differ from what they must be.
int64_t wrong_bytes(const isa::Program& program, const sim::RunResult& result);

/// "vta_default 0123456789abcdef".
std::string describe(const isa::HwConfig& hardware);

}  // namespace tandem::bench
