// The C interface between Tandem and a Verilated model in a shared object. Plain data only: the object is built apart
// from Tandem.
#pragma once

#include <cstdint>

namespace tandem::sim {
struct DramTiming;  // sim/dram/dram_schedule.h
}

extern "C" {

/// How a run ended.
enum TandemRtlStatus {
  kTandemRtlDone = 0,        // the done bit; see error_code
  kTandemRtlCycleLimit = 1,  // max_cycles passed
  kTandemRtlAssertion = 2,   // an assertion of the RTL failed (models built with --assert)
};

/// What the error register says; the numbers of hw/registers.svh.
enum TandemRtlError {
  kTandemRtlErrorNone,
  kTandemRtlErrorEncoding,
  kTandemRtlErrorBounds,
  kTandemRtlErrorRead,
  kTandemRtlErrorWrite,
  kTandemRtlErrorTokens,
  kTandemRtlErrorOrder,
  kTandemRtlErrorNoFinish,
  kTandemRtlErrorDeadlock,
  kTandemRtlErrorWatchdog,
  kTandemRtlErrorAddress,
};

struct TandemRtlRun {
  // In.
  uint8_t* dram;
  uint64_t dram_bytes;
  uint64_t code_address;
  uint64_t instruction_count;
  const tandem::sim::DramTiming* memory;  // null: who calls answers
  uint64_t max_cycles;                    // 0: none
  uint64_t* retire_cycles;                // per instruction: filled with the cycle at which it completed
  // When memory answers, where `memory` is null: as DramSchedule, in cycles of the run. `piece(pieces, beats,
  // ready_cycle)`.
  void* port;
  void (*port_read)(void* port, uint64_t cycle, uint64_t address, uint32_t beats, void* pieces,
                    void (*piece)(void* pieces, uint32_t beats, uint64_t ready_cycle));
  uint64_t (*port_write)(void* port, uint64_t cycle, uint64_t address, uint32_t beats);
  // Who watches; null: nobody. Units and activities are numbered as in sim/api/observer.h.
  void* observer;
  void (*started)(void* observer, uint64_t cycle, uint32_t instruction);
  void (*retired)(void* observer, uint64_t cycle, uint32_t instruction);
  void (*does)(void* observer, uint64_t cycle, uint32_t unit, uint32_t activity);
  // Conditions of tests; all zero for the ideal memory and an undisturbed run.
  uint64_t soft_reset_cycle;  // a soft reset after so many cycles, then a second start
  uint32_t free_running;      // no clock stops
  uint32_t restless;          // a RestlessDram with what follows
  uint32_t restless_stalls;
  uint64_t restless_seed;
  uint64_t silent_after_reads;
  uint64_t silent_after_writes;
  uint64_t memory_base;      // the address at which the device sees `dram`
  uint32_t watch_registers;  // they must read back as written; the interrupt must tell how the run ended
  const char* waveform;      // FST of the run, of models built for it; null: none
  uint64_t waveform_first_cycle, waveform_last_cycle;
  uint32_t mutant;  // of a netlist with mutants: the one that is active; 0: none

  // In and out.
  uint32_t watchdog_cycles;  // that the device allows without progress; 0: its default, which is filled in

  // Out.
  int32_t status;
  uint32_t error_code;  // TandemRtlError
  uint32_t error_instruction;
  uint64_t cycles;
  uint32_t counter_count;
  const char* counter_names[64];  // "load.wait_compute", in the order of registers.svh
  uint64_t counters[64];
  char message[512];  // of a failed assertion
  // Where a deadlock stands: engines in the order load, compute, store.
  uint32_t head_valid;
  uint32_t head_instruction[3];
  uint32_t wait_token;  // bits: load for compute, compute for load, compute for store, store for compute
  uint32_t wait_space;  // bits: an engine waits for room in a token queue
  uint32_t idle;        // bits: an engine has nothing under way
  uint32_t fetch_done;  // every instruction is in its queue
  uint32_t fetch_instruction;
  uint32_t token_level[4];  // load to compute, compute to load, compute to store, store to compute
};

/// One device, out of reset.
void* tandem_rtl_open();
/// Runs one program; whatever an earlier run left in the device stays there.
void tandem_rtl_run(void* device, TandemRtlRun* run);
/// The same cycle by cycle: `run` lives until the end. step() is one clock cycle of the run, and false once it is over;
/// end() then fills `run`'s results.
void* tandem_rtl_begin(void* device, TandemRtlRun* run);
bool tandem_rtl_step(void* begun);
void tandem_rtl_end(void* begun);
void tandem_rtl_close(void* device);
}
