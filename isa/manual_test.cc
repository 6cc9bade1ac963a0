#include "isa/manual.h"

#include <gtest/gtest.h>

#include "support/file.h"

namespace tandem::isa {
namespace {

TEST(Manual, PageIsCurrent) {
  const Result<std::string> page = read_text_file(TANDEM_SOURCE_DIR "/docs/isa.md");
  ASSERT_TRUE(page.ok()) << render(page.error());
  EXPECT_EQ(*page, manual()) << "docs/isa.md is out of date: run `ninja -C build isa_manual` and commit it";
}

}  // namespace
}  // namespace tandem::isa
