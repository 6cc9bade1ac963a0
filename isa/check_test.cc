#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "isa/program.h"

namespace tandem::isa {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> faults_of(const Program& program, const CheckOptions& options = {true}) {
  std::vector<std::string> texts;
  for (const Fault& fault : check(program, options))
    texts.push_back(std::to_string(fault.instruction) + ": " + fault.what);
  return texts;
}

/// The code of a program over small inputs: 16 inputs at 0x1000, 2 weights at 0x2000, micro-ops {0, 0, 0} and {1, 1, 1}
/// at 0x3000.
Program program_of(const std::string& code, const std::string& more = "") {
  const std::string text = R"(
hardware {
  command_queue_depth: 4
  token_queue_depth: 4
}
dram 0x10000
segment "input" at 0x1000 {
  zero 256
}
segment "weights" at 0x2000 {
  zero 512
}
segment "uop" at 0x3000 uops {
  uop dst=0 src=0 wgt=0
  uop dst=1 src=1 wgt=1
}
)" + more + "code at 0x4000 {\n" +
                           code + "}\n";
  const Result<Program> program = assemble(text, "check_test.asm");
  EXPECT_TRUE(program.ok()) << render(program.error());
  return *program;
}

constexpr char kLoadAll[] =
    "load inp sram=0 dram=0x100 y=1 x=16 stride=16\n"
    "load wgt sram=0 dram=0x20 y=1 x=2 stride=2 push_next\n"
    "load uop sram=0 dram=0xc00 y=1 x=2 stride=2\n";

std::vector<std::string> faults_of_code(const std::string& code) { return faults_of(program_of(code)); }

TEST(Check, AcceptsAProgramOfEverything) {
  EXPECT_THAT(faults_of_code(std::string(kLoadAll) +
                             "gemm reset uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)\n"
                             "gemm uop=[0,2) iter=(2,2) dst=(0,0) src=(8,2) wgt=(0,0) pop_prev push_prev\n"
                             "alu add use_imm imm=1 uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) push_next\n"
                             "load inp sram=0 dram=0x100 y=1 x=1 stride=1 pop_next\n"
                             "store out sram=0 dram=0x500 y=1 x=2 stride=2 pop_prev push_prev\n"
                             "alu shr uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) pop_next\n"
                             "finish\n"),
              IsEmpty());
}

TEST(Check, ZeroTripsAndSizesAreLegalAndTouchNothing) {
  EXPECT_THAT(faults_of_code("gemm uop=[5,5) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)\n"
                             "gemm uop=[5,9) iter=(0,1) dst=(0,0) src=(0,0) wgt=(0,0)\n"
                             "alu min uop=[5,9) iter=(1,0) dst=(0,0) src=(0,0)\n"
                             "load inp sram=65535 dram=0xffffffff y=0 x=1 stride=1 pad=(15,15,15,15)\n"
                             "load wgt sram=65535 dram=0xffffffff y=1 x=0 stride=1 push_next\n"
                             "store out sram=65535 dram=0xffffffff y=1 x=0 stride=1\n"
                             "finish pop_prev\n"),
              IsEmpty());
}

TEST(Check, Structure) {
  EXPECT_THAT(faults_of_code("finish\nfinish\n"), ElementsAre("0: finish is not the last instruction"));
  EXPECT_THAT(faults_of_code(""), ElementsAre("-1: the program does not end with finish"));
  EXPECT_THAT(faults_of_code("raw 0x8000000000000082 0x0\nraw 0x8007 0x0\nfinish\n"),
              ElementsAre("0: gemm with both reset and overwrite", "1: config with unused bit 15 set"));
  Program program = program_of(
      "finish\n", "segment \"a\" at 0x10f8 {\n zero 16\n}\nbinding \"b\" output i8 [32] layout \"N\" at 0xfff0\n");
  program.code_address = 0x4004;
  EXPECT_THAT(faults_of(program),
              ElementsAre("-1: the code at 0x4004 does not start at a multiple of 64 bytes",
                          "-1: binding 'b' at [0xfff0, 0x10010) is beyond the program's 0x10000 bytes of DRAM",
                          "-1: segment 'a' at 0x10f8 overlaps segment 'input', which ends at 0x1100"));
  program.dram_bytes = uint64_t{1} << 33;
  EXPECT_EQ(faults_of(program)[0], "-1: the program's 0x200000000 bytes of DRAM are more than 0x100000000");
}

TEST(Check, BoundsOfMoves) {
  EXPECT_THAT(faults_of_code("load inp sram=2040 dram=0x100 y=2 x=3 stride=3 pad=(1,0,0,0)\nfinish\n"),
              ElementsAre("0: load writes inp[2040..2048], which has 2048 elements"));
  EXPECT_THAT(faults_of_code("load inp sram=0 dram=0xfff y=2 x=1 stride=1\nfinish\n"),
              ElementsAre("0: load reads DRAM [0xfff0, 0x10010), beyond the program's 0x10000 bytes"));
  EXPECT_THAT(faults_of_code("store out sram=2047 dram=0x400 y=1 x=2 stride=1\nfinish\n"),
              ElementsAre("0: store reads out[2047..2048], which has 2048 elements",
                          "0: store writes DRAM [0x4000, 0x4020), where the code lies"));
}

TEST(Check, BoundsOfLoops) {
  const std::string load = "load uop sram=0 dram=0xc00 y=1 x=2 stride=2\n";
  EXPECT_THAT(faults_of_code(load + "gemm reset uop=[0,2) iter=(3,2) dst=(1000,47) src=(0,0) wgt=(0,0)\nfinish\n"),
              ElementsAre("1: gemm reaches acc[2048], which has 2048 elements: micro-op 1 has dst 1, and the loops add "
                          "2 x 1000 + 1 x 47"));
  EXPECT_THAT(faults_of_code(load + "gemm uop=[0,1) iter=(2,2) dst=(0,0) src=(2047,1) wgt=(1023,1)\nfinish\n"),
              ElementsAre("1: gemm reaches inp[2048], which has 2048 elements: micro-op 0 has src 0, and the loops add "
                          "1 x 2047 + 1 x 1",
                          "1: gemm reaches wgt[1024], which has 1024 elements: micro-op 0 has wgt 0, and the loops add "
                          "1 x 1023 + 1 x 1"));
  EXPECT_THAT(faults_of_code(load + "alu mul uop=[0,1) iter=(2,2) dst=(0,0) src=(2047,1)\nfinish\n"),
              ElementsAre("1: alu reaches acc[2048], which has 2048 elements: micro-op 0 has src 0, and the loops add "
                          "1 x 2047 + 1 x 1"));
  EXPECT_THAT(faults_of_code(load + "gemm reset uop=[1,3) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)\nfinish\n"),
              ElementsAre("1: gemm runs micro-op 2, which nothing has loaded"));
  EXPECT_THAT(faults_of_code(load + "gemm uop=[8190,8193) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)\nfinish\n"),
              ElementsAre("1: gemm runs micro-ops [8190, 8193) of 8192"));
  EXPECT_THAT(faults_of_code("alu add uop=[3,2) iter=(1,1) dst=(0,0) src=(0,0)\nfinish\n"),
              ElementsAre("0: alu runs micro-ops [3, 2): the end is before the start"));
}

TEST(Check, MicroOpsThatChangeCannotBeChecked) {
  EXPECT_THAT(faults_of(program_of("load uop sram=0 dram=0xc00 y=1 x=3 stride=2\nfinish\n",
                                   "binding \"in\" input i8 [4] layout \"N\" at 0x3008\n")),
              ElementsAre("0: load reads micro-ops in DRAM [0x3000, 0x300c), which an input or a store changes: they "
                          "cannot be checked"));
}

TEST(Check, Tokens) {
  EXPECT_THAT(faults_of_code("load inp sram=0 dram=0 y=0 x=0 stride=0 push_prev\nstore out sram=0 dram=0 y=0 x=0 "
                             "stride=0 pop_next\nfinish\n"),
              ElementsAre("0: push_prev: the load engine has no previous engine",
                          "1: pop_next: the store engine has no next engine"));
  EXPECT_THAT(faults_of_code("load inp sram=0 dram=0 y=0 x=0 stride=0 push_next\nfinish push_next\n"),
              ElementsAre("1: 1 tokens from load to compute are left over at the end",
                          "1: 1 tokens from compute to store are left over at the end"));
  EXPECT_THAT(
      faults_of_code("load inp sram=0 dram=0 y=0 x=0 stride=0 pop_next\nfinish pop_next\n"),
      ElementsAre(
          "0: deadlock: load waits at instruction 0 for a token from compute; compute waits at instruction 1 for a "
          "token from store; store has finished"));
}

TEST(Check, FiniteQueues) {
  const std::string push = "load inp sram=0 dram=0 y=0 x=0 stride=0 push_next\n";
  const std::string pop = "load uop sram=0 dram=0 y=0 x=0 stride=0 pop_prev\n";
  const std::string four = push + push + push + push;
  EXPECT_THAT(faults_of_code(four + pop + pop + pop + pop + "finish\n"), IsEmpty());
  // Compute waits for the store engine, so the fifth token finds no room.
  EXPECT_THAT(
      faults_of_code(four + push + "load uop sram=0 dram=0 y=0 x=0 stride=0 pop_next\n" + pop + pop + pop + pop + pop +
                     "store out sram=0 dram=0 y=0 x=0 stride=0 push_prev\nfinish\n"),
      ElementsAre(
          "4: deadlock: load waits at instruction 4 to push its token to compute, whose queue of 4 tokens is full; "
          "compute waits at instruction 5 for a token from store; store has nothing to do; fetch waits at "
          "instruction 9 for the full queue of compute (4 instructions)"));
}

TEST(Check, ReadingWhatNothingHasWritten) {
  EXPECT_THAT(faults_of_code(std::string(kLoadAll) +
                             "gemm uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0) pop_prev\nfinish\n"),
              ElementsAre("3: gemm reads acc[0..1], which nothing has written"));
  EXPECT_THAT(faults_of_code("store out sram=7 dram=0x500 y=1 x=1 stride=1\nfinish\n"),
              ElementsAre("0: store reads out[7], which nothing has written"));
}

/// What follows "missing: " where one token would order two instructions.
std::string one_token(const char* from, const char* to, int first, int second) {
  return fmt::format(
      "missing: a token from {} to {}, pushed by instruction {} or behind it, popped by instruction {} or "
      "before it",
      from, to, first, second);
}

TEST(Check, Races) {
  const std::string reset = "gemm reset uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)\n";
  EXPECT_THAT(faults_of_code(std::string(kLoadAll) + reset +
                             "gemm uop=[0,2) iter=(2,1) dst=(0,0) src=(2,0) wgt=(0,0)\nfinish pop_prev\n"),
              ElementsAre("4: race: gemm reads inp[0..3], which instruction 0 (load) writes; " +
                          one_token("load", "compute", 0, 4)));
  EXPECT_THAT(faults_of_code(std::string(kLoadAll) + reset +
                             "gemm uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0) pop_prev\n"
                             "load inp sram=0 dram=0x100 y=1 x=1 stride=1\nfinish\n"),
              ElementsAre("5: race: load writes inp[0], which instruction 4 (gemm) reads; " +
                          one_token("compute", "load", 4, 5)));
  EXPECT_THAT(faults_of_code("load uop sram=0 dram=0xc00 y=1 x=2 stride=2\n" + reset +
                             "store out sram=0 dram=0x500 y=1 x=1 stride=1\nfinish\n"),
              ElementsAre("2: race: store reads out[0], which instruction 1 (gemm) writes; " +
                          one_token("compute", "store", 1, 2)));
}

TEST(Check, RacesInDram) {
  const std::string reset =
      "load uop sram=0 dram=0xc00 y=1 x=2 stride=2\n"
      "gemm reset uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0) push_next\n";
  EXPECT_THAT(faults_of_code(reset + "store out sram=0 dram=0x500 y=1 x=2 stride=2 pop_prev\n"
                                     "load acc8 sram=5 dram=0x501 y=1 x=1 stride=1\nfinish\n"),
              ElementsAre("3: race: load reads DRAM [0x5010, 0x5020), which instruction 2 (store) writes; " +
                          one_token("store", "compute", 2, 3)));
  // Rows with gaps: the load reads between two rows of the store, and then the second one.
  const std::string rows = reset + "store out sram=0 dram=0x500 y=2 x=1 stride=3 pop_prev push_prev\n";
  EXPECT_THAT(faults_of_code(rows + "load inp sram=0 dram=0x501 y=1 x=2 stride=2\nfinish pop_next\n"), IsEmpty());
  EXPECT_THAT(
      faults_of_code(rows + "load inp sram=0 dram=0x501 y=1 x=3 stride=3\nfinish pop_next\n"),
      ElementsAre("3: race: load reads DRAM [0x5030, 0x5040), which instruction 2 (store) writes; missing: a token "
                  "from store to compute, pushed by instruction 2 or behind it, and then one from compute to "
                  "load, popped by instruction 3 or before it"));
  EXPECT_THAT(faults_of_code(rows + "load uop sram=0 dram=0 y=0 x=0 stride=0 pop_next push_prev\n"
                                    "load inp sram=0 dram=0x501 y=1 x=3 stride=3 pop_next\nfinish\n"),
              IsEmpty());
  // Written over before it is read.
  EXPECT_THAT(
      faults_of_code("load inp sram=0 dram=0x500 y=1 x=8 stride=8\n" + reset +
                     "store out sram=0 dram=0x507 y=1 x=1 stride=1 pop_prev\nfinish\n"),
      ElementsAre("3: race: store writes DRAM [0x5070, 0x5080), which instruction 0 (load) reads; missing: a token "
                  "from load to compute, pushed by instruction 0 or behind it, and then one from compute to "
                  "store, popped by instruction 3 or before it"));
}

TEST(Check, AFullQueueOrders) {
  // The fifth token finds room when compute pops the first one, at instruction 6, before which it has taken the
  // store's: what the store has written is there for the load behind.
  const std::string push = "load inp sram=0 dram=0 y=0 x=0 stride=0 push_next\n";
  const std::string pop = "load uop sram=0 dram=0 y=0 x=0 stride=0 pop_prev\n";
  const auto program = [&](int pushes) {
    std::string text =
        "store out sram=0 dram=0x500 y=1 x=2 stride=2 push_prev\n"
        "load uop sram=0 dram=0 y=0 x=0 stride=0 pop_next\n";
    for (int i = 0; i < pushes; ++i) text += push;
    text += "load inp sram=0 dram=0x500 y=1 x=2 stride=2\n";
    for (int i = 0; i < pushes; ++i) text += pop;
    return text + "finish\n";
  };
  EXPECT_THAT(faults_of(program_of(program(5)), {}), IsEmpty());
  EXPECT_THAT(
      faults_of(program_of(program(4)), {}),
      ElementsAre("6: race: load reads DRAM [0x5000, 0x5020), which instruction 0 (store) writes; missing: a token "
                  "from store to compute, pushed by instruction 0 or behind it, and then one from compute to "
                  "load, popped by instruction 6 or before it"));
  // But the instruction before the one that pops may still be running: in the hardware a GEMM that reads the inputs.
  const std::string reading = std::string(kLoadAll) + push + push +
                              "gemm reset uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0) pop_prev\n"
                              "gemm uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)\n" +
                              push + push + push + "load inp sram=1 dram=0x100 y=1 x=1 stride=1\n" + pop + pop + pop +
                              pop + pop + "finish\n";
  EXPECT_THAT(faults_of_code(reading), ElementsAre("10: race: load writes inp[1], which instruction 6 (gemm) reads; " +
                                                   one_token("compute", "load", 6, 10)));
}

TEST(Check, RoomForTokensIsNeededFromTheStart) {
  // Compute could pop, which would make room for load, but starts only when it can push as well.
  const std::string none = "load inp sram=0 dram=0 y=0 x=0 stride=0 ";
  const std::string compute = "load uop sram=0 dram=0 y=0 x=0 stride=0 ";
  std::string text;
  for (int i = 0; i < 4; ++i) text += compute + "push_prev\n";
  for (int i = 0; i < 5; ++i) text += none + "push_next\n";
  text += compute + "pop_prev push_prev\n";
  for (int i = 0; i < 5; ++i) text += none + "pop_next\n";
  for (int i = 0; i < 4; ++i) text += compute + "pop_prev\n";
  EXPECT_THAT(
      faults_of_code(text + "finish\n"),
      ElementsAre("8: deadlock: load waits at instruction 8 to push its token to compute, whose queue of 4 tokens "
                  "is full; compute waits at instruction 9 to push its token to load, whose queue of 4 tokens "
                  "is full; store has nothing to do; fetch waits at instruction 13 for the full queue of load (4 "
                  "instructions)"));
}

TEST(Check, TensorsOfCompiledPrograms) {
  const std::string bindings =
      "binding \"in\" input i8 [64] layout \"N\" at 0x5000\n"
      "binding \"out\" output i8 [64] layout \"N\" at 0x5100\n"
      "binding \"between\" scratch i8 [64] layout \"N\" at 0x5200\n";
  const auto faults = [&](const std::string& code) { return faults_of(program_of(code, bindings), kCompiledProgram); };
  const std::string fill = "load acc8 sram=0 dram=0x500 y=1 x=4 stride=4 push_next\n";
  EXPECT_THAT(faults(fill + "store out sram=0 dram=0x510 y=1 x=4 stride=4 pop_prev\nfinish\n"), IsEmpty());
  EXPECT_THAT(faults("load acc8 sram=0 dram=0x501 y=1 x=4 stride=4\nfinish\n"),
              ElementsAre("0: load reads DRAM [0x5010, 0x5050), which lies in no segment or tensor"));
  EXPECT_THAT(faults(fill + "store out sram=0 dram=0x511 y=2 x=2 stride=2 pop_prev\nfinish\n"),
              ElementsAre("1: store writes DRAM [0x5110, 0x5150), which lies in no output or scratch tensor"));
  EXPECT_THAT(faults(fill + "store out sram=0 dram=0x500 y=1 x=1 stride=1 pop_prev\nfinish\n"),
              ElementsAre("1: store writes DRAM [0x5000, 0x5010), which lies in no output or scratch tensor"));
  EXPECT_THAT(faults(fill + "store out sram=0 dram=0x520 y=1 x=3 stride=3 pop_prev push_prev\n"
                            "load acc8 sram=4 dram=0x520 y=1 x=4 stride=4 pop_next\nfinish\n"),
              ElementsAre("2: load reads DRAM [0x5230, 0x5240), which nothing has written"));
}

constexpr char kLoadParameters[] = "load prm sram=0 dram=0x10 y=1 x=1 stride=1\n";

TEST(Check, ExtensionsInOrder) {
  EXPECT_THAT(faults_of_code(std::string(kLoadParameters) + kLoadAll +
                             "config acc_pad value=3\n"
                             "mac overwrite uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0) pop_prev push_prev\n"
                             "config inp_pad value=-4\n"
                             "load inp sram=0 dram=0x100 y=1 x=1 stride=1 pop_next push_next\n"
                             "requantize iter=(1,2) dst=6+(0,1) src=0+(0,1) prm=0+0\n"
                             "requantize keep iter=(1,2) dst=0+(0,1) src=0+(0,1) prm=0+0 push_next\n"
                             "store out sram=6 dram=0x500 y=1 x=2 stride=2 pop_prev push_prev\n"
                             "alu_extended abs uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) pop_next\n"
                             "finish pop_prev\n"),
              IsEmpty());
}

TEST(Check, ExtensionsBeyondTheirBuffers) {
  EXPECT_THAT(
      faults_of_code("requantize iter=(2,2) dst=2046+(1,1) src=0+(0,0) prm=63+1\nfinish\n"),
      ElementsAre("0: requantize reaches acc[2048], which has 2048 elements: dst is 2046, and the loops add 1 x 1 "
                  "+ 1 x 1",
                  "0: requantize reaches prm[64], which has 64 elements: prm is 63, and the loops add 1 x 1 + 1 x "
                  "0"));
  // 1023 elements hold 16 vectors each: the first is out of reach of a micro-op, not of the loops.
  EXPECT_THAT(
      faults_of_code("load uop sram=0 dram=0xc00 y=1 x=2 stride=2\n"
                     "mac depthwise uop=[0,2) iter=(18,1) dst=(0,0) src=(0,0) wgt=(1023,0)\nfinish\n"),
      ElementsAre("1: mac reaches vector 17392 of wgt, which has 16384 vectors: micro-op 1 has wgt 1, and the loops "
                  "add 17 x 1023 + 0 x 0"));
}

TEST(Check, RacesOfExtensions) {
  const std::string uops = "load uop sram=0 dram=0xc00 y=1 x=2 stride=2\n";
  const std::string acc = "load acc8 sram=0 dram=0x100 y=1 x=2 stride=2\n";
  EXPECT_THAT(
      faults_of_code(acc + "requantize iter=(1,1) dst=0+(0,0) src=0+(0,0) prm=0+0\n" + kLoadParameters + "finish\n"),
      ElementsAre("2: race: load writes prm[0], which instruction 1 (requantize) reads; " +
                  one_token("compute", "load", 1, 2)));
  const std::string parameters = "load prm sram=0 dram=0x10 y=1 x=1 stride=1 push_next\n";
  EXPECT_THAT(faults_of_code(acc + parameters +
                             "requantize iter=(1,1) dst=9+(0,0) src=0+(0,0) prm=0+0 pop_prev\n"
                             "store out sram=9 dram=0x500 y=1 x=1 stride=1\nfinish\n"),
              ElementsAre("3: race: store reads out[9], which instruction 2 (requantize) writes; " +
                          one_token("compute", "store", 2, 3)));
  // MAC and a kept REQUANTIZE do not touch `out`: the store needs no token of theirs.
  EXPECT_THAT(faults_of_code(uops + acc + parameters +
                             "alu add use_imm imm=0 uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0) push_next\n"
                             "store out sram=0 dram=0x500 y=1 x=1 stride=1 pop_prev\n"
                             "requantize keep iter=(1,1) dst=0+(0,0) src=0+(0,0) prm=0+0 pop_prev\nfinish\n"),
              IsEmpty());
}

TEST(Check, AcceptsTheSharedPrograms) {
  const char* given = std::getenv("TANDEM_DATA");
  const std::string folder = (given != nullptr ? given : TANDEM_SOURCE_DIR "/../shared") + std::string("/vta/programs");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared VTA programs";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().filename() != "manifest.txt") continue;
    EXPECT_THAT(faults_of(load_manifest(entry.path().string(), HwConfig{}).value(), {}), IsEmpty()) << entry.path();
  }
}

}  // namespace
}  // namespace tandem::isa
