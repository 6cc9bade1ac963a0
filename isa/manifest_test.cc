#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "isa/program.h"

namespace tandem::isa {
namespace {

std::string shared_folder() {
  const char* given = std::getenv("TANDEM_DATA");
  return given != nullptr ? given : TANDEM_SOURCE_DIR "/../shared";
}

class Manifest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("tandem_manifest_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    write("insn.bin", Bytes{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    write("data.bin", Bytes(64, 7));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const Bytes& bytes) {
    EXPECT_TRUE(write_file((folder_ / name).string(), bytes).ok());
  }
  Result<Program> load(const std::string& text) {
    const std::string path = (folder_ / "manifest.txt").string();
    EXPECT_TRUE(write_file(path, text).ok());
    return load_manifest(path, HwConfig{});
  }
  /// The error with the folder taken out.
  std::string error_of(const std::string& text) {
    const Result<Program> program = load(text);
    if (program.ok()) return "no error";
    std::string message = render(program.error());
    const std::string prefix = folder_.string() + "/";
    for (size_t at; (at = message.find(prefix)) != std::string::npos;) message.erase(at, prefix.size());
    return message;
  }

  std::filesystem::path folder_;
};

TEST_F(Manifest, LoadsEverySharedProgram) {
  if (!std::filesystem::exists(shared_folder() + "/vta/programs")) GTEST_SKIP() << "no shared VTA programs";
  int programs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared_folder() + "/vta/programs")) {
    if (entry.path().filename() != "manifest.txt") continue;
    const Result<Program> program = load_manifest(entry.path().string(), HwConfig{});
    ASSERT_TRUE(program.ok()) << render(program.error());
    EXPECT_FALSE(program->code.empty());
    ++programs;
  }
  EXPECT_EQ(programs, 22);
}

TEST_F(Manifest, LoadInsnAndDump) {
  const Result<Program> loaded =
      load("# comment\nload data.bin 0x1000\ninsn insn.bin 0x4000\n\ndump 0x2000 64 out.bin data.bin\n");
  ASSERT_TRUE(loaded.ok()) << render(loaded.error());
  const Program& program = *loaded;
  EXPECT_EQ(program.segments[0].name, "data");
  EXPECT_EQ(program.segments[0].address, 0x1000u);
  EXPECT_EQ(program.segments[0].bytes, Bytes(64, 7));
  EXPECT_EQ(program.code_address, 0x4000u);
  EXPECT_EQ(program.code.size(), 1u);
  EXPECT_EQ(program.bindings[0].name, "out.bin");
  EXPECT_EQ(program.bindings[0].expected, Bytes(64, 7));
  EXPECT_EQ(program.dram_bytes, 0x5000u);
}

TEST_F(Manifest, Diagnostics) {
  EXPECT_EQ(error_of("lod data.bin 0\n"),
            "manifest.txt:1:1: error: unknown command 'lod'\n  legal: load, insn, dump\n  hint: did you mean 'load'?");
  EXPECT_EQ(error_of("load data.bin\n"),
            "manifest.txt:1:1: error: 'load' with 1 arguments\n  hint: write 'load FILE ADDRESS'");
  EXPECT_EQ(error_of("dump 0x10\n"),
            "manifest.txt:1:1: error: 'dump' with 1 arguments\n  hint: write 'dump ADDRESS BYTES FILE [EXPECTED]'");
  EXPECT_EQ(error_of("load data.bin 0xzz\n"),
            "manifest.txt:1:15: error: '0xzz' is not an address\n  hint: write it as 0x4000 or 16384");
  EXPECT_EQ(error_of("insn insn.bin 0\nload none.bin 0x100\n"),
            "manifest.txt:2:6: error: none.bin: cannot read: No such file or directory\n"
            "  hint: file names are relative to the manifest");
  EXPECT_EQ(error_of("load data.bin 0\n"),
            "manifest.txt: error: the manifest has no 'insn' line\n  hint: name the file of the instructions");
  EXPECT_EQ(error_of("insn insn.bin 0\ninsn insn.bin 0x100\n"),
            "manifest.txt:2:1: error: a second 'insn' line\n  hint: put all instructions into one file");
  EXPECT_EQ(error_of("insn insn.bin 0\nload data.bin 8\n"),
            "manifest.txt:2:1: error: data at 0x8 overlaps the instructions, which ends at 0x10\n"
            "  hint: the nearest free address is 0x10");
  EXPECT_EQ(error_of("insn insn.bin 0\ndump 0x100 65 out.bin data.bin\n"),
            "manifest.txt:2:23: error: data.bin has 64 bytes; the dump has 65");
  EXPECT_EQ(error_of("insn insn.bin 0\ndump 0x100 0 out.bin\n"),
            "manifest.txt:2:12: error: 0 bytes are not from 1 to 4294967296");
  EXPECT_EQ(error_of("insn insn.bin 0\ndump 0 8 out.bin\ndump 8 8 out.bin\n"),
            "manifest.txt:3:10: error: 'out.bin' is dumped twice\n  hint: give each dump its own file");
  write("odd.bin", Bytes(20, 0));
  EXPECT_EQ(error_of("insn odd.bin 0\n"),
            "manifest.txt:1:6: error: odd.bin has 20 bytes, which is no multiple of an instruction's 16");
}

}  // namespace
}  // namespace tandem::isa
