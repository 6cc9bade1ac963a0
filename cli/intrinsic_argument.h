// Intrinsics as commands take them: by name, all, or a declaration's file that is not built in.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tensorize/intrinsic.h"

namespace tandem::cli {

// Whose intrinsics.
inline constexpr char kAccel[] = "accel";
inline constexpr char kCpu[] = "cpu";

struct ChosenIntrinsics {
  tensorize::IntrinsicSet set;  // that they are of
  std::vector<const tensorize::IntrinsicDeclaration*> chosen;
};

/// The intrinsics of `target` that `argument` names: "" means all; a path that ends in `.yaml` is a declaration, or a
/// family of them; any other word is a name.
Result<ChosenIntrinsics> load_intrinsics(const std::string& target, const std::string& argument,
                                         const isa::HwConfig& hardware, const std::set<std::string>& cpu_features = {});

}  // namespace tandem::cli
