#include "sim/rtl/model_builder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "sim/rtl/register_map.h"
#include "support/environment.h"
#include "support/file.h"
#include "support/hash.h"
#include "support/process.h"

namespace tandem::sim {
namespace {

namespace fs = std::filesystem;

/// An exclusive lock between processes, held while it lives.
class FileLock {
 public:
  static Result<FileLock> acquire(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0 || ::flock(descriptor, LOCK_EX) != 0) {
      return Diagnostic{
          {path}, "cannot lock the model cache", {}, "set TANDEM_CACHE to a directory that can be written"};
    }
    return FileLock(descriptor);
  }
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// A directory that disappears with its content.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) { fs::create_directories(path_); }
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> files_in(const std::string& directory, const std::vector<std::string>& extensions) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const std::string extension = entry.path().extension();
    if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// First line of a tool's --version; an error where it is not installed.
Result<std::string> version_of(const std::string& tool) {
  if (find_program(tool).empty()) {
    return Diagnostic{{},
                      fmt::format("'{}' is not installed; without it the RTL cannot be simulated", tool),
                      {},
                      "./tandem doctor names what is missing and how to install it"};
  }
  TANDEM_ASSIGN(const ProcessResult result, run_process({tool, "--version"}));
  return result.output.substr(0, result.output.find('\n'));
}

class ModelBuild {
 public:
  ModelBuild(const isa::HwConfig& hardware, const RtlModelOptions& options)
      : hardware_(hardware),
        options_(options),
        cache_(options.cache_directory.empty() ? default_rtl_cache() : options.cache_directory) {}

  Result<std::string> run() {
    const std::vector<Diagnostic> broken = isa::check(hardware_);
    if (!broken.empty()) return broken.front();
    TANDEM_TRY(read_sources());
    std::error_code error;
    fs::create_directories(cache_, error);
    if (error) {
      return Diagnostic{{cache_},
                        fmt::format("cannot create the model cache: {}", error.message()),
                        {},
                        "set TANDEM_CACHE to a directory that can be written"};
    }
    const std::string model = fmt::format("{}/{}.so", cache_, hex(key_));
    if (fs::exists(model)) return model;
    TANDEM_ASSIGN(const FileLock lock, FileLock::acquire(fmt::format("{}/{}.lock", cache_, hex(key_))));
    if (fs::exists(model)) return model;
    TANDEM_TRY(build(model));
    return model;
  }

 private:
  /// Reads everything that the model depends on, and hashes it.
  Result<void> read_sources() {
    const bool netlist = !options_.netlist.empty();
    std::vector<std::string> inputs =
        netlist ? std::vector<std::string>{options_.netlist} : files_in(checkout_path("hw"), {".sv", ".svh"});
    const std::string generated = TANDEM_GENERATED_ISA;
    for (const char* file : {"isa.svh", "alu_lane.svh", "alu_lanes.svh"})
      inputs.push_back(fmt::format("{}/{}", generated, file));
    for (const char* file :
         {"sim/rtl/harness/harness.cc", "sim/rtl/harness/harness.h", "sim/dram/dram.h", "sim/dram/dram_schedule.h",
          "sim/dram/restless_dram.h", "sim/rtl/model_builder.cc", "sim/rtl/register_map.cc"}) {
      inputs.push_back(checkout_path(file));
    }
    uint64_t key = 0;
    for (const std::string& path : inputs) {
      TANDEM_ASSIGN(const std::string text, read_text_file(path));
      key = hash64(text, hash64(fs::path(path).filename().string(), key));
    }
    TANDEM_ASSIGN(const std::string verilator, version_of("verilator"));
    TANDEM_ASSIGN(const std::string compiler, version_of("g++"));
    tools_ = hash64(verilator + compiler + machine());
    for (const isa::RtlParameter& parameter : isa::rtl_parameters(hardware_)) {
      const std::string setting = fmt::format("-G{}={}", parameter.name, parameter.value);
      if (!netlist) parameters_.push_back(setting);
      key = hash64(setting, key);
    }
    if (options_.mutants) key = hash64("mutants", key);
    if (options_.waveforms) {
      key = hash64("waveforms", key);
      tools_ = hash64("waveforms", tools_);  // Verilator's run-time is another
    }
    key_ = hash64(options_.assertions ? "assertions" : "", hash64(hex(tools_), key));
    return {};
  }

  Result<void> build(const std::string& model) {
    const ScratchDirectory scratch(fmt::format("{}/{}.tmp{}", cache_, hex(key_), ::getpid()));
    const std::string& directory = scratch.path();
    TANDEM_ASSIGN(const std::string registers, read_text_file(checkout_path("hw/registers.svh")));
    TANDEM_TRY(write_file(directory + "/registers.h", registers_header(parse_register_map(registers))));

    TANDEM_ASSIGN(const ProcessResult root, run_process({"verilator", "--getenv", "VERILATOR_ROOT"}));
    const std::string include = root.output.substr(0, root.output.find('\n')) + "/include";
    std::vector<std::string> verilate{"verilator",
                                      "--cc",
                                      "-O3",
                                      "--x-assign",
                                      "fast",
                                      "--x-initial",
                                      "fast",
                                      options_.assertions ? "--assert" : "--noassert",
                                      "-Wno-fatal",
                                      "--top-module",
                                      options_.netlist.empty() ? "tandem_core" : "tandem_accel",
                                      "--prefix",
                                      "Vtandem",
                                      "--Mdir",
                                      directory + "/model",
                                      std::string("-I") + TANDEM_GENERATED_ISA,
                                      "-I" + checkout_path("hw"),
                                      "-y",
                                      checkout_path("hw")};
    if (options_.waveforms) verilate.insert(verilate.end(), {"--trace-fst", "--trace-params"});
    verilate.insert(verilate.end(), parameters_.begin(), parameters_.end());
    verilate.push_back(options_.netlist.empty() ? checkout_path("hw/tandem_core.sv") : options_.netlist);
    TANDEM_TRY(step(verilate));

    const std::string waves = options_.waveforms ? "1" : "0";
    const std::vector<std::string> flags{"-std=c++17",
                                         "-fPIC",
                                         "-fvisibility=hidden",
                                         "-fno-gnu-unique",
                                         "-DVL_USER_STOP",
                                         "-DVL_USER_FATAL",
                                         "-DVL_USER_FINISH",
                                         "-DVERILATOR=1",
                                         "-DVM_COVERAGE=0",
                                         "-DVM_TRACE=" + waves,
                                         "-DVM_TRACE_FST=" + waves,
                                         "-I" + include,
                                         "-I" + include + "/vltstd"};
    // Verilator's own run-time is the same for every model.
    const std::string runtime = fmt::format("{}/runtime-{}", cache_, hex(tools_));
    std::vector<std::string> objects;
    for (const std::string& name : runtime_parts()) objects.push_back(fmt::format("{}/{}.o", runtime, name));
    TANDEM_TRY(build_runtime(runtime, include, flags));

    std::vector<std::vector<std::string>> commands;
    const auto compile = [&](const std::string& source) {
      objects.push_back(fmt::format("{}/{}.o", directory, fs::path(source).stem().string()));
      std::vector<std::string> command{"g++",
                                       "-c",
                                       source,
                                       "-o",
                                       objects.back(),
                                       "-march=native",
                                       source.find("__Slow") == std::string::npos ? "-O3" : "-O0",
                                       fmt::format("-DTANDEM_BUS_BYTES={}", hardware_.bus_bytes),
                                       "-I" + directory,
                                       "-I" + directory + "/model",
                                       "-I" + checkout_path("sim/rtl/harness"),
                                       "-I" + checkout_path("sim/dram")};
      command.insert(command.end(), flags.begin(), flags.end());
      if (options_.assertions) command.push_back("-DTANDEM_ASSERTIONS");
      if (!options_.netlist.empty()) command.push_back("-DTANDEM_NETLIST");
      if (options_.mutants) command.push_back("-DTANDEM_MUTANTS");
      if (options_.waveforms) command.push_back("-DTANDEM_WAVEFORMS");
      commands.push_back(std::move(command));
    };
    // Many of Verilator's files are a few lines, and parsing its headers a second: those become one.
    constexpr uintmax_t kSmallBytes = 64 * 1024;
    std::string small;
    for (const std::string& source : files_in(directory + "/model", {".cpp"})) {
      if (fs::file_size(source) > kSmallBytes) {
        compile(source);
      } else {
        small += fmt::format("#include \"{}\"\n", source);
      }
    }
    TANDEM_TRY(write_file(directory + "/small.cpp", small));
    compile(directory + "/small.cpp");
    compile(checkout_path("sim/rtl/harness/harness.cc"));
    TANDEM_TRY(side_by_side(commands));

    const std::string finished = directory + "/model.so";
    std::vector<std::string> link{"g++", "-shared", "-o", finished, "-Wl,-z,defs"};
    link.insert(link.end(), objects.begin(), objects.end());
    link.push_back("-lpthread");
    if (options_.waveforms) link.push_back("-lz");
    TANDEM_TRY(step(link));
    std::error_code error;
    fs::rename(finished, model, error);
    if (error) return Diagnostic{{model}, fmt::format("cannot write: {}", error.message()), {}, ""};
    return {};
  }

  std::vector<std::string> runtime_parts() const {
    std::vector<std::string> parts{"verilated", "verilated_threads"};
    if (options_.waveforms) parts.emplace_back("verilated_fst_c");
    return parts;
  }

  Result<void> build_runtime(const std::string& directory, const std::string& include,
                             const std::vector<std::string>& flags) {
    TANDEM_ASSIGN(const FileLock lock, FileLock::acquire(directory + ".lock"));
    if (fs::exists(directory)) return {};
    const std::string temporary = fmt::format("{}.tmp{}", directory, ::getpid());
    const ScratchDirectory scratch(temporary);
    std::vector<std::vector<std::string>> commands;
    for (const std::string& name : runtime_parts()) {
      std::vector<std::string> command{
          "g++", "-O1", "-c", fmt::format("{}/{}.cpp", include, name), "-o", fmt::format("{}/{}.o", temporary, name)};
      command.insert(command.end(), flags.begin(), flags.end());
      commands.push_back(std::move(command));
    }
    TANDEM_TRY(side_by_side(commands));
    fs::rename(temporary, directory);
    return {};
  }

  /// Runs one tool; its whole output stays in a log where it fails.
  Result<void> step(const std::vector<std::string>& command) const {
    TANDEM_ASSIGN(const ProcessResult result, run_process(command));
    if (result.exit_code == 0) return {};
    const std::string log = fmt::format("{}/{}.log", cache_, hex(key_));
    TANDEM_TRY(write_file(log, fmt::format("{}\n{}{}", fmt::join(command, " "), result.output, result.errors)));
    const std::string& text = result.errors;
    const size_t error = std::min(text.find("rror"), text.size());
    const size_t begin = error == text.size() ? 0 : text.rfind('\n', error) + 1;
    return Diagnostic{{log},
                      fmt::format("building the RTL model of '{}' failed in {}: {}", hardware_.name, command.front(),
                                  text.substr(begin, text.find('\n', begin) - begin)),
                      {},
                      "the log has the command and its whole output"};
  }

  Result<void> side_by_side(const std::vector<std::vector<std::string>>& commands) const {
    const size_t workers = std::min<size_t>(commands.size(), std::max(1u, std::thread::hardware_concurrency()));
    std::atomic<size_t> next{0};
    std::vector<Result<void>> results(commands.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < workers; ++i) {
      threads.emplace_back([&] {
        for (size_t mine = next++; mine < commands.size(); mine = next++) results[mine] = step(commands[mine]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Result<void>& result : results) TANDEM_TRY(result);
    return {};
  }

  const isa::HwConfig hardware_;
  const RtlModelOptions options_;
  const std::string cache_;
  std::vector<std::string> parameters_;
  uint64_t key_ = 0;
  uint64_t tools_ = 0;
};

}  // namespace

std::string default_rtl_cache() {
  if (const char* cache = std::getenv("TANDEM_CACHE"); cache != nullptr && *cache != '\0') return cache;
  const std::string root = checkout_path("");
  if (::access(root.c_str(), W_OK) == 0) return checkout_path(".cache/verilated");
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/tmp") + "/.cache/tandem";
}

Result<std::string> build_rtl_model(const isa::HwConfig& hardware, const RtlModelOptions& options) {
  return ModelBuild(hardware, options).run();
}

}  // namespace tandem::sim
