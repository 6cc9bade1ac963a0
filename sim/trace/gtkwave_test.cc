#include "sim/trace/gtkwave.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "support/environment.h"
#include "support/file.h"
#include "support/text.h"

namespace tandem::sim {
namespace {

TEST(Gtkwave, NamesSignalsThatTheRtlHas) {
  const std::string fst = ::testing::TempDir() + "tandem_gtkwave_" + std::to_string(::getpid()) + ".fst";
  const std::string path = write_gtkwave_save(fst, {}, 100).value();
  const std::string save = read_text_file(path).value();
  std::filesystem::remove(path);
  EXPECT_NE(save.find("[timestart] 1000\n"), std::string::npos) << "ten units a cycle";
  const std::map<std::string, std::string> files = {
      {"", "tandem_core"}, {"u_load", "load_engine"}, {"u_compute", "compute_engine"}};
  const std::string top = "TOP.tandem_core.";
  int signals = 0;
  for (const std::string& line : lines_of(save)) {
    if (line.compare(0, top.size(), top) != 0) continue;
    const std::string name = line.substr(top.size(), line.find('[') - top.size());
    const size_t dot = name.find('.');
    const std::string instance = dot == std::string::npos ? "" : name.substr(0, dot);
    const std::string signal = dot == std::string::npos ? name : name.substr(dot + 1);
    const std::string source = read_text_file(checkout_path("hw/" + files.at(instance) + ".sv")).value();
    EXPECT_NE(source.find(" " + signal), std::string::npos) << line;
    ++signals;
  }
  EXPECT_GT(signals, 40);
}

}  // namespace
}  // namespace tandem::sim
