#include "sim/rtl/rtl_simulator.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include "isa/access.h"
#include "sim/api/admission.h"
#include "sim/api/hang.h"
#include "sim/rtl/harness/harness.h"

namespace tandem::sim {
namespace {

using isa::Engine;

// The order of the harness's engines.
constexpr std::array<Engine, 3> kEngines{Engine::kLoad, Engine::kCompute, Engine::kStore};

struct CloseLibrary {
  void operator()(void* library) const { ::dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

struct FreeMemory {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};
/// Zeroed; pages that nobody touches cost nothing.
using Memory = std::unique_ptr<uint8_t[], FreeMemory>;

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

/// The error register as a value; nothing where the run ended well or by the limit of cycles.
std::optional<RunError> run_error(const TandemRtlRun& run) {
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

/// The functions of a model.
struct Entries {
  decltype(&tandem_rtl_open) open = nullptr;
  decltype(&tandem_rtl_run) run = nullptr;
  decltype(&tandem_rtl_close) close = nullptr;
};
using Device = std::unique_ptr<void, decltype(&tandem_rtl_close)>;

class RtlSimulator final : public Simulator {
 public:
  RtlSimulator(const isa::HwConfig& hardware, const Platform& platform, const RtlConditions& conditions,
               Library library, const Entries& entries)
      : hardware_(hardware),
        timing_(dram_timing(platform)),
        conditions_(conditions),
        library_(std::move(library)),
        entries_(entries),
        device_(nullptr, entries.close) {}

  std::string name() const override { return "rtl"; }

  Result<RunResult> run(const isa::Program& program, const Buffers& inputs, const RunLimits& limits) override {
    error_ = std::nullopt;
    TANDEM_TRY(admit(program, hardware_, inputs));
    const uint64_t size = isa::memory_bytes(program);
    const Memory dram(static_cast<uint8_t*>(std::calloc(std::max<uint64_t>(size, 1), 1)));
    if (dram == nullptr) {
      return Diagnostic{{program.name},
                        fmt::format("cannot allocate the program's {} bytes of DRAM", program.dram_bytes),
                        {},
                        "place its tensors lower"};
    }
    fill(program, inputs, dram.get());

    std::vector<uint64_t> retired(program.code.size());
    TandemRtlRun run{};
    run.dram = dram.get();
    run.dram_bytes = size;
    run.code_address = program.code_address;
    run.instruction_count = program.code.size();
    run.memory = &timing_;
    run.max_cycles = limits.cycles;
    run.retire_cycles = retired.data();
    run.soft_reset_cycle = conditions_.soft_reset_cycle;
    run.memory_base = conditions_.memory_base;
    run.watch_registers = conditions_.watch_registers ? 1 : 0;
    run.mutant = conditions_.mutant;
    run.watchdog_cycles = conditions_.watchdog_cycles;
    if (conditions_.memory) {
      run.restless = 1;
      run.restless_stalls = conditions_.memory->stalls ? 1 : 0;
      run.restless_seed = conditions_.memory->seed;
      run.silent_after_reads = conditions_.memory->silent_after_reads;
      run.silent_after_writes = conditions_.memory->silent_after_writes;
    }
    const auto start = std::chrono::steady_clock::now();
    if (device_ == nullptr) device_.reset(entries_.open());
    entries_.run(device_.get(), &run);
    if (!conditions_.relaunch) device_.reset();
    RunResult result;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    error_ = run_error(run);
    TANDEM_TRY(verdict(program, run, limits));

    result.cycles = run.cycles;
    report_counters(run, result);
    for (const isa::Binding& binding : program.bindings) {
      if (binding.role != isa::Role::kOutput) continue;
      const uint8_t* begin = dram.get() + binding.address;
      result.outputs[binding.name] = Bytes(begin, begin + binding.size_bytes());
    }
    for (size_t i = 0; i < program.marks.size(); ++i) {
      const auto at = [&](int64_t instruction) { return retired.begin() + static_cast<std::ptrdiff_t>(instruction); };
      const int64_t end = i + 1 < program.marks.size() ? program.marks[i + 1].first_instruction
                                                       : static_cast<int64_t>(program.code.size());
      const int64_t begin = program.marks[i].first_instruction;
      result.mark_cycles.push_back(begin < end ? *std::max_element(at(begin), at(end)) : 0);
    }
    return result;
  }
  std::optional<RunError> last_error() const override { return error_; }

 private:
  /// Puts code, segments and inputs where the program wants them.
  static void fill(const isa::Program& program, const Buffers& inputs, uint8_t* dram) {
    Bytes code;
    const isa::Codec codec(program.hardware);
    for (const isa::EncodedInstruction& instruction : program.code) codec.append_bytes(instruction, code);
    std::copy(code.begin(), code.end(), dram + program.code_address);
    for (const isa::Segment& segment : program.segments) {
      std::copy(segment.bytes.begin(), segment.bytes.end(), dram + segment.address);
    }
    for (const isa::Binding& binding : program.bindings) {
      const auto input = inputs.find(binding.name);
      if (input != inputs.end()) std::copy(input->second.begin(), input->second.end(), dram + binding.address);
    }
  }

  Result<void> verdict(const isa::Program& program, const TandemRtlRun& run, const RunLimits& limits) const {
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

  void report_counters(const TandemRtlRun& run, RunResult& result) const {
    for (uint32_t i = 0; i < run.counter_count; ++i) {
      const std::string name = run.counter_names[i];
      if (name == "gemm.ops") result.macs += run.counters[i] * static_cast<uint64_t>(hardware_.macs_per_uop());
      if (name == "depthwise.ops")
        result.macs += run.counters[i] * static_cast<uint64_t>(hardware_.macs_per_depthwise_step());
      if (name == "read.beats" || name == "write.beats") {
        result.counters.emplace_back(name.substr(0, name.find('.')) + ".bytes",
                                     run.counters[i] * static_cast<uint64_t>(hardware_.bus_bytes));
      } else {
        result.counters.emplace_back(name, run.counters[i]);
      }
    }
  }

  const isa::HwConfig hardware_;
  const DramTiming timing_;
  const RtlConditions conditions_;
  const Library library_;
  const Entries entries_;
  std::optional<RunError> error_;
  Device device_;  // closed before the library
};

}  // namespace

Result<std::unique_ptr<Simulator>> make_rtl_simulator(const isa::HwConfig& hardware, const Platform& platform,
                                                      const RtlModelOptions& options, const RtlConditions& conditions) {
  TANDEM_ASSIGN(const std::string model, build_rtl_model(hardware, options));
  return load_rtl_simulator(model, hardware, platform, conditions);
}

Result<std::unique_ptr<Simulator>> load_rtl_simulator(const std::string& path, const isa::HwConfig& hardware,
                                                      const Platform& platform, const RtlConditions& conditions) {
  Library library(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  Entries entries;
  const auto find = [&](const char* name, auto& function) {
    void* entry = library ? ::dlsym(library.get(), name) : nullptr;
    static_assert(sizeof function == sizeof entry);
    std::memcpy(&function, &entry, sizeof entry);
    return entry != nullptr;
  };
  if (!find("tandem_rtl_open", entries.open) || !find("tandem_rtl_run", entries.run) ||
      !find("tandem_rtl_close", entries.close)) {
    return Diagnostic{
        {path}, fmt::format("cannot load the RTL model: {}", ::dlerror()), {}, "remove the file; it is built again"};
  }
  return std::unique_ptr<Simulator>(
      std::make_unique<RtlSimulator>(hardware, platform, conditions, std::move(library), entries));
}

}  // namespace tandem::sim
