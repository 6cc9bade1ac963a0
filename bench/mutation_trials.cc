#include "bench/mutation_trials.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/access.h"
#include "isa/random_program.h"
#include "support/rng.h"

namespace tandem::bench {
namespace {

using isa::Engine;
using isa::Memory;
using isa::TokenFlags;

constexpr uint32_t kWatchdogCycles = 3000;           // a mutant that hangs is soon told
constexpr uint64_t kAddressMask = 0xffff'ffff'ffff;  // AddrBits of hw/tandem_core.sv
constexpr uint64_t kDataBytes = 0x10000;
constexpr uint64_t kStoresBegin = 0x20000, kStoreBytes = 0x8000;
constexpr uint64_t kCodeAddress = 0x40000;
constexpr TokenFlags kPopPrev{true, false, false, false}, kPopNext{false, true, false, false},
    kPushPrev{false, false, true, false}, kPushNext{false, false, false, true}, kPushBoth{false, false, true, true};

/// With a mark at every instruction, so that the cycle of each one's end shows, and all of memory as an output.
isa::Program marked(isa::Program program) {
  program.bindings.push_back(
      {"memory", isa::Role::kOutput, DType::kI8, {static_cast<int64_t>(program.dram_bytes)}, "N", 0, {}});
  for (size_t i = 0; i < program.code.size(); ++i) {
    program.marks.push_back({fmt::format("{}", i), static_cast<int64_t>(i)});
  }
  return program;
}

/// A program written by hand: data of every magnitude from address 0, then one micro-op of zeros.
class Writer {
 public:
  Writer(std::string name, const isa::HwConfig& hardware, Rng& rng) : hardware_(hardware), codec_(hardware) {
    program_.name = std::move(name);
    program_.hardware = hardware;
    Bytes data(kDataBytes);
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i % 3 == 0 ? 0x80 : rng.next());
    Bytes zero;
    codec_.append_uop_bytes({}, zero);
    program_.segments = {{"data", 0, std::move(data), false}, {"uop", kDataBytes, std::move(zero), true}};
    program_.code_address = kCodeAddress;
  }

  void put(const isa::Instruction& instruction) { program_.code.push_back(codec_.encode(instruction)); }

  /// An instruction of the engine that does nothing but pass tokens.
  void pass(Engine engine, const TokenFlags& flags) {
    isa::Instruction instruction = isa::Load{};
    if (engine == Engine::kLoad) std::get<isa::Load>(instruction).mem_type = Memory::kInp;
    if (engine == Engine::kStore) instruction = isa::Store{};
    isa::set_token_flags(instruction, flags);
    put(instruction);
  }

  void load(Memory memory, uint32_t rows, uint32_t elements, uint32_t stride, uint32_t pads = 0, uint32_t sram = 0) {
    isa::Load instruction;
    instruction.mem_type = memory;
    instruction.sram_base = sram;
    instruction.dram_base = 3;
    instruction.y_size = rows;
    instruction.x_size = elements;
    instruction.x_stride = stride;
    instruction.y_pad_0 = instruction.y_pad_1 = instruction.x_pad_0 = instruction.x_pad_1 = pads;
    put(instruction);
  }
  /// The micro-op of zeros, at index 0.
  void load_uop() {
    isa::Load uop;
    uop.mem_type = Memory::kUop;
    uop.dram_base = static_cast<uint32_t>(kDataBytes) / static_cast<uint32_t>(codec_.uop_bytes());
    uop.y_size = uop.x_size = 1;
    put(uop);
  }
  void store(int part, uint32_t rows, uint32_t elements, uint32_t sram = 0) {
    isa::Store instruction;
    instruction.sram_base = sram;
    instruction.dram_base = static_cast<uint32_t>((kStoresBegin + static_cast<uint64_t>(part) * kStoreBytes) /
                                                  static_cast<uint64_t>(hardware_.element_bytes(Memory::kOut)));
    instruction.y_size = rows;
    instruction.x_size = elements;
    instruction.x_stride = 50;
    put(instruction);
  }

  isa::Program finish() {
    put(isa::Finish{});
    program_.dram_bytes = kCodeAddress + program_.code.size() * static_cast<uint64_t>(codec_.instruction_bytes());
    return marked(std::move(program_));
  }

 private:
  const isa::HwConfig hardware_;
  const isa::Codec codec_;
  isa::Program program_;
};

class Trials {
 public:
  Trials(const isa::HwConfig& hardware, uint64_t seed) : hardware_(hardware), rng_(seed) {}

  std::vector<Trial> all() {
    const uint32_t rows = depth(Memory::kAcc);
    for (int i = 0; i < 6; ++i) add({legal(24)}, {});
    for (int i = 0; i < 4; ++i) add({legal(40)}, restless());
    add({large()}, {});
    add({full_queues(rows)}, {});
    for (int i = 0; i < 12; ++i) add({illegal(), legal(8)}, {});
    for (const uint64_t cycle : {3, 200, 700, 1500}) {
      sim::RtlConditions reset;
      reset.soft_reset_cycle = cycle;
      if (cycle % 8 == 0) reset.memory = sim::Restlessness{cycle};
      add({legal(30), legal(10)}, reset);
    }
    for (const uint64_t bursts : {0, 1, 2, 5, 9, 20}) {
      add_silent(bursts, ~uint64_t{0});
      add_silent(~uint64_t{0}, bursts);
    }
    add_silent(4, 0, /*watchdog_cycles=*/40'000);
    for (uint64_t base = 1; base < isa::kWidestBusBytes; base *= 2) add_misaligned(base);
    add({many(4500)}, {});
    for (int i = 0; i < 6; ++i) add_edges();
    add({waiting_queues(rows), waiting_queues(rows)}, {});
    for (const isa::Program& program : {full_queues(/*rows=*/1), waiting_queues(/*rows=*/1)}) add_slow(program);
    add({large(), large()}, restless());
    add({full_queues(rows), full_queues(rows)}, restless());
    for (const Engine from : {Engine::kLoad, Engine::kStore}) add({overfull(from), legal(8)}, {});
    for (int i = 0; i < 100; ++i) add({legal(80)}, i % 4 == 0 ? restless() : sim::RtlConditions{});
    for (int i = 0; i < 60; ++i) add({illegal(), illegal()}, i % 2 == 0 ? restless() : sim::RtlConditions{});
    return std::move(trials_);
  }

 private:
  sim::RtlConditions restless() {
    sim::RtlConditions conditions;
    conditions.memory = sim::Restlessness{rng_.next()};
    return conditions;
  }

  /// The memory of the programs lies anywhere, as far as no address passes the last.
  void add(std::vector<isa::Program> programs, sim::RtlConditions conditions,
           uint32_t watchdog_cycles = kWatchdogCycles) {
    conditions.relaunch = true;
    conditions.watch_registers = true;
    conditions.watchdog_cycles = watchdog_cycles;
    conditions.memory_base = (rng_.next() & kAddressMask) / isa::kWidestBusBytes * isa::kWidestBusBytes;
    for (const isa::Program& program : programs) {
      const uint64_t last = (kAddressMask - isa::memory_bytes(program)) / isa::kWidestBusBytes * isa::kWidestBusBytes;
      conditions.memory_base = std::min(conditions.memory_base, last);
    }
    trials_.push_back({conditions, std::move(programs), /*undisturbed=*/true, {}});
  }

  /// A memory that falls silent.
  void add_silent(uint64_t after_reads, uint64_t after_writes, uint32_t watchdog_cycles = kWatchdogCycles) {
    sim::RtlConditions conditions;
    conditions.memory = sim::Restlessness{1, false, after_reads, after_writes};
    add({legal(12)}, conditions, watchdog_cycles);
    trials_.back().undisturbed = false;
  }

  /// A start that must be refused.
  void add_misaligned(uint64_t base) {
    add({legal(1)}, {});
    trials_.back().conditions.memory_base += base;
    trials_.back().undisturbed = false;
  }

  /// A memory so slow that what waits for it, or for who does, waits for ten thousand cycles.
  void add_slow(isa::Program program) {
    add({std::move(program)}, {}, /*watchdog_cycles=*/40'000);
    trials_.back().platform.read_latency_cycles = trials_.back().platform.write_latency_cycles = 10'000;
  }

  /// Blocks that end with their buffers, then some that end one element further.
  void add_edges() {
    std::vector<isa::Program> programs;
    for (int beyond = 0; beyond < 8; ++beyond) {
      Writer w("edges", hardware_, rng_);
      for (const Memory memory :
           {Memory::kInp, Memory::kWgt, Memory::kPrm, Memory::kUop, Memory::kAcc, Memory::kAcc8, Memory::kOut}) {
        if (beyond > 0 && !rng_.chance(0.3)) continue;
        if (memory == Memory::kPrm && hardware_.requant_lanes() == 0) continue;
        put_edge(w, memory, beyond > 0 ? 1 : 0);
      }
      programs.push_back(w.finish());
    }
    add(std::move(programs), {});
  }

  void put_edge(Writer& w, Memory memory, uint32_t beyond) {
    const bool pads = memory != Memory::kOut && memory != Memory::kUop && memory != Memory::kWgt && rng_.chance(0.5);
    for (;;) {
      const auto pad = static_cast<uint32_t>(pads ? rng_.uniform(0, 3) : 0);
      const auto rows = static_cast<uint32_t>(rng_.uniform(1, 40)),
                 columns = static_cast<uint32_t>(rng_.uniform(1, 40));
      const uint32_t elements = (rows + 2 * pad) * (columns + 2 * pad);
      if (elements > depth(memory)) continue;
      const uint32_t begin = depth(memory) - elements + beyond;
      if (memory == Memory::kOut) return w.store(0, rows, columns, begin);
      return w.load(memory, rows, columns, columns + static_cast<uint32_t>(rng_.uniform(0, 3)), pad, begin);
    }
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

  uint32_t depth(Memory memory) const { return static_cast<uint32_t>(hardware_.depth(memory)); }

  /// Blocks and loops as large as the buffers, data at their ends, of every instruction.
  isa::Program large() {
    Writer w("large", hardware_, rng_);
    const uint32_t half = depth(Memory::kInp) / 2, deep = depth(Memory::kAcc);
    for (int pass = 0; pass < 4; ++pass) {
      const bool even = pass % 2 == 0;
      if (pass > 0) w.pass(Engine::kLoad, kPopNext);
      w.load(Memory::kInp, even ? half : 2, even ? 2 : half, even ? 40 + static_cast<uint32_t>(pass) : half + 1000);
      w.load(Memory::kWgt, 1, depth(Memory::kWgt), 0);
      if (hardware_.requant_lanes() > 0) w.load(Memory::kPrm, 1, depth(Memory::kPrm), 0);
      if (pass == 3) w.load(Memory::kInp, 3, 4, 7, 6);
      w.pass(Engine::kLoad, kPushNext);
      w.load(Memory::kAcc, even ? deep : 1, even ? 1 : deep, 9);
      w.load_uop();
      w.pass(Engine::kCompute, kPopPrev);
      multiply(w, pass);
      if (hardware_.requant_lanes() > 0) requantize(w, pass);
      calculate(w, pass);
      if (pass < 3) w.pass(Engine::kCompute, kPushPrev);
      w.pass(Engine::kCompute, kPushNext);
      w.pass(Engine::kStore, kPopPrev);
      w.store(pass, even ? deep : 1, even ? 1 : deep);
      w.pass(Engine::kStore, kPushPrev);
      w.pass(Engine::kCompute, kPopNext);
    }
    return w.finish();
  }

  void multiply(Writer& w, int pass) const {
    const uint32_t deep = depth(Memory::kAcc);
    isa::Gemm gemm;
    gemm.uop_end = 1;
    gemm.iter_out = depth(Memory::kInp) / deep;
    gemm.iter_in = deep;
    gemm.dst_in = gemm.src_in = gemm.wgt_in = 1;
    gemm.src_out = deep;
    gemm.overwrite = pass == 2;
    w.put(gemm);
    if (hardware_.depthwise_width() == 0) return;
    isa::Mac mac;
    mac.depthwise = true;
    mac.uop_end = 1;
    mac.iter_out = 2;
    mac.iter_in = deep / 2;
    mac.dst_out = mac.src_out = deep / 2;
    mac.dst_in = mac.src_in = 1;
    mac.wgt_in = static_cast<uint32_t>(hardware_.depthwise_width());
    mac.overwrite = pass == 1;
    w.put(mac);
  }

  void requantize(Writer& w, int pass) const {
    const uint32_t quarter = depth(Memory::kAcc) / 4;
    for (const bool keep : {true, false}) {
      isa::Requantize requantize;
      requantize.keep = keep;
      requantize.tflite = (pass % 2 == 0) == keep;
      requantize.iter_out = 4;
      requantize.iter_in = quarter;
      requantize.dst_out = requantize.src_out = quarter;
      requantize.dst_in = requantize.src_in = 1;
      requantize.prm = depth(Memory::kPrm) - 4;
      requantize.prm_out = 1;
      w.put(requantize);
    }
  }

  void calculate(Writer& w, int pass) const {
    const uint32_t deep = depth(Memory::kAcc);
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
      w.put(alu);
    }
    if (hardware_.extended_alu == 0) return;
    w.put(isa::Config{{}, {}, {}, {}, isa::State::kAluImmediate, pass % 2 == 0 ? -7 : 0x12345678});
    for (int i = 0; i < 3; ++i) {
      isa::AluExtended alu;
      alu.operation = static_cast<isa::AluOp>(isa::kFirstExtendedAluOp + (3 * pass + i) % 6);
      alu.use_imm = i == 1;
      alu.uop_end = 1;
      alu.iter_out = 1;
      alu.iter_in = deep / 2;
      alu.dst_in = 1;
      alu.src_in = 2;
      w.put(alu);
    }
  }

  static void work(Writer& w, Engine engine, uint32_t rows) {
    if (engine == Engine::kLoad) w.load(Memory::kInp, rows, 2, 40);
    if (engine == Engine::kCompute) w.load(Memory::kAcc, rows, 1, 9);
    if (engine == Engine::kStore) w.store(0, rows, 1);
  }

  /// Each queue of tokens fills up while its consumer works, and is emptied.
  isa::Program full_queues(uint32_t rows) {
    Writer w("full_queues", hardware_, rng_);
    const int tokens = hardware_.token_queue_depth + 4;
    const auto fill = [&](Engine from, const TokenFlags& push, Engine to, const TokenFlags& pop) {
      work(w, to, rows);
      for (int i = 0; i < tokens; ++i) w.pass(from, push);
      for (int i = 0; i < tokens; ++i) w.pass(to, pop);
    };
    fill(Engine::kLoad, kPushNext, Engine::kCompute, kPopPrev);
    fill(Engine::kCompute, kPushPrev, Engine::kLoad, kPopNext);
    fill(Engine::kCompute, kPushNext, Engine::kStore, kPopPrev);
    fill(Engine::kStore, kPushPrev, Engine::kCompute, kPopNext);
    work(w, Engine::kLoad, rows);
    work(w, Engine::kStore, rows);
    for (int i = 0; i < tokens; ++i) w.pass(Engine::kCompute, kPushBoth);
    for (int i = 0; i < tokens; ++i) {
      w.pass(Engine::kLoad, kPopNext);
      w.pass(Engine::kStore, kPopPrev);
    }
    return w.finish();
  }

  /// Each engine waits for a token of one that works, while more instructions come than its queue holds.
  isa::Program waiting_queues(uint32_t rows) {
    Writer w("waiting_queues", hardware_, rng_);
    const int instructions = hardware_.command_queue_depth + 6;
    const auto wait = [&](Engine from, const TokenFlags& push, Engine to, const TokenFlags& pop) {
      work(w, from, rows);
      work(w, from, rows);
      w.pass(from, push);
      w.pass(to, pop);
      for (int i = 0; i < instructions; ++i) w.pass(to, {});
    };
    wait(Engine::kCompute, kPushPrev, Engine::kLoad, kPopNext);
    wait(Engine::kLoad, kPushNext, Engine::kCompute, kPopPrev);
    wait(Engine::kCompute, kPushNext, Engine::kStore, kPopPrev);
    wait(Engine::kStore, kPushPrev, Engine::kCompute, kPopNext);
    return w.finish();
  }

  /// More tokens from `from` to compute than their queue holds, which nobody takes.
  isa::Program overfull(Engine from) {
    Writer w("overfull", hardware_, rng_);
    for (int i = 0; i < hardware_.token_queue_depth + 2; ++i) {
      w.pass(from, from == Engine::kLoad ? kPushNext : kPushPrev);
    }
    return w.finish();
  }

  isa::Program legal(int instructions) {
    return marked(isa::random_program(hardware_, rng_, {instructions, rng_.chance(0.5), /*extensions=*/true}));
  }
  isa::Program illegal() { return marked(isa::illegal_program(hardware_, rng_, {12, false, true}).program); }

  const isa::HwConfig hardware_;
  Rng rng_;
  std::vector<Trial> trials_;
};

}  // namespace

std::vector<Trial> mutation_trials(const isa::HwConfig& hardware, uint64_t seed) {
  return Trials(hardware, seed).all();
}

}  // namespace tandem::bench
