#include "sim/rtl/rtl_run.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <vector>

#include "isa/access.h"
#include "sim/api/hang.h"

namespace tandem::sim {
namespace {

using isa::Engine;

// The order of the harness's engines.
constexpr std::array<Engine, 3> kEngines{Engine::kLoad, Engine::kCompute, Engine::kStore};

Diagnostic deadlock(const isa::Program& program, const TandemRtlRun& run);

/// What the static checker says of the instruction, which knows the index that the error register does not; else the
/// general rule.
Diagnostic hardware_fault(const isa::Program& program, const TandemRtlRun& run) {
  const int64_t instruction = run.error_instruction;
  if (run.error_code == kTandemRtlErrorTokens) {
    constexpr std::array<std::pair<Engine, Engine>, 4> kDirections{{{Engine::kLoad, Engine::kCompute},
                                                                    {Engine::kCompute, Engine::kLoad},
                                                                    {Engine::kCompute, Engine::kStore},
                                                                    {Engine::kStore, Engine::kCompute}}};
    std::vector<LeftOver> left;
    for (const Engine from : kEngines) {
      for (size_t i = 0; i < kDirections.size(); ++i) {
        if (kDirections[i].first == from && run.token_level[i] != 0)
          left.push_back({from, kDirections[i].second, run.token_level[i]});
      }
    }
    return tokens_left(program, instruction, left);
  }
  if (run.error_code == kTandemRtlErrorDeadlock) return deadlock(program, run);
  if (run.error_code == kTandemRtlErrorWatchdog) {
    Diagnostic late =
        fault(program, instruction,
              fmt::format("nothing has moved for {} cycles: the memory does not answer", run.watchdog_cycles));
    late.hint = "the watchdog register holds the limit";
    return late;
  }
  if (run.error_code == kTandemRtlErrorAddress) {
    return Diagnostic{{program.name},
                      fmt::format("the program's memory begins at {:#x} for the device, which is not a multiple of {}",
                                  run.memory_base, isa::kWidestBusBytes),
                      {},
                      "address registers hold multiples of it"};
  }
  if (run.error_code == kTandemRtlErrorOrder) return fault(program, instruction, "finish is not the last instruction");
  if (run.error_code == kTandemRtlErrorNoFinish)
    return fault(program, instruction, "the program does not end with finish");
  for (const isa::Fault& known : isa::check(program)) {
    if (known.instruction == instruction) return fault(program, instruction, known.what);
  }
  switch (run.error_code) {
    case kTandemRtlErrorEncoding:
      return fault(program, instruction, "the hardware does not know the encoding");
    case kTandemRtlErrorBounds:
      return fault(program, instruction, "an index lies beyond its buffer");
    case kTandemRtlErrorRead:
      return fault(program, instruction, "the memory answered a read with an error");
    default:
      return fault(program, instruction, "the memory answered a write with an error");
  }
}

bool pushes_to_load(const isa::Program& program, uint32_t instruction) {
  const Result<isa::Instruction> decoded = isa::decode(program.hardware, program.code[instruction]);
  return decoded.ok() && isa::token_flags(*decoded).push_prev;
}

/// Where the engines stand, as far as the device says something that can be: it may be a broken one (bench/mutation.h).
Diagnostic deadlock(const isa::Program& program, const TandemRtlRun& run) {
  std::vector<EngineState> states;
  const auto known = [&](uint32_t instruction) { return instruction < program.code.size(); };
  states.push_back(run.fetch_done || !known(run.fetch_instruction)
                       ? EngineState{}
                       : EngineState{{}, Wait::kQueueRoom, static_cast<int64_t>(run.fetch_instruction)});
  // Bits of wait_token by engine: what stands for its previous and its next neighbour.
  constexpr std::array<uint32_t, 3> kWaitsForPrevious{0, 1u << 1, 1u << 3};
  constexpr std::array<uint32_t, 3> kWaitsForNext{1u << 0, 1u << 2, 0};
  for (size_t i = 0; i < kEngines.size(); ++i) {
    EngineState state{kEngines[i]};
    const uint32_t bit = 1u << i;
    state.instruction = run.head_instruction[i];
    if ((run.idle & bit) == 0 && known(run.head_instruction[i])) {
      state.wait = Wait::kMemory;
    } else if ((run.head_valid & bit) == 0 || !known(run.head_instruction[i])) {
      state.wait = Wait::kWork;
    } else if ((run.wait_token & kWaitsForPrevious[i]) != 0) {
      state.wait = Wait::kPrevToken;
    } else if ((run.wait_token & kWaitsForNext[i]) != 0) {
      state.wait = Wait::kNextToken;
    } else if ((run.wait_space & bit) != 0) {
      // Load pushes to its next engine, store to its previous one, compute to the one whose queue is full.
      const bool compute_to_load = kEngines[i] == Engine::kCompute &&
                                   pushes_to_load(program, run.head_instruction[i]) &&
                                   run.token_level[1] == static_cast<uint32_t>(program.hardware.token_queue_depth);
      state.wait = kEngines[i] == Engine::kStore || compute_to_load ? Wait::kPrevRoom : Wait::kNextRoom;
    } else {
      state.wait = Wait::kOthers;
    }
    states.push_back(state);
  }
  return hang(program, states);
}

}  // namespace

std::optional<RunError> rtl_error(const TandemRtlRun& run) {
  static const std::map<uint32_t, ErrorCode> codes = {
      {kTandemRtlErrorEncoding, ErrorCode::kEncoding}, {kTandemRtlErrorBounds, ErrorCode::kBounds},
      {kTandemRtlErrorRead, ErrorCode::kRead},         {kTandemRtlErrorWrite, ErrorCode::kWrite},
      {kTandemRtlErrorTokens, ErrorCode::kTokens},     {kTandemRtlErrorOrder, ErrorCode::kOrder},
      {kTandemRtlErrorNoFinish, ErrorCode::kNoFinish}, {kTandemRtlErrorDeadlock, ErrorCode::kDeadlock},
      {kTandemRtlErrorWatchdog, ErrorCode::kWatchdog}, {kTandemRtlErrorAddress, ErrorCode::kAddress}};
  const auto code = codes.find(run.error_code);
  if (run.status != kTandemRtlDone || code == codes.end()) return std::nullopt;
  return RunError{code->second, static_cast<int32_t>(run.error_instruction)};
}

Result<void> rtl_verdict(const isa::Program& program, const TandemRtlRun& run, const RunLimits& limits) {
  switch (run.status) {
    case kTandemRtlCycleLimit:
      return limit_passed(program, limits.cycles);
    case kTandemRtlAssertion:
      return Diagnostic{{program.name}, fmt::format("an assertion of the RTL failed: {}", run.message), {}, ""};
    default:
      if (run.error_code != kTandemRtlErrorNone) return hardware_fault(program, run);
      return {};
  }
}

void rtl_counters(const isa::HwConfig& hardware, const TandemRtlRun& run, RunResult& result) {
  for (uint32_t i = 0; i < run.counter_count; ++i) {
    const std::string name = run.counter_names[i];
    if (name == "gemm.ops") result.macs += run.counters[i] * static_cast<uint64_t>(hardware.macs_per_uop());
    if (name == "depthwise.ops")
      result.macs += run.counters[i] * static_cast<uint64_t>(hardware.macs_per_depthwise_step());
    if (name == "read.beats" || name == "write.beats") {
      result.counters.emplace_back(name.substr(0, name.find('.')) + ".bytes",
                                   run.counters[i] * static_cast<uint64_t>(hardware.bus_bytes));
    } else {
      result.counters.emplace_back(name, run.counters[i]);
    }
  }
}

void RtlWatch::attach(TandemRtlRun& run) {
  run.observer = this;
  run.started = [](void* self, uint64_t cycle, uint32_t instruction) {
    static_cast<RtlWatch*>(self)->observer->started(cycle, instruction);
  };
  run.retired = [](void* self, uint64_t cycle, uint32_t instruction) {
    const RtlWatch& watch = *static_cast<RtlWatch*>(self);
    watch.observer->retired(cycle, instruction, watch.dram);
  };
  run.does = [](void* self, uint64_t cycle, uint32_t unit, uint32_t activity) {
    static_cast<RtlWatch*>(self)->observer->does(cycle, static_cast<Unit>(unit), static_cast<Activity>(activity));
  };
}

}  // namespace tandem::sim
