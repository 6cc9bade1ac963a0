// Modules that are lanes side by side: what many lanes cost follows from few, so only few are synthesised.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "synth/netlist.h"
#include "synth/yosys.h"

namespace tandem::synth {

/// A module of `copies` equal parts: one with a single part and, where parts share something, one with two.
struct Repeated {
  Parameters one;
  std::optional<Parameters> two;
  int64_t copies = 1;
};

/// The modules of hw/ that may be looked at so.
const std::vector<std::string>& repeated_modules();

/// How the module with these parameters repeats; none where it is too narrow to gain by it.
std::optional<Repeated> repeated(const std::string& base, const std::map<std::string, int64_t>& parameters);

/// The abstract of `copies` parts, of those of one and of two: each figure grows by the same with every part.
Abstract extrapolated(const Abstract& one, const Abstract& two, int64_t copies);

}  // namespace tandem::synth
