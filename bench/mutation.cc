#include "bench/mutation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "bench/vta_programs.h"
#include "isa/access.h"
#include "isa/random_program.h"
#include "sim/api/agreement.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"
#include "support/hash.h"
#include "synth/gate_netlist.h"

namespace tandem::bench {
namespace {

constexpr char kDesign[] = "configs/hw/test/b1_4x4.yaml";
constexpr uint32_t kWatchdogCycles = 3000;  // a mutant that hangs is soon told

/// Programs that one device runs after each other, and the conditions.
struct Trial {
  sim::RtlConditions conditions;
  std::vector<isa::Program> programs;
  sim::RunLimits limits;
  std::string expected;  // what it shows without a mutant
};

/// Everything that can be seen of a run.
std::string seen(const Result<sim::RunResult>& result) {
  if (!result.ok()) return render(result.error());
  std::string text = fmt::format("{} cycles", result->cycles);
  for (const auto& [name, value] : result->counters) text += fmt::format(" {}={}", name, value);
  for (const auto& [name, bytes] : result->outputs) {
    text += fmt::format(" {}:{:x}", name, hash64(std::string(bytes.begin(), bytes.end())));
  }
  for (const uint64_t cycle : result->mark_cycles) text += fmt::format(" {}", cycle);
  return text;
}

class Trials {
 public:
  Trials(const isa::HwConfig& hardware, std::string model, uint64_t seed)
      : hardware_(hardware), model_(std::move(model)), rng_(seed) {
    for (int i = 0; i < 6; ++i) add({legal(24)}, {});
    for (int i = 0; i < 4; ++i) add({legal(40)}, restless());
    add({large()}, {});
    for (int i = 0; i < 12; ++i) add({illegal(), legal(8)}, {});
    for (const uint64_t cycle : {3, 200, 700, 1500}) {
      sim::RtlConditions reset;
      reset.soft_reset_cycle = cycle;
      if (cycle % 8 == 0) reset.memory = sim::Restlessness{cycle};
      add({legal(30), legal(10)}, reset);
    }
    for (const uint64_t bursts : {0, 1, 2, 5, 9, 20}) {
      add({legal(12)}, silent(bursts, ~uint64_t{0}));
      add({legal(12)}, silent(~uint64_t{0}, bursts));
    }
    add({legal(8)}, silent(4, 0), /*watchdog_cycles=*/40'000);
    add({many(4500)}, {});
    for (int i = 0; i < 40; ++i) add({legal(80)}, i % 4 == 0 ? restless() : sim::RtlConditions{});
    for (int i = 0; i < 20; ++i) add({illegal()}, i % 2 == 0 ? restless() : sim::RtlConditions{});
  }

  /// What every trial shows without a mutant; an error where the netlist itself is wrong.
  Result<void> prepare() {
    const auto functional = sim::make_functional_simulator(hardware_);
    for (Trial& trial : trials_) {
      trial.limits.cycles = 100'000;
      TANDEM_ASSIGN(const auto simulator, sim::load_rtl_simulator(model_, hardware_, {}, trial.conditions));
      uint64_t longest = 0;
      for (const isa::Program& program : trial.programs) {
        const Result<sim::RunResult> result = simulator->run(program, {}, trial.limits);
        trial.expected += seen(result) + "\n";
        if (!result.ok()) continue;
        longest = std::max(longest, result->cycles);
        TANDEM_ASSIGN(sim::RunResult meant, functional->run(program, {}));
        sim::RunResult shown = *result;
        for (sim::RunResult* each : {&meant, &shown}) each->outputs.erase("memory");  // the code lies only in the RTL's
        const std::string difference = sim::disagreement(meant, shown);
        if (!difference.empty())
          return Diagnostic{{model_}, "the netlist computes something else: " + difference, {}, ""};
      }
      if (longest > 0) trial.limits.cycles = 2 * longest + 2 * kWatchdogCycles;
    }
    return {};
  }

  /// The number of the trial that shows the mutant; 0: none does.
  Result<size_t> killer(int mutant) const {
    for (size_t i = 0; i < trials_.size(); ++i) {
      const Trial& trial = trials_[i];
      sim::RtlConditions conditions = trial.conditions;
      conditions.mutant = static_cast<uint32_t>(mutant);
      TANDEM_ASSIGN(const auto simulator, sim::load_rtl_simulator(model_, hardware_, {}, conditions));
      std::string shown;
      for (const isa::Program& program : trial.programs) {
        shown += seen(simulator->run(program, {}, trial.limits)) + "\n";
        if (trial.expected.compare(0, shown.size(), shown) != 0) return i + 1;
      }
    }
    return size_t{0};
  }

 private:
  sim::RtlConditions restless() {
    sim::RtlConditions conditions;
    conditions.memory = sim::Restlessness{rng_.next()};
    return conditions;
  }

  /// A memory that falls silent.
  static sim::RtlConditions silent(uint64_t after_reads, uint64_t after_writes) {
    sim::RtlConditions conditions;
    conditions.memory = sim::Restlessness{1, false, after_reads, after_writes};
    return conditions;
  }

  void add(std::vector<isa::Program> programs, sim::RtlConditions conditions,
           uint32_t watchdog_cycles = kWatchdogCycles) {
    conditions.relaunch = true;
    conditions.watch_registers = true;
    conditions.watchdog_cycles = watchdog_cycles;
    conditions.memory_base = (rng_.next() & 0xffff'ffff'ffff) / isa::kWidestBusBytes * isa::kWidestBusBytes;
    trials_.push_back({conditions, std::move(programs), {}, ""});
  }

  /// So many instructions that do nothing, the last of them illegal.
  isa::Program many(size_t instructions) {
    isa::Program program;
    program.name = "many";
    program.hardware = hardware_;
    program.code.assign(instructions, isa::encode(hardware_, isa::Load{}));
    program.code.back() = {{7 << 7}};  // a LOAD of an unknown memory
    program.dram_bytes = program.code.size() * static_cast<size_t>(isa::Codec(hardware_).instruction_bytes());
    return marked(program);
  }

  /// Blocks and loops as large as the buffers, data at their ends.
  isa::Program large() {
    isa::Program program;
    program.name = "large";
    program.hardware = hardware_;
    const auto put = [&](const isa::Instruction& instruction) {
      program.code.push_back(isa::encode(hardware_, instruction));
    };
    // Data: 64 KiB, of every magnitude.
    Bytes data(0x10000);
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i % 3 == 0 ? 0x80 : rng_.next());
    const auto load = [&](isa::Memory memory, uint32_t rows, uint32_t elements, uint32_t stride, uint32_t pads) {
      isa::Load instruction;
      instruction.mem_type = memory;
      instruction.dram_base = 3;
      instruction.y_size = rows;
      instruction.x_size = elements;
      instruction.x_stride = stride;
      instruction.y_pad_0 = instruction.y_pad_1 = instruction.x_pad_0 = instruction.x_pad_1 = pads;
      put(instruction);
    };
    const auto fence = [&](bool pop, bool push) {  // between load and compute
      isa::Load instruction;
      instruction.pop_next = pop;
      instruction.push_next = push;
      instruction.mem_type = isa::Memory::kInp;
      put(instruction);
    };
    const int64_t inp = hardware_.depth(isa::Memory::kInp), acc = hardware_.depth(isa::Memory::kAcc);
    for (int pass = 0; pass < 4; ++pass) {
      if (pass > 0) fence(true, false);
      const auto half = static_cast<uint32_t>(inp / 2), deep = static_cast<uint32_t>(acc);
      load(isa::Memory::kInp, pass % 2 == 0 ? half : 2, pass % 2 == 0 ? 2 : half,
           pass % 2 == 0 ? 40 + pass : half + 1000, 0);
      load(isa::Memory::kWgt, 1, static_cast<uint32_t>(hardware_.depth(isa::Memory::kWgt)), 0, 0);
      if (pass == 3) load(isa::Memory::kInp, 3, 4, 7, 6);
      fence(false, true);
      load(isa::Memory::kAcc, pass % 2 == 0 ? deep : 1, pass % 2 == 0 ? 1 : deep, 9, 0);
      isa::Load uop;
      uop.mem_type = isa::Memory::kUop;
      uop.dram_base = static_cast<uint32_t>(data.size()) / static_cast<uint32_t>(isa::Codec(hardware_).uop_bytes());
      uop.y_size = uop.x_size = 1;
      put(uop);
      isa::Gemm gemm;
      gemm.pop_prev = true;
      gemm.push_prev = pass < 3;
      gemm.uop_end = 1;
      gemm.iter_out = static_cast<uint32_t>(inp / acc);
      gemm.iter_in = deep;
      gemm.dst_in = gemm.src_in = gemm.wgt_in = 1;
      gemm.src_out = deep;
      gemm.overwrite = pass == 2;
      put(gemm);
      for (int i = 0; i < 3; ++i) {
        isa::Alu alu;
        alu.opcode = static_cast<isa::AluOp>((pass + i) % 5);
        alu.use_imm = i == 1;
        alu.imm = pass == 0 ? -32768 : 17;
        alu.uop_end = 1;
        alu.iter_out = i == 2 && pass == 1 ? 300 : 1;
        alu.iter_in = deep / 2;
        alu.dst_in = 2;
        alu.src_in = 1;
        alu.push_next = i == 2;
        put(alu);
      }
      isa::Store store;
      store.mem_type = isa::Memory::kOut;
      store.dram_base = static_cast<uint32_t>(0x20000 + pass * 0x8000) /
                        static_cast<uint32_t>(hardware_.element_bytes(isa::Memory::kOut));
      store.y_size = pass % 2 == 0 ? deep : 1;
      store.x_size = pass % 2 == 0 ? 1 : deep;
      store.x_stride = 50;
      store.pop_prev = store.push_prev = true;
      put(store);
      isa::Load wait;
      wait.pop_next = true;
      put(wait);
    }
    put(isa::Finish{});
    Bytes zero;
    isa::Codec(hardware_).append_uop_bytes({}, zero);
    program.segments = {{"data", 0, data, false}, {"uop", data.size(), zero, true}};
    program.code_address = 0x40000;
    program.dram_bytes = 0x42000;
    return marked(program);
  }

  /// With a mark at every instruction, so that the cycle of each one's end shows, and all of memory as an output.
  static isa::Program marked(isa::Program program) {
    program.bindings.push_back(
        {"memory", isa::Role::kOutput, DType::kI8, {static_cast<int64_t>(program.dram_bytes)}, "N", 0, {}});
    for (size_t i = 0; i < program.code.size(); ++i) {
      program.marks.push_back({fmt::format("{}", i), static_cast<int64_t>(i)});
    }
    return program;
  }
  isa::Program legal(int instructions) {
    return marked(isa::random_program(hardware_, rng_, {instructions, rng_.chance(0.5), /*extensions=*/true}));
  }
  isa::Program illegal() { return marked(isa::illegal_program(hardware_, rng_, {12, false, true}).program); }

  const isa::HwConfig hardware_;
  const std::string model_;
  Rng rng_;
  std::vector<Trial> trials_;
};

}  // namespace

Result<Measurement> measure_mutation(const Request& request) {
  TANDEM_ASSIGN(const isa::HwConfig hardware, isa::load_hw(checkout_path(kDesign)));
  const int count = request.quick ? 40 : 200;
  std::error_code ignored;
  const std::string directory = fmt::format("{}/mutants{}", sim::default_rtl_cache(), ::getpid());
  std::filesystem::create_directories(directory, ignored);
  const std::string netlist = directory + "/mutants.v";
  TANDEM_ASSIGN(const std::vector<synth::Mutant> mutants, synth::write_mutants(hardware, request.seed, count, netlist));
  sim::RtlModelOptions options;
  options.netlist = netlist;
  options.mutants = true;
  TANDEM_ASSIGN(const std::string model, sim::build_rtl_model(hardware, options));
  std::filesystem::remove_all(directory, ignored);

  Trials trials(hardware, model, request.seed);
  TANDEM_TRY(trials.prepare());
  Measurement measurement{{}, describe(hardware), sim::Platform{}.name};
  int killed = 0;
  for (size_t i = 0; i < mutants.size(); ++i) {
    TANDEM_ASSIGN(const size_t killer, trials.killer(static_cast<int>(i) + 1));
    if (killer != 0) {
      ++killed;
      continue;
    }
    measurement.notes.push_back(
        fmt::format("survivor {}: {} ({})", i + 1, mutants[i].change, fmt::join(mutants[i].places, ", ")));
  }
  measurement.figures = {{"mutants", static_cast<double>(mutants.size()), "mutants"},
                         {"killed", 100.0 * killed / static_cast<double>(mutants.size()), "%"}};
  return measurement;
}

}  // namespace tandem::bench
