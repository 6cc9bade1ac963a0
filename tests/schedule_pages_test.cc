// Runs the examples of docs/schedule/*.md: a `loops` block is a kernel, a `json` block a trace, and the block after it
// what comes of it, a kernel or (`text`) a refusal. Every primitive has a page, and its sentence stands in
// docs/schedule.md. `tandem_schedule_pages_test --update-golden` writes what comes of the traces anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <set>

#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"
#include "compiler/schedule/schedule.h"
#include "support/file.h"
#include "support/text.h"

namespace tandem {
namespace {

bool update_golden = false;

const std::string kFolder = TANDEM_SOURCE_DIR "/docs/schedule/";

const tensorize::IntrinsicSet& intrinsics() {
  static const tensorize::IntrinsicSet kSet = tensorize::IntrinsicSet::load("accel", isa::HwConfig()).value();
  return kSet;
}

/// A page as it should be, and what was found on it.
struct Page {
  std::string text;
  std::string title, sentence;
  std::set<std::string> used;  // the last primitive of each trace that makes a kernel
  int refusals = 0;
};

void expect_equal(const loop::Kernel& definition, const schedule::Schedule& scheduled) {
  Rng rng(1);
  std::map<std::string, Tensor> expected = loop::random_inputs(definition, rng);
  for (auto& [name, tensor] : expected) {  // within what `assume` promises
    const auto range = scheduled.assumed.find(name);
    for (int64_t i = 0; range != scheduled.assumed.end() && i < element_count(tensor.shape); ++i) {
      tensor.as<int32_t>()[i] = static_cast<int32_t>(rng.uniform(range->second.first, range->second.second));
    }
  }
  std::map<std::string, Tensor> buffers = expected;
  ASSERT_TRUE(interpret(definition, expected).ok());
  const Result<void> ran = interpret_logical(scheduled.kernel, buffers);
  ASSERT_TRUE(ran.ok()) << render(ran.error());
  for (const loop::Param& param : definition.params) {
    EXPECT_TRUE(buffers[param.buffer->name] == expected[param.buffer->name]) << to_text(scheduled.kernel);
  }
}

Page rewritten(const std::string& text) {
  Page page;
  std::string kind, content, kernel, trace;  // kind: of the block that is open; trace: not used yet
  for (const std::string& line : lines_of(text)) {
    const bool fence = line.compare(0, 3, "```") == 0;
    if (!fence && !kind.empty()) {
      content += line + "\n";
      continue;
    }
    if (!fence) {
      if (page.title.empty() && line.compare(0, 2, "# ") == 0) page.title = line.substr(2);
      if (page.sentence.empty() && !line.empty() && line[0] != '#') page.sentence = line;
      page.text += line + "\n";
      continue;
    }
    if (kind.empty()) {
      kind = line.substr(3);
      content.clear();
      page.text += line + "\n";
      continue;
    }
    if (kind == "json") {
      trace = content;
    } else if (trace.empty()) {
      kernel = content;
    } else {
      const Result<loop::Kernel> definition = loop::parse_kernel(kernel, "k.loop");
      EXPECT_TRUE(definition.ok()) << render(definition.error()) << "\n" << kernel;
      const Result<schedule::Trace> steps = schedule::parse_trace(trace);
      EXPECT_TRUE(steps.ok()) << trace;
      if (definition.ok() && steps.ok()) {
        const Result<schedule::Schedule> result = schedule::replay(*definition, *steps, intrinsics());
        EXPECT_EQ(result.ok(), kind == "loops") << trace << (result.ok() ? "" : render(result.error()));
        content = result.ok() ? to_text(result->kernel) : render(result.error()) + "\n";
        if (result.ok()) {
          expect_equal(*definition, *result);
          page.used.insert(steps->back().primitive);
        }
        page.refusals += !result.ok();
      }
      trace.clear();
    }
    page.text += content + line + "\n";
    kind.clear();
  }
  return page;
}

TEST(SchedulePages, AreTrue) {
  const std::string index = read_text_file(TANDEM_SOURCE_DIR "/docs/schedule.md").value();
  const std::set<std::string> cannot_refuse = {"remove_unit_loops"};
  for (const std::string& primitive : schedule::primitive_names()) {
    SCOPED_TRACE(primitive);
    const std::string path = kFolder + primitive + ".md";
    const Result<std::string> text = read_text_file(path);
    ASSERT_TRUE(text.ok()) << "the primitive has no page";
    const Page page = rewritten(*text);
    EXPECT_EQ(page.title.substr(0, primitive.size() + 1), primitive + "(");
    EXPECT_TRUE(page.used.count(primitive) != 0) << "no example ends with it";
    EXPECT_TRUE(page.refusals > 0 || cannot_refuse.count(primitive) != 0) << "no refusal is shown";
    const std::string entry = fmt::format("- [{}](schedule/{}.md): {}\n", primitive, primitive, page.sentence);
    EXPECT_NE(index.find(entry), std::string::npos) << "docs/schedule.md lacks the line\n" << entry;
    if (update_golden) {
      ASSERT_TRUE(write_file(path, page.text).ok());
    } else {
      EXPECT_EQ(page.text, *text) << "where the new text is right: tandem_schedule_pages_test --update-golden";
    }
  }
}

TEST(SchedulePages, AreOfPrimitives) {
  const std::vector<std::string> names = schedule::primitive_names();
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    EXPECT_NE(std::find(names.begin(), names.end(), entry.path().stem().string()), names.end()) << entry.path();
  }
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) tandem::update_golden |= std::strcmp(argv[i], "--update-golden") == 0;
  return RUN_ALL_TESTS();
}
