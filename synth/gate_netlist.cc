#include "synth/gate_netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "support/environment.h"
#include "support/file.h"
#include "support/process.h"
#include "synth/synthesis.h"

namespace tandem::synth {
namespace {

// What no output depends on goes first: a mutant there would change nothing.
constexpr char kFlatten[] =
    "proc\nflatten\nopt -full\nmemory -nomap\nwreduce\nopt -full\nopt_clean\nrename -top tandem_accel\n";

/// Reads the design with the configuration's parameters.
std::string read_design(const isa::HwConfig& hardware) {
  Parameters parameters;
  for (const isa::RtlParameter& each : isa::rtl_parameters(hardware)) parameters.emplace_back(each.name, each.value);
  return read_script("tandem_accel", parameters);
}

/// Runs a script beside `path`, which stays where it fails.
Result<void> run_yosys(const std::string& path, const std::string& script) {
  if (find_program("yosys").empty()) {
    return Diagnostic{{},
                      "'yosys' is not installed; without it there are no netlists",
                      {},
                      "./tandem doctor names what is missing and how to install it"};
  }
  const std::string file = path + ".ys";
  TANDEM_TRY(write_file(file, script));
  TANDEM_ASSIGN(const ProcessResult result, run_process({"yosys", "-q", file}));
  if (result.exit_code != 0) {
    const size_t error = std::min(result.errors.find("ERROR"), result.errors.size());
    return Diagnostic{{file},
                      "Yosys failed: " + result.errors.substr(error, result.errors.find('\n', error) - error),
                      {},
                      "yosys FILE shows its whole output"};
  }
  std::filesystem::remove(file);
  return {};
}

/// A line of `mutate -list`: options with one argument, -ctrl with three.
Mutant parse_mutant(const std::string& line) {
  std::istringstream words(line);
  std::string word, mode, cell, port, bit, wire;
  Mutant mutant;
  for (words >> word; words >> word;) {
    std::string value;
    words >> value;
    if (word == "-ctrl") words >> value >> value;
    if (word == "-mode") mode = value;
    if (word == "-cell") cell = value;
    if (word == "-port") port = value;
    if (word == "-portbit") bit = value;
    if (word == "-wire") wire = value;
    if (word == "-wirebit") wire += fmt::format("[{}]", value);
    if (word == "-src") mutant.places.push_back(std::filesystem::path(value).filename());
  }
  // "$add" of "$flatten\u_compute.$add$hw/compute_engine.sv:342$27033".
  const size_t kind = cell.rfind(".$") == std::string::npos ? 0 : cell.rfind(".$") + 1;
  mutant.change = fmt::format("{} {}[{}] of {}", mode, port, bit, cell.substr(kind, cell.find('$', kind + 1) - kind));
  if (!wire.empty()) mutant.change += ", " + wire;
  return mutant;
}

}  // namespace

Result<void> write_gates(const isa::HwConfig& hardware, const std::string& path) {
  return run_yosys(path, read_design(hardware) + kFlatten + "techmap\nopt -fast\nwrite_verilog -noattr " + path + "\n");
}

Result<std::vector<Mutant>> write_mutants(const isa::HwConfig& hardware, uint64_t seed, int count,
                                          const std::string& path) {
  int bits = 1;
  while ((1 << bits) <= count) ++bits;
  const std::string list = path + ".list";
  TANDEM_TRY(
      run_yosys(path, read_design(hardware) + kFlatten +
                          fmt::format("mutate -list {} -seed {} -ctrl mutant_i {} 1 -o {}\n", count, seed, bits, list) +
                          fmt::format("script {}\nwrite_verilog -noattr {}\n", list, path)));
  TANDEM_ASSIGN(const std::string text, read_text_file(list));
  std::filesystem::remove(list);
  std::istringstream lines(text);
  std::vector<Mutant> mutants;
  for (std::string line; std::getline(lines, line);) mutants.push_back(parse_mutant(line));
  return mutants;
}

}  // namespace tandem::synth
