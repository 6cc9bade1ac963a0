// What the mutants of the RTL are tried with: programs and conditions that reach every corner of the device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/program.h"
#include "sim/api/simulator.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::bench {

/// Programs that one device runs after each other, and the conditions.
struct Trial {
  sim::RtlConditions conditions;
  std::vector<isa::Program> programs;
  bool undisturbed;  // programs that are legal end well
  sim::Platform platform;
};

/// Random legal and illegal programs on a patient and on a restless memory, resets, silent memories, misaligned starts,
/// blocks and loops as large as the buffers and
/// beyond them by one, full queues, a memory so slow that every cause of waiting lasts; those that notice most come
/// first. All of a program's memory is an output, and each instruction has a mark.
std::vector<Trial> mutation_trials(const isa::HwConfig& hardware, uint64_t seed);

}  // namespace tandem::bench
