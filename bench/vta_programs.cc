#include "bench/vta_programs.h"

#include <filesystem>

#include "support/environment.h"
#include "support/hash.h"

namespace tandem::bench {

const std::vector<std::string>& timed_programs() {
  static const std::vector<std::string> kPrograms = {"gemm256_db_requant", "r18_C3_56_64_64_k1s1",
                                                     "r18_C9_14_256_256_k3s1"};
  return kPrograms;
}

Result<isa::Program> load_vta_program(const std::string& name) {
  const std::string folder = shared_data_path("vta/programs/made");
  if (!std::filesystem::is_directory(folder)) {
    return Diagnostic{
        {folder}, "the shared VTA programs are not there", {}, "set TANDEM_DATA to the folder that holds vta/programs"};
  }
  return isa::load_manifest(folder + "/" + name + "/manifest.txt", isa::HwConfig{});
}

int64_t wrong_bytes(const isa::Program& program, const sim::RunResult& result) {
  int64_t wrong = 0;
  for (const isa::Binding& binding : program.bindings) {
    if (binding.role != isa::Role::kOutput || binding.expected.empty()) continue;
    const auto found = result.outputs.find(binding.name);
    for (size_t i = 0; i < binding.expected.size(); ++i) {
      wrong += found == result.outputs.end() || i >= found->second.size() || found->second[i] != binding.expected[i];
    }
  }
  return wrong;
}

std::string describe(const isa::HwConfig& hardware) { return hardware.name + " " + hex(isa::hash(hardware)); }

}  // namespace tandem::bench
