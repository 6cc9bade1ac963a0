// A simulator by its name on the command line.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "isa/hw_config.h"
#include "sim/api/simulator.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::cli {

inline constexpr char kFunctional[] = "functional";
inline constexpr char kTiming[] = "timing";
inline constexpr char kRtl[] = "rtl";

/// kFunctional, kTiming, kRtl.
const std::vector<std::string>& simulator_names();
/// Whether a simulator of this name counts cycles.
bool has_time(const std::string& name);

/// `platform`: the memory's YAML, "" for the default one; without effect on those without time.
Result<std::unique_ptr<sim::Simulator>> make_simulator(const std::string& name, const isa::HwConfig& hardware,
                                                       const std::string& platform);
/// The RTL, whose last run's signals go to a waveform.
Result<std::unique_ptr<sim::Simulator>> make_waveform_simulator(const isa::HwConfig& hardware,
                                                                const std::string& platform,
                                                                const sim::Waveform& waveform);

}  // namespace tandem::cli
