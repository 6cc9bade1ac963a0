// Scans the tree for what breaks tests/house_rules.yaml: includes and links against the order of the folders, libraries
// out of their place, files that are too long or do not say what they are.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "support/file.h"
#include "support/text.h"
#include "support/yaml.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

struct Rules {
  std::map<std::string, std::set<std::string>> uses;       // with what the used ones use
  std::map<std::string, std::set<std::string>> tests_use;  // besides
  std::map<std::string, std::vector<std::string>> libraries;
  std::set<std::string> libraries_in_headers;
  std::vector<std::string> input_of_tests;
  int64_t longest_file_lines = 0;
};

std::vector<std::string> words(const YamlNode& list) {
  std::vector<std::string> words;
  for (const YamlNode& item : list.items()) words.push_back(item.text().value());
  return words;
}

Result<Rules> load_rules(const std::string& path) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::load(path));
  TANDEM_TRY(root.only_keys({"uses", "tests_use", "libraries", "libraries_in_headers", "input_of_tests", "longest_file_lines"}));
  Rules rules;
  TANDEM_ASSIGN(const YamlNode uses, root.at("uses"));
  for (const auto& [folder, list] : uses.entries()) {
    std::set<std::string>& all = rules.uses[folder];
    for (const std::string& used : words(list)) {
      all.insert(used);
      const auto& further = rules.uses[used];
      all.insert(further.begin(), further.end());
    }
  }
  TANDEM_ASSIGN(const YamlNode tests_use, root.at("tests_use"));
  for (const auto& [folder, list] : tests_use.entries()) {
    for (const std::string& used : words(list)) rules.tests_use[folder].insert(used);
  }
  TANDEM_ASSIGN(const YamlNode libraries, root.at("libraries"));
  for (const auto& [prefix, list] : libraries.entries()) rules.libraries[prefix] = words(list);
  TANDEM_ASSIGN(const YamlNode in_headers, root.at("libraries_in_headers"));
  for (const std::string& prefix : words(in_headers)) rules.libraries_in_headers.insert(prefix);
  TANDEM_ASSIGN(const YamlNode input, root.at("input_of_tests"));
  rules.input_of_tests = words(input);
  TANDEM_ASSIGN(const YamlNode longest, root.at("longest_file_lines"));
  TANDEM_ASSIGN(rules.longest_file_lines, longest.integer());
  return rules;
}

const Rules& rules() {
  static const Rules kRules = load_rules(TANDEM_SOURCE_DIR "/tests/house_rules.yaml").value();
  return kRules;
}

bool is_below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 && path[folder.size()] == '/';
}

/// The folder of the rules that holds `path`: the longest that fits, or "".
std::string folder_of(const std::string& path, const Rules& rules) {
  std::string best;
  for (const auto& [folder, uses] : rules.uses) {
    if (is_below(path, folder) && folder.size() > best.size()) best = folder;
  }
  return best;
}

bool has_suffix(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool may_use(const std::string& from, const std::string& to, bool is_test, const Rules& rules) {
  if (to == from || rules.uses.at(from).count(to) != 0) return true;
  const auto besides = rules.tests_use.find(from);
  return is_test && besides != rules.tests_use.end() && besides->second.count(to) != 0;
}

/// What one include line breaks, or "".
std::string check_include(const std::string& path, const std::string& included, const Rules& rules) {
  const std::string from = folder_of(path, rules);
  const std::string to = folder_of(included, rules);
  if (!to.empty() && !may_use(from, to, has_suffix(path, "_test.cc"), rules)) {
    return fmt::format("{}/ must not include {}/ ({}); it may use: {}", from, to, included,
                       fmt::join(rules.uses.at(from), ", "));
  }
  for (const auto& [prefix, places] : rules.libraries) {
    if (included.compare(0, prefix.size(), prefix) != 0) continue;
    bool placed = false;
    for (const std::string& place : places) placed |= is_below(path, place);
    if (!placed) return fmt::format("<{}> belongs only into {}", included, fmt::join(places, ", "));
    if (has_suffix(path, ".h") && rules.libraries_in_headers.count(prefix) == 0)
      return fmt::format("<{}> does not belong into a header: it slows every includer", included);
  }
  return "";
}

/// Every rule that a file breaks, as "path:line: rule".
std::vector<std::string> check_file(const std::string& path, const std::string& text,
                                    const std::set<std::string>& known, const Rules& rules) {
  const std::string stem = path.substr(0, path.rfind('.'));
  const bool has_own_header = has_suffix(path, ".cc") && known.count(stem + ".h") != 0;
  const bool is_test = has_suffix(stem, "_test");  // its name says what it is
  std::vector<std::string> faults;
  const std::vector<std::string> lines = lines_of(text);
  if (static_cast<int64_t>(lines.size()) > rules.longest_file_lines) {
    faults.push_back(fmt::format("{}:{}: {} lines; a file of more than {} is two files", path, lines.size(),
                                 lines.size(), rules.longest_file_lines));
  }
  const bool opens = !lines.empty() && (lines[0].compare(0, 2, "//") == 0 || lines[0].compare(0, 1, "#") == 0);
  const bool is_cpp = has_suffix(path, ".cc") || has_suffix(path, ".h");
  if (!has_own_header && !is_test && (!opens || (is_cpp && lines[0][0] == '#'))) {
    faults.push_back(fmt::format("{}:1: the file must open with a comment that says what it is", path));
  }
  if (!is_cpp) return faults;
  bool first_include = true;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].compare(0, 8, "#include") != 0) continue;
    const size_t begin = lines[i].find_first_of("<\"");
    if (begin == std::string::npos) continue;
    const size_t end = lines[i].find_first_of(">\"", begin + 1);
    const std::string included = lines[i].substr(begin + 1, end - begin - 1);
    const std::string fault = check_include(path, included, rules);
    if (!fault.empty()) faults.push_back(fmt::format("{}:{}: {}", path, i + 1, fault));
    // The bare name is for what is built apart from Tandem (sim/rtl/harness).
    const bool is_own = included == stem + ".h" || included == stem.substr(stem.rfind('/') + 1) + ".h";
    if (has_own_header && first_include && !is_own) {
      faults.push_back(fmt::format("{}:{}: its own header {}.h comes first, so that it is known to compile alone", path,
                                   i + 1, stem));
    }
    first_include = false;
  }
  return faults;
}

/// The hand-written files of the folders in the rules (and of hw/), by path from the root.
std::vector<std::string> source_files() {
  std::set<std::string> roots = {"hw", "scripts", "cmake", "models"};
  for (const auto& [folder, uses] : rules().uses) roots.insert(folder.substr(0, folder.find('/')));
  std::vector<std::string> files;
  for (const std::string& root : roots) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(TANDEM_SOURCE_DIR) / root)) {
      const std::string suffix = entry.path().extension().string();
      if (suffix != ".cc" && suffix != ".h" && suffix != ".sv" && suffix != ".svh" && suffix != ".sh" &&
          suffix != ".py" && suffix != ".cmake" && suffix != ".yaml") {
        continue;
      }
      const std::string path = fs::relative(entry.path(), TANDEM_SOURCE_DIR).string();
      bool is_input = false;
      for (const std::string& folder : rules().input_of_tests) is_input |= is_below(path, folder);
      if (!is_input) files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string joined(const std::vector<std::string>& faults) { return fmt::format("{}", fmt::join(faults, "\n")); }

TEST(HouseRules, TheTreeKeepsThem) {
  std::vector<std::string> faults;
  const std::vector<std::string> files = source_files();
  const std::set<std::string> known(files.begin(), files.end());
  for (const std::string& path : files) {
    const std::string text = read_text_file(std::string(TANDEM_SOURCE_DIR "/") + path).value();
    for (std::string& fault : check_file(path, text, known, rules())) faults.push_back(std::move(fault));
  }
  EXPECT_EQ(joined(faults), "");
}

// tests/CMakeLists.txt writes every target's links, as lines "folder target: folder target".
TEST(HouseRules, TheLinksKeepThem) {
  std::vector<std::string> faults;
  for (const std::string& line : lines_of(read_text_file(TANDEM_BUILD_DIR "/generated/tests/links.txt").value())) {
    const size_t first = line.find(' ');
    const size_t colon = line.find(": ");
    const size_t last = line.rfind(' ');
    const std::string from = folder_of(line.substr(0, first) + "/CMakeLists.txt", rules());
    const std::string to = folder_of(line.substr(colon + 2, last - colon - 2) + "/CMakeLists.txt", rules());
    ASSERT_NE(from, "") << line;
    ASSERT_NE(to, "") << line;
    const std::string target = line.substr(first + 1, colon - first - 1);
    if (!may_use(from, to, has_suffix(target, "_test"), rules())) {
      faults.push_back(fmt::format("{} links {}: {}/ must not use {}/", target, line.substr(last + 1), from, to));
    }
  }
  EXPECT_EQ(joined(faults), "");
}

TEST(HouseRules, FaultsAreNamedWithTheirPlace) {
  const std::set<std::string> known = {"isa/a.cc", "isa/a.h", "isa/a_test.cc", "sim/rtl/b.h", "tuner/model/c.cc"};
  const auto check = [&](const std::string& path, const std::string& text) {
    return joined(check_file(path, text, known, rules()));
  };
  EXPECT_EQ(check("isa/a.h", "// A.\n#include \"support/file.h\"\n"), "");
  EXPECT_EQ(check("isa/a.h", "// A.\n#include \"sim/rtl/b.h\"\n"),
            "isa/a.h:2: isa/ must not include sim/rtl/ (sim/rtl/b.h); it may use: support");
  EXPECT_EQ(check("sim/rtl/b.h", "#pragma once\n"),
            "sim/rtl/b.h:1: the file must open with a comment that says what it is");
  EXPECT_EQ(check("isa/a.cc", "#include <vector>\n#include \"isa/a.h\"\n"),
            "isa/a.cc:1: its own header isa/a.h comes first, so that it is known to compile alone");
  EXPECT_EQ(check("isa/a_test.cc", "#include <xgboost/c_api.h>\n"),
            "isa/a_test.cc:1: <xgboost/c_api.h> belongs only into tuner/model");
  EXPECT_EQ(check("support/d.h", "// D.\n#include <yaml-cpp/yaml.h>\n"),
            "support/d.h:2: <yaml-cpp/yaml.h> does not belong into a header: it slows every includer");
  std::string tall = "// C.\n";
  for (int i = 0; i < 800; ++i) tall += "\n";
  EXPECT_EQ(check("tuner/model/c.cc", tall), "tuner/model/c.cc:801: 801 lines; a file of more than 800 is two files");
}

}  // namespace
}  // namespace tandem
