// Host tool of the build: reads isa.yaml and writes the C++ and Verilog that follow from it below the given folder.
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "isa/generate/emit.h"
#include "support/file.h"

namespace {

tandem::Result<void> generate(const std::string& table_path, const std::string& output) {
  TANDEM_ASSIGN(const tandem::isa::generate::Table table, tandem::isa::generate::read_table(table_path));
  const std::vector<std::pair<std::string, std::string>> files = {
      {"memory.h", emit_memory_header(table)},
      {"instruction_set.h", emit_instruction_header(table)},
      {"instruction_set.cc", emit_instruction_source(table)},
      {"builtins.h", emit_builtins_header(table)},
      {"isa.svh", emit_isa_verilog(table)},
      {"alu_lane.svh", emit_alu_verilog(table)},
      {"alu_lanes.svh", emit_alu_lanes_verilog(table)},
  };
  std::filesystem::create_directories(output);
  for (const auto& [name, content] : files) TANDEM_TRY(tandem::write_file(output + "/" + name, content));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tandem_isa_generate ISA.yaml OUTPUT_FOLDER\n");
    return 2;
  }
  const tandem::Result<void> result = generate(argv[1], argv[2]);
  if (result.ok()) return 0;
  std::fprintf(stderr, "%s\n", render(result.error()).c_str());
  return 2;
}
