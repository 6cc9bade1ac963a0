// The RTL in four states: random programs under Icarus Verilog end as they are meant, and nothing unknown reaches
// memory.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "isa/access.h"
#include "isa/random_program.h"
#include "sim/functional/functional_simulator.h"
#include "support/environment.h"
#include "support/process.h"

namespace tandem::sim {
namespace {

namespace fs = std::filesystem;

/// The memory as words of the bus, the last byte first, as $readmemh wants them.
std::string hex_words(const Bytes& memory, size_t word) {
  std::string text;
  for (size_t begin = 0; begin < memory.size(); begin += word) {
    for (size_t i = word; i-- > 0;) text += fmt::format("{:02x}", memory[begin + i]);
    text += '\n';
  }
  return text;
}

Bytes bytes_of(std::istream& words, size_t word) {
  Bytes memory;
  for (std::string line; std::getline(words, line);) {
    if (line.empty() || line[0] == '/') continue;
    for (size_t i = word; i-- > 0;)
      memory.push_back(static_cast<uint8_t>(std::stoi(line.substr(2 * i, 2), nullptr, 16)));
  }
  return memory;
}

/// What memory holds before the start.
Bytes image_of(const isa::Program& program) {
  Bytes memory(isa::memory_bytes(program));
  const isa::Codec codec(program.hardware);
  Bytes code;
  for (const isa::EncodedInstruction& instruction : program.code) codec.append_bytes(instruction, code);
  std::copy(code.begin(), code.end(), memory.begin() + static_cast<std::ptrdiff_t>(program.code_address));
  for (const isa::Segment& segment : program.segments) {
    std::copy(segment.bytes.begin(), segment.bytes.end(),
              memory.begin() + static_cast<std::ptrdiff_t>(segment.address));
  }
  return memory;
}

TEST(Icarus, RandomProgramsWithoutUnknownBits) {
  if (find_program("iverilog").empty()) GTEST_SKIP() << "iverilog is not installed";
  const isa::HwConfig hardware = isa::load_hw(checkout_path("configs/hw/test/b1_4x4.yaml")).value();
  const auto word = static_cast<size_t>(hardware.bus_bytes);
  const fs::path directory = fs::temp_directory_path() / fmt::format("tandem_icarus_{}", ::getpid());
  fs::create_directories(directory);
  for (const uint64_t seed : {1, 2}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const isa::Program program = isa::random_program(hardware, rng, {24, false, /*extensions=*/true});
    const RunResult meant = make_functional_simulator(hardware)->run(program, {}).value();
    const Bytes image = image_of(program);
    const std::string before = directory / "before.hex", after = directory / "after.hex", compiled = directory / "run";
    std::ofstream(before) << hex_words(image, word);
    std::vector<std::string> compile{"iverilog", "-g2012", "-s", "tandem_accel_run", "-o", compiled, "-Y", ".sv"};
    for (const std::string& folder :
         {checkout_path("hw"), checkout_path("hw/tests"), std::string(TANDEM_GENERATED_ISA)}) {
      compile.push_back("-I" + folder);
      compile.push_back("-y" + folder);
    }
    const auto set = [&](const std::string& name, int64_t value) {
      compile.push_back(fmt::format("-Ptandem_accel_run.{}={}", name, value));
    };
    for (const isa::RtlParameter& parameter : isa::rtl_parameters(hardware)) set(parameter.name, parameter.value);
    set("Words", static_cast<int64_t>(image.size() / word));
    set("CodeAddress", static_cast<int64_t>(program.code_address));
    set("Instructions", static_cast<int64_t>(program.code.size()));
    compile.push_back(checkout_path("hw/tests/tandem_accel_run.sv"));
    const ProcessResult built = run_process(compile).value();
    ASSERT_EQ(built.exit_code, 0) << built.errors;
    const ProcessResult ran = run_process({"vvp", compiled, "+memory=" + before, "+result=" + after}).value();
    ASSERT_NE(ran.output.find("PASSED"), std::string::npos) << ran.output;
    std::ifstream words(after);
    const Bytes memory = bytes_of(words, word);
    ASSERT_EQ(memory.size(), image.size());
    for (const isa::Binding& binding : program.bindings) {
      if (binding.role != isa::Role::kOutput) continue;
      const auto begin = memory.begin() + static_cast<std::ptrdiff_t>(binding.address);
      EXPECT_TRUE(Bytes(begin, begin + binding.size_bytes()) == meant.outputs.at(binding.name)) << binding.name;
    }
  }
  fs::remove_all(directory);
}

}  // namespace
}  // namespace tandem::sim
