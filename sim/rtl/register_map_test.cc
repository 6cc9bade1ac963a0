#include "sim/rtl/register_map.h"

#include <gtest/gtest.h>

#include <set>

#include "support/environment.h"
#include "support/file.h"

namespace tandem::sim {
namespace {

RegisterMap the_map() { return parse_register_map(read_text_file(checkout_path("hw/registers.svh")).value()); }

TEST(RegisterMap, PageIsCurrent) {
  EXPECT_EQ(read_text_file(checkout_path("docs/registers.md")).value(), registers_page(the_map()))
      << "docs/registers.md is out of date: run `ninja -C build register_manual` and commit it";
}

TEST(RegisterMap, LinesBecomeConstantsAndRows) {
  const RegisterMap map = parse_register_map(
      "// A comment.\nlocalparam int RegControl = 0;  // w: starts\nlocalparam int RegBase = 8;  // rw, 64 bits: "
      "place\n"
      "localparam int ErrorNone = 0;  // none\nlocalparam int CountLoadWaitCompute = 0;  // waits\n"
      "localparam int CounterCount = 1;\n");
  EXPECT_EQ(registers_header(map),
            "// Generated from hw/registers.svh.\n#pragma once\n#include <cstdint>\n"
            "constexpr uint32_t RegControl = 0;\nconstexpr uint32_t RegBase = 8;\nconstexpr uint32_t ErrorNone = 0;\n"
            "constexpr uint32_t CountLoadWaitCompute = 0;\nconstexpr uint32_t CounterCount = 1;\n"
            "constexpr const char* kCounterNames[] = {\"load.wait_compute\", };\n");
  const std::string page = registers_page(map);
  EXPECT_NE(page.find("| `RegBase` | 0x08 | 64 | rw | place |\n"), std::string::npos);
  EXPECT_NE(page.find("| 0 | `load.wait_compute` | waits |\n"), std::string::npos);
}

TEST(RegisterMap, NothingOverlapsAndNumbersAreDense) {
  const RegisterMap map = the_map();
  std::set<int64_t> taken;
  for (const RegisterMapEntry& entry : map.registers) {
    const bool wide = entry.comment.find("64 bits") != std::string::npos;
    for (int64_t offset = entry.value; offset < entry.value + (wide ? 8 : 4); offset += 4) {
      EXPECT_TRUE(taken.insert(offset).second) << entry.name;
      EXPECT_LT(offset, 256) << entry.name;
    }
    EXPECT_EQ(entry.value % (wide ? 8 : 4), 0) << entry.name;
    EXPECT_NE(entry.comment, "") << entry.name;
  }
  for (size_t i = 0; i < map.errors.size(); ++i) EXPECT_EQ(map.errors[i].value, static_cast<int64_t>(i));
  for (size_t i = 0; i < map.counters.size(); ++i) EXPECT_EQ(map.counters[i].value, static_cast<int64_t>(i));
}

}  // namespace
}  // namespace tandem::sim
