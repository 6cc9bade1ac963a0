// Measures on this machine, in worker processes that are exec'd (never forked) and outlive their requests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tuner/measure/measurement.h"

namespace tandem::tuner {

struct PoolOptions {
  std::vector<std::string> worker;  // the command line of a worker, e.g. {"/proc/self/exe", "worker"}
  int workers = 1;
  double measure_seconds = 120;  // wall limit of a measurement: a safety net, the limit that decides is in cycles
  double build_seconds = 900;    // wall limit of a Verilator build
};

/// Workers read measure/protocol.h's lines on standard input and answer on standard output. One that crashes, hangs or
/// answers nonsense is ended, the request is recorded as failed with the reason (its last words on standard error
/// included), and a fresh worker takes its place. Accelerators whose model was not asked for before are built first,
/// each once, in parallel with the measurements that do not need them.
std::unique_ptr<Executor> make_process_pool(PoolOptions options);

}  // namespace tandem::tuner
