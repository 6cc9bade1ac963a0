#include "sim/rtl/register_map.h"

#include <fmt/format.h>

#include <cctype>
#include <regex>

namespace tandem::sim {
namespace {

bool begins(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

/// "rw, 64 bits: base of inputs" in its parts.
struct Access {
  std::string access;
  std::string width = "32";
  std::string meaning;
};
Access access_of(const std::string& comment) {
  static const std::regex kForm(R"((\w+)(?:, (\d+) bits)?: (.*))");
  std::smatch match;
  if (!std::regex_match(comment, match, kForm)) return {"", "32", comment};
  return {match[1].str(), match[2].matched ? match[2].str() : "32", match[3].str()};
}

}  // namespace

RegisterMap parse_register_map(const std::string& svh) {
  static const std::regex kLine(R"(localparam int (\w+) = (\d+);(?:\s*// (.*))?)");
  RegisterMap map;
  for (size_t begin = 0; begin < svh.size();) {
    const size_t end = std::min(svh.find('\n', begin), svh.size());
    const std::string line = svh.substr(begin, end - begin);
    begin = end + 1;
    std::smatch match;
    if (!std::regex_match(line, match, kLine)) continue;
    const RegisterMapEntry entry{match[1].str(), std::stoll(match[2].str()), match[3].str()};
    const bool counter = begins(entry.name, "Count") && entry.name != "CounterCount";
    (begins(entry.name, "Reg")     ? map.registers
     : begins(entry.name, "Error") ? map.errors
     : counter                     ? map.counters
                                   : map.others)
        .push_back(entry);
  }
  return map;
}

std::string counter_name(const std::string& camel) {
  std::string name;
  int words = 0;
  for (const char letter : camel.substr(std::string("Count").size())) {
    if (std::isupper(static_cast<unsigned char>(letter))) {
      if (words > 0) name += words == 1 ? '.' : '_';
      ++words;
    }
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return name;
}

std::string registers_header(const RegisterMap& map) {
  std::string text = "// Generated from hw/registers.svh.\n#pragma once\n#include <cstdint>\n";
  for (const auto* group : {&map.registers, &map.errors, &map.counters, &map.others}) {
    for (const RegisterMapEntry& entry : *group) {
      text += fmt::format("constexpr uint32_t {} = {};\n", entry.name, entry.value);
    }
  }
  text += "constexpr const char* kCounterNames[] = {";
  for (const RegisterMapEntry& entry : map.counters) text += fmt::format("\"{}\", ", counter_name(entry.name));
  return text + "};\n";
}

std::string registers_page(const RegisterMap& map) {
  std::string text =
      "# Registers\n\n"
      "Generated from `hw/registers.svh`; do not edit: run `ninja -C build register_manual`.\n\n"
      "The AXI4-Lite slave has 32-bit registers at byte offsets; a 64-bit value is a pair, low half first. The count,\n"
      "the address and the bases cannot be written while a run is under way.\n\n"
      "| register | offset | bits | access | meaning |\n|---|---|---|---|---|\n";
  for (const RegisterMapEntry& entry : map.registers) {
    const Access access = access_of(entry.comment);
    text += fmt::format("| `{}` | {:#04x} | {} | {} | {} |\n", entry.name, entry.value, access.width, access.access,
                        access.meaning);
  }
  text += "\n## Errors\n\n| code | name | meaning |\n|---|---|---|\n";
  for (const RegisterMapEntry& entry : map.errors) {
    text += fmt::format("| {} | `{}` | {} |\n", entry.value, entry.name, entry.comment);
  }
  text +=
      "\n## Counters\n\nRead through `RegCounterSelect` and `RegCounter`; `tandem exec --format json` prints them by "
      "name. Those of `fetch`,\n`load`, `compute` and `store` before the operations are cycles by cause, and sum to "
      "`RegCycles`.\n\n| number | counter | counts |\n|---|---|---|\n";
  for (const RegisterMapEntry& entry : map.counters) {
    text += fmt::format("| {} | `{}` | {} |\n", entry.value, counter_name(entry.name), entry.comment);
  }
  return text;
}

}  // namespace tandem::sim
