#include "support/yaml.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

YamlNode good(const std::string& text) { return YamlNode::parse(text, "a.yaml").value(); }
std::string parse_error(const std::string& text) { return render(YamlNode::parse(text, "a.yaml").error()); }

TEST(Yaml, ReadsValues) {
  const YamlNode root = good("size: 32 KiB\nhex: 0x1F\nratio: 2.5\non: true\nname: vta\nlist: [1, -2]\n");
  EXPECT_EQ(root.at("size")->integer(true).value(), 32768);
  EXPECT_EQ(root.at("hex")->integer().value(), 31);
  EXPECT_EQ(root.at("ratio")->number().value(), 2.5);
  EXPECT_TRUE(root.at("on")->boolean().value());
  EXPECT_EQ(root.at("name")->text().value(), "vta");
  ASSERT_EQ(root.at("list")->items().size(), 2u);
  EXPECT_EQ(root.at("list")->items()[1].integer().value(), -2);
  EXPECT_EQ(root.entries()[3].first, "on");
  EXPECT_TRUE(root.has("hex"));
  EXPECT_FALSE(root.has("hexx"));
}

TEST(Yaml, UnknownKeyIsNamedWithTheNearest) {
  const Result<void> result = good("batch: 1\nblok_in: 16\n").only_keys({"batch", "block_in"});
  EXPECT_EQ(render(result.error()),
            "a.yaml:2:1: error: unknown key 'blok_in'\n"
            "  legal: batch, block_in\n"
            "  hint: did you mean 'block_in'?");
}

TEST(Yaml, MistakesHaveTheirPlace) {
  EXPECT_EQ(parse_error("a: 1\nb: 2\na: 3\n"),
            "a.yaml:3:1: error: key 'a' is given twice\n  hint: remove one of the two");
  EXPECT_EQ(parse_error("a: [1, 2\nb: 3\n"), "a.yaml:2:2: error: not YAML: end of sequence flow not found");
  EXPECT_EQ(parse_error(""), "a.yaml: error: the document is empty");
  EXPECT_EQ(parse_error("a: 1\n---\nb: 2\n"),
            "a.yaml:3:1: error: 2 YAML documents in one file\n  hint: keep one; '---' begins another");
  EXPECT_EQ(parse_error("[1]: 2\n"), "a.yaml:1:1: error: a key must be a plain word");
  EXPECT_EQ(parse_error("a: &x [*x]\n"), "a.yaml:1:4: error: nested deeper than 100 levels");
  EXPECT_EQ(render(YamlNode::load("/nonexistent.yaml").error()),
            "/nonexistent.yaml: error: cannot read: No such file or directory");
}

TEST(Yaml, WrongTypesSayWhatIsWanted) {
  const YamlNode root = good("n: sixteen\nlist: [1, x]\nmap: {a: 1}\nempty:\nbig: 99999999999999999999\n");
  EXPECT_EQ(render(root.at("n")->integer().error()), "a.yaml:1:4: error: 'n' must be an integer, not 'sixteen'");
  EXPECT_EQ(render(root.at("n")->integer(true).error()),
            "a.yaml:1:4: error: 'n' must be an integer or a size such as '32 KiB', not 'sixteen'");
  EXPECT_EQ(render(root.at("n")->number().error()), "a.yaml:1:4: error: 'n' must be a number, not 'sixteen'");
  EXPECT_EQ(render(root.at("n")->boolean().error()), "a.yaml:1:4: error: 'n' must be true or false, not 'sixteen'");
  EXPECT_EQ(render(root.at("list")->items()[1].integer().error()),
            "a.yaml:2:11: error: 'list[1]' must be an integer, not 'x'");
  EXPECT_EQ(render(root.at("map")->text().error()), "a.yaml:3:6: error: 'map' must be text, not a map");
  EXPECT_EQ(render(root.at("map")->at("b").error()), "a.yaml:3:6: error: missing key 'b' in 'map'");
  EXPECT_EQ(render(root.at("empty")->text().error()), "a.yaml:4:1: error: 'empty' must be text, not empty");
  EXPECT_EQ(render(root.at("big")->integer().error()),
            "a.yaml:5:6: error: 'big' must be an integer, not '99999999999999999999'");
  EXPECT_EQ(render(root.at("list")->only_keys({}).error()),
            "a.yaml:2:7: error: 'list' must be a map of 'key: value' lines, not a list");
}

}  // namespace
}  // namespace tandem
