// What `tandem explore SPEC.yaml` is asked: the model, the hardware's knobs and limits, and the effort.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tuner/search/explorer.h"
#include "tuner/space/hardware_space.h"

namespace tandem::tuner {

/// Paths are as found from the working directory: the file's own are relative to its folder.
struct ExploreSpec {
  std::string name;
  std::string text;  // of the file: what a resumed run must agree with
  std::string model;
  std::string input, expected;  // samples and right outputs for the final check of the winner
  HardwareSpace hardware;
  ExploreOptions options;
  std::string measure_on = "rtl";  // of measurable(): what counts a candidate's cycles
  double measure_seconds = 120;
  double build_seconds = 900;
};

/// "rtl", the cycles of the RTL; "timing", those of its model, which needs no build and is many times as fast.
const std::vector<std::string>& measurable();

/// Strict YAML; configs/explore/demo.yaml shows every key. Errors: unknown keys and hardware parameters, values that
/// are never legal, a base or a space of which nothing is within the budget.
Result<ExploreSpec> load_spec(const std::string& path);
Result<ExploreSpec> parse_spec(const std::string& text, const std::string& path);

}  // namespace tandem::tuner
