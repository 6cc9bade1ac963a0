// Drives the Verilated accelerator: registers through AXI4-Lite, memory through the DRAM model. Compiled with each
// model into a shared object (sim/rtl/model_builder.cc); never part of Tandem's own libraries.
#include "harness.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "Vtandem.h"
#include "dram.h"
#include "registers.h"  // generated from hw/registers.svh
#include "restless_dram.h"
#include "verilated.h"
#ifdef TANDEM_WAVEFORMS
#include "verilated_fst_c.h"
#endif

// An evaluation by Verilator's eval() finds by itself which clocks rise and what changes with inputs and falling edges,
// again and again until nothing does. Here that is known: clocks are inputs, nothing happens at falling edges, and
// outputs do not depend on inputs of the same cycle. So the parts of eval() are called, each once; that is a tenth of a
// run. Their names are this version's; models with assertions or waveforms, netlists and other versions take eval(),
// and the tests compare.
#if !defined(TANDEM_ASSERTIONS) && !defined(TANDEM_WAVEFORMS) && !defined(TANDEM_NETLIST) && \
    VERILATOR_VERSION_INTEGER == 5006000
#define TANDEM_DIRECT_EVALUATION
#include "Vtandem___024root.h"
void Vtandem___024root___eval_ico(Vtandem___024root*);
void Vtandem___024root___eval_triggers__act(Vtandem___024root*);
void Vtandem___024root___eval_nba(Vtandem___024root*);
#endif

namespace {

using tandem::sim::Dram;
using tandem::sim::RestlessDram;

static_assert(kTandemRtlErrorEncoding == ErrorEncoding && kTandemRtlErrorBounds == ErrorBounds &&
                  kTandemRtlErrorRead == ErrorRead && kTandemRtlErrorWrite == ErrorWrite &&
                  kTandemRtlErrorTokens == ErrorTokens && kTandemRtlErrorOrder == ErrorOrder &&
                  kTandemRtlErrorNoFinish == ErrorNoFinish && kTandemRtlErrorDeadlock == ErrorDeadlock &&
                  kTandemRtlErrorWatchdog == ErrorWatchdog && kTandemRtlErrorAddress == ErrorAddress,
              "harness.h and registers.svh must agree");

/// The message of a failed assertion, where one failed.
thread_local char* assertion_message = nullptr;
thread_local bool assertion_failed = false;

constexpr uint32_t kBusBytes = TANDEM_BUS_BYTES;

// The data bus is a plain integer up to 64 bits, an array of words above.
template <typename T>
void* bus_address(T& port) {
  return &port;
}

constexpr int kAllLevels = 99;  // of the hierarchy: all of it is in a waveform

/// The model and its time.
struct Device {
  VerilatedContext context;
  std::unique_ptr<Vtandem> model = std::make_unique<Vtandem>(&context);
  uint64_t now = 0;
  /// Verilator's run-time serves one device at a time.
  void select() { Verilated::threadContextp(&context); }
#ifdef TANDEM_WAVEFORMS
  VerilatedFstC waveform;
#endif
  Device() {
    select();
#ifdef TANDEM_WAVEFORMS
    context.traceEverOn(true);
    model->trace(&waveform, kAllLevels);
#endif
    model->eval();
  }
  ~Device() {
    select();
    model->final();
  }
};

/// A schedule that asks whoever runs the model.
class PortSchedule {
 public:
  explicit PortSchedule(const TandemRtlRun& run) : run_(run) {}
  template <typename Piece>
  void read(uint64_t cycle, uint64_t address, uint32_t beats, uint32_t, Piece&& piece) {
    run_.port_read(run_.port, cycle, address, beats, &piece, [](void* pieces, uint32_t count, uint64_t ready_cycle) {
      (*static_cast<std::remove_reference_t<Piece>*>(pieces))(count, ready_cycle);
    });
  }
  uint64_t write(uint64_t cycle, uint64_t address, uint32_t beats, uint32_t) {
    return run_.port_write(run_.port, cycle, address, beats);
  }

 private:
  const TandemRtlRun& run_;
};
using PortDram = tandem::sim::ScheduledDram<PortSchedule>;

/// Runs one program on a device beside a Dram, a PortDram or a RestlessDram.
template <typename Memory>
class Harness {
  static constexpr bool kRestless = std::is_same_v<Memory, RestlessDram>;

 public:
  Harness(Device& device, TandemRtlRun& run, Memory memory)
      : run_(run), device_(device), model_(device.model), dram_(std::move(memory)), now_(device.now) {}

  void run() {
    begin();
    while (step()) continue;
    end();
  }

  void begin() {
    Vtandem& m = *model_;
#ifdef TANDEM_MUTANTS
    m.mutant_i = run_.mutant;
#endif
    if (now_ == 0) {
      m.rst_ni = 0;
      for (int i = 0; i < 4; ++i) cycle();
      m.rst_ni = 1;
      cycle();
    }
    open_waveform();
    write_register(RegInsnCount, static_cast<uint32_t>(run_.instruction_count));
    write_register_pair(RegInsnAddr, run_.memory_base + run_.code_address);
    if (run_.memory_base != 0) {
      for (const uint32_t base : {RegUopBase, RegInpBase, RegWgtBase, RegAccBase, RegOutBase, RegPrmBase}) {
        write_register_pair(base, run_.memory_base);
      }
    }
    if (run_.watch_registers != 0) write_register(RegIntEnable, kInterrupts);
    if (run_.watchdog_cycles != 0) write_register(RegWatchdog, run_.watchdog_cycles);
    write_register(RegControl, kStart);
    running_ = true;
    start_ = origin_ = now_;
    run_.status = kTandemRtlDone;
  }

  /// One cycle of the run, unless it is over.
  bool step() {
    if (model_->done_o) return false;
    cycle();
    if constexpr (kRestless) {
      if (dram_.violation() != nullptr) {
        std::snprintf(run_.message, sizeof run_.message, "%s", dram_.violation());
        assertion_failed = true;
      }
    }
    if (assertion_failed) return stop(kTandemRtlAssertion);
    if (now_ - start_ == run_.soft_reset_cycle && run_.soft_reset_cycle != 0) restart();
    if (run_.max_cycles != 0 && now_ - start_ > run_.max_cycles) return stop(kTandemRtlCycleLimit);
    return true;
  }

  void end() {
    Vtandem& m = *model_;
    running_ = false;
    if (run_.watch_registers != 0 && run_.status == kTandemRtlDone) check_registers();
    run_.head_valid = m.head_valid_o;
    for (int i = 0; i < 3; ++i) run_.head_instruction[i] = m.head_insn_o[i];
    run_.wait_token = m.wait_token_o;
    run_.wait_space = m.wait_space_o;
    run_.idle = m.engine_idle_o;
    run_.fetch_done = m.fetch_done_o;
    run_.fetch_instruction = m.fetch_insn_o;
    for (int i = 0; i < 4; ++i) run_.token_level[i] = static_cast<uint16_t>(m.token_level_o >> (16 * i));
    run_.cycles = run_.status == kTandemRtlCycleLimit ? now_ - start_ : read_register_pair(RegCycles);
    run_.error_code = read_register(RegErrorCode);
    run_.error_instruction = read_register(RegErrorInsn);
    run_.watchdog_cycles = read_register(RegWatchdog);
    run_.counter_count = CounterCount;
    for (uint32_t i = 0; i < CounterCount; ++i) {
      run_.counter_names[i] = kCounterNames[i];
      write_register(RegCounterSelect, i);
      run_.counters[i] = read_register_pair(RegCounter);
    }
    if (assertion_failed) run_.status = kTandemRtlAssertion;
    close_waveform();
  }

 private:
  // Bits of RegControl and RegStatus.
  static constexpr uint32_t kStart = 1, kSoftReset = 2, kDone = 1, kBusy = 2, kError = 4;
  // Bits of RegIntEnable and RegIntStatus.
  static constexpr uint32_t kEndedWell = 1, kEndedWithError = 2, kInterrupts = 3;

  /// What was written reads back; the interrupt stands, tells whether the run ended well, and goes when it is cleared.
  void check_registers() {
    bool ok = read_register(RegInsnCount) == static_cast<uint32_t>(run_.instruction_count) &&
              read_register_pair(RegInsnAddr) == run_.memory_base + run_.code_address &&
              read_register(RegIntEnable) == kInterrupts;
    for (const uint32_t base : {RegUopBase, RegInpBase, RegWgtBase, RegAccBase, RegOutBase, RegPrmBase}) {
      ok = ok && read_register_pair(base) == run_.memory_base;
    }
    const bool well = read_register(RegErrorCode) == 0;
    ok = ok && read_register(RegStatus) == (well ? kDone : kDone | kError);
    ok = ok && model_->irq_o != 0 && read_register(RegIntStatus) == (well ? kEndedWell : kEndedWithError);
    write_register(RegIntStatus, kInterrupts);
    cycle();
    ok = ok && model_->irq_o == 0 && read_register(RegIntStatus) == 0;
    if (ok) return;
    std::snprintf(run_.message, sizeof run_.message, "the registers do not read as they should");
    run_.status = kTandemRtlAssertion;
  }

  /// Bursts increment, in beats as wide as the bus.
  void check_burst(uint32_t size, uint32_t kind) {
    constexpr uint32_t kIncrementing = 1;
    if (1u << size == kBusBytes && kind == kIncrementing) return;
    std::snprintf(run_.message, sizeof run_.message, "a burst of kind %u with beats of 2^%u bytes", kind, size);
    assertion_failed = true;
  }

  // One clock cycle: memory and master shake hands, the edge.
  void cycle() {
    Vtandem& m = *model_;
    const uint64_t t = now_ - origin_;           // the memory's time
    bool read_ready = true, write_ready = true;  // of the address channels
    if constexpr (kRestless) {
      dram_.tick(t);
      read_ready = dram_.read_address_ready();
      write_ready = dram_.write_address_ready();
    }
    const bool read_valid = dram_.read_valid(t);
    m.m_rvalid_i = read_valid;
    if (read_valid) {
      m.m_rid_i = dram_.read_id();
      m.m_rlast_i = dram_.read_last();
      m.m_rresp_i = dram_.read_response();
      dram_.read_data(bus_address(m.m_rdata_i));
    }
    const bool response_valid = dram_.response_valid(t);
    m.m_bvalid_i = response_valid;
    if (response_valid) m.m_bresp_i = dram_.response();
    m.m_arready_i = read_ready;
    m.m_awready_i = write_ready;
    const bool data_ready = dram_.write_data_ready();
    m.m_wready_i = data_ready;

    if (read_valid && m.m_rready_o) dram_.pop_read_beat();
    if (m.m_arvalid_o && read_ready) {
      check_burst(m.m_arsize_o, m.m_arburst_o);
      dram_.accept_read(t, m.m_araddr_o - run_.memory_base, m.m_arlen_o + 1u, m.m_arid_o);
    }
    if (response_valid && m.m_bready_o) dram_.pop_response();
    if (data_ready && m.m_wvalid_o) {
      dram_.accept_write_beat(t, static_cast<const uint8_t*>(bus_address(m.m_wdata_o)), m.m_wstrb_o, m.m_wlast_o != 0);
    }
    if (m.m_awvalid_o && write_ready) {
      check_burst(m.m_awsize_o, m.m_awburst_o);
      dram_.accept_write(m.m_awaddr_o - run_.memory_base, m.m_awlen_o + 1u);
    }
    if (m.retire_o != 0 && running_) retire();
    if (run_.observer != nullptr && running_) watch();

    edge(!running_ || accessing_ || run_.free_running != 0);
    ++now_;
  }

  // Times in a waveform: a cycle is ten units, its edge in their midst; the run begins at zero, registers are written
  // before.
  void open_waveform() {
#ifdef TANDEM_WAVEFORMS
    if (run_.waveform != nullptr) device_.waveform.open(run_.waveform);
#endif
  }
  void close_waveform() {
#ifdef TANDEM_WAVEFORMS
    device_.waveform.close();
#endif
  }
  void record(uint64_t place) {
#ifdef TANDEM_WAVEFORMS
    const uint64_t cycle = now_ - origin_;
    if (!running_ || !device_.waveform.isOpen() || cycle < run_.waveform_first_cycle ||
        cycle > run_.waveform_last_cycle)
      return;
    device_.waveform.dump(10 * cycle + place);
#else
    static_cast<void>(place);
#endif
  }

  // A rising edge of the clocks, but for those that the device allows to stop; `all`: of each of them.
  void edge(bool all) {
    Vtandem& m = *model_;
#ifdef TANDEM_NETLIST
    static_cast<void>(all);  // a netlist is of the whole design, with one clock
    m.clk_i = 0;
    m.eval();
    m.clk_i = 1;
    m.eval();
#else
    const bool front = all || m.front_awake_o, read = all || m.read_awake_o, store = all || m.store_awake_o,
               requantize = all || m.requantize_awake_o;
#ifdef TANDEM_DIRECT_EVALUATION
    Vtandem___024root& root = *m.rootp;
    root.__Vtrigrprev__TOP__clk_i = 0;
    root.__Vtrigrprev__TOP__clk_front_i = 0;
    root.__Vtrigrprev__TOP__clk_read_i = 0;
    root.__Vtrigrprev__TOP__clk_store_i = 0;
    root.__Vtrigrprev__TOP__clk_requantize_i = 0;
#else
    m.clk_i = m.clk_front_i = m.clk_read_i = m.clk_store_i = m.clk_requantize_i = 0;
    m.eval();
    record(0);
#endif
    m.clk_i = 1;
    m.clk_front_i = front;
    m.clk_read_i = read;
    m.clk_store_i = store;
    m.clk_requantize_i = requantize;
#ifdef TANDEM_DIRECT_EVALUATION
    root.__VicoTriggered.at(0) = true;
    Vtandem___024root___eval_ico(&root);
    Vtandem___024root___eval_triggers__act(&root);
    root.__VnbaTriggered = root.__VactTriggered;
    Vtandem___024root___eval_nba(&root);
#else
    m.eval();
    record(5);
#endif
#endif
  }

  void retire() {
    const Vtandem& m = *model_;
    for (int engine = 0; engine < 3; ++engine) {
      if (((m.retire_o >> engine) & 1) == 0) continue;
      const uint32_t instruction = m.retire_insn_o[engine];
      if (instruction >= run_.instruction_count) continue;
      run_.retire_cycles[instruction] = now_ - start_;
      if (run_.observer != nullptr) run_.retired(run_.observer, now_ - start_, instruction);
    }
  }

  bool stop(TandemRtlStatus status) {
    run_.status = status;
    return false;
  }

  void restart() {
    write_register(RegControl, kSoftReset);
    while ((read_register(RegStatus) & kBusy) != 0 && !assertion_failed) continue;
    run_.soft_reset_cycle = 0;
    if (run_.watch_registers != 0 &&
        (model_->done_o || read_register(RegStatus) != 0 || read_register(RegIntStatus) != 0 ||
         read_register(RegErrorCode) != 0 || read_register_pair(RegCycles) != 0)) {
      std::snprintf(run_.message, sizeof run_.message, "the soft reset leaves something");
      assertion_failed = true;
    }
    write_register(RegControl, kStart);
    start_ = now_;
  }

  // An instruction has started where it has left the head of its queue in the cycle before.
  void watch() {
    const Vtandem& m = *model_;
    const uint64_t t = now_ - start_;
    for (uint32_t engine = 0; engine < 3; ++engine) {
      const bool valid = ((m.head_valid_o >> engine) & 1) != 0;
      const uint32_t head = m.head_insn_o[engine];
      if (head_valid_[engine] && (!valid || head != head_[engine])) run_.started(run_.observer, t - 1, head_[engine]);
      head_valid_[engine] = valid;
      head_[engine] = head;
      tell(t, engine + 1, activity(engine));
    }
    tell(t, 0, m.fetch_done_o ? kIdle : kBusyNow);
  }
  void tell(uint64_t t, uint32_t unit, uint32_t activity) {
    if (activity == activity_[unit]) return;
    activity_[unit] = activity;
    run_.does(run_.observer, t, unit, activity);
  }

  // As tandem_accel counts causes, as far as its ports tell; numbered as in sim/api/observer.h.
  enum Activity : uint32_t { kBusyNow, kWaitsForPrevious, kWaitsForNext, kWaitsForMemory, kBlocked, kIdle };
  uint32_t activity(uint32_t engine) const {
    const Vtandem& m = *model_;
    const auto bit = [&](uint32_t value, uint32_t i) { return ((value >> i) & 1) != 0; };
    constexpr uint32_t kPrevious[3] = {31, 1, 3}, kNext[3] = {0, 2, 31};  // bits of wait_token_o; 31: none
    if (bit(m.engine_busy_o, engine)) return kBusyNow;
    if (engine != 1 && !bit(m.engine_idle_o, engine)) return kWaitsForMemory;
    if (bit(m.wait_token_o, kPrevious[engine])) return kWaitsForPrevious;
    if (bit(m.wait_token_o, kNext[engine])) return kWaitsForNext;
    if (bit(m.wait_space_o, engine) || !bit(m.engine_idle_o, engine)) return kBlocked;
    return bit(m.head_valid_o, engine) ? kBusyNow : kIdle;
  }

  void write_register(uint32_t offset, uint32_t value) {
    Vtandem& m = *model_;
    accessing_ = true;
    m.s_awvalid_i = 1;
    m.s_wvalid_i = 1;
    m.s_awaddr_i = static_cast<uint8_t>(offset);
    m.s_wdata_i = value;
    m.s_bready_i = 1;
    cycle();
    m.s_awvalid_i = 0;
    m.s_wvalid_i = 0;
    cycle();
    accessing_ = false;
  }

  void write_register_pair(uint32_t offset, uint64_t value) {
    write_register(offset, static_cast<uint32_t>(value));
    write_register(offset + 4, static_cast<uint32_t>(value >> 32));
  }

  uint32_t read_register(uint32_t offset) {
    Vtandem& m = *model_;
    accessing_ = true;
    m.s_arvalid_i = 1;
    m.s_araddr_i = static_cast<uint8_t>(offset);
    m.s_rready_i = 0;
    cycle();
    m.s_arvalid_i = 0;
    constexpr int kMostCycles = 16;
    for (int i = 0; !m.s_rvalid_o && i < kMostCycles; ++i) cycle();
    if (!m.s_rvalid_o) {
      std::snprintf(run_.message, sizeof run_.message, "the register at %u does not answer", offset);
      assertion_failed = true;
    }
    const uint32_t value = m.s_rdata_o;
    m.s_rready_i = 1;
    cycle();
    accessing_ = false;
    return value;
  }

  uint64_t read_register_pair(uint32_t offset) {
    const uint64_t low = read_register(offset);
    return low | uint64_t{read_register(offset + 4)} << 32;
  }

  TandemRtlRun& run_;
  [[maybe_unused]] Device& device_;
  const std::unique_ptr<Vtandem>& model_;
  Memory dram_;
  bool running_ = false;
  bool accessing_ = false;  // a register
  // What was seen in the last cycle, for an observer.
  bool head_valid_[3] = {};
  uint32_t head_[3] = {};
  uint32_t activity_[4] = {kIdle, kIdle, kIdle, kIdle};
  uint64_t& now_;
  uint64_t start_ = 0;
  uint64_t origin_ = 0;  // when the run began: a DDR memory's refreshes count from there
};

}  // namespace

// Verilator's hooks for $error, $stop and $fatal: an assertion ends the run instead of the process.
void vl_stop(const char* file, int line, const char*) {
  if (!assertion_failed && assertion_message != nullptr && assertion_message[0] == '\0') {
    std::snprintf(assertion_message, sizeof(TandemRtlRun::message), "%s:%d", file, line);
  }
  assertion_failed = true;
}
void vl_finish(const char*, int, const char*) {}
void vl_fatal(const char* file, int line, const char* scope, const char*) { vl_stop(file, line, scope); }

extern "C" __attribute__((visibility("default"))) void* tandem_rtl_open() { return new Device; }

namespace {

void prepare(Device& device, TandemRtlRun& run) {
  device.select();
  run.message[0] = '\0';
  assertion_message = run.message;
  assertion_failed = false;
}

/// A run between begin and end.
struct Begun {
  Device& device;
  Harness<PortDram> harness;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) void tandem_rtl_run(void* opened, TandemRtlRun* run) {
  Device& device = *static_cast<Device*>(opened);
  prepare(device, *run);
  if (run->restless != 0) {
    const tandem::sim::Restlessness how{run->restless_seed, run->restless_stalls != 0, run->silent_after_reads,
                                        run->silent_after_writes};
    Harness(device, *run, RestlessDram(run->dram, run->dram_bytes, kBusBytes, *run->memory, how, run->memory_base))
        .run();
  } else {
    Harness(device, *run, Dram(run->dram, run->dram_bytes, kBusBytes, *run->memory)).run();
  }
  assertion_message = nullptr;
}

extern "C" __attribute__((visibility("default"))) void* tandem_rtl_begin(void* opened, TandemRtlRun* run) {
  Device& device = *static_cast<Device*>(opened);
  prepare(device, *run);
  auto* begun =
      new Begun{device, Harness(device, *run, PortDram(run->dram, run->dram_bytes, kBusBytes, PortSchedule(*run)))};
  begun->harness.begin();
  return begun;
}

extern "C" __attribute__((visibility("default"))) bool tandem_rtl_step(void* opened) {
  auto* begun = static_cast<Begun*>(opened);
  begun->device.select();
  return begun->harness.step();
}

extern "C" __attribute__((visibility("default"))) void tandem_rtl_end(void* opened) {
  auto* begun = static_cast<Begun*>(opened);
  begun->device.select();
  begun->harness.end();
  delete begun;
}

extern "C" __attribute__((visibility("default"))) void tandem_rtl_close(void* device) {
  delete static_cast<Device*>(device);
}
