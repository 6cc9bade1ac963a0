#include "tuner/measure/protocol.h"

#include <gtest/gtest.h>

namespace tandem::tuner {
namespace {

std::string error_of(const std::string& line) {
  const auto parsed = parse_request(line);
  return parsed.ok() ? "" : parsed.error().what;
}

TEST(Protocol, RequestsRoundTripForEveryOperator) {
  ops::Conv2d conv;
  conv.c = 3, conv.o = 17, conv.kernel_h = 7, conv.stride_w = 2, conv.pad_bottom = 3;
  conv.requantize = {9, -128, 64};
  ops::MaxPool pool;
  pool.kernel_w = 3, pool.pad_left = 1;
  ops::Add add;
  add.left_shift_b = 2, add.requantize.low = 0;
  ops::Clip clip;
  clip.high = 6, clip.h = 5;
  ops::Conv2d grouped = conv;
  grouped.c = grouped.o = grouped.groups = 8, grouped.dilation_w = 2, grouped.pad_value = -3;
  grouped.per_channel = ops::Rounding::kTflite;
  ops::Add rescaled = add;
  rescaled.rescaled = ops::Rounding::kSingle;
  ops::Im2col windows;
  windows.kernel_h = 3, windows.dilation_h = 2;
  ops::AveragePool average;
  average.rounding = ops::Rounding::kSingle, average.pad_value = 4;
  for (const ops::Operator& op :
       {ops::Operator(conv), ops::Operator(grouped), ops::Operator(pool), ops::Operator(add), ops::Operator(rescaled),
        ops::Operator(clip), ops::Operator(windows), ops::Operator(average)}) {
    Request request;
    request.trial = 12;
    request.hardware.block_in = 8;
    request.op = op;
    request.knobs = {{"tile_h", 4}, {"tile_o", 2}};
    request.cycle_limit = 1000000007;
    request.data_seed = 3;
    const std::string line = measure_line(request);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto parsed = parse_request(line);
    ASSERT_TRUE(parsed.ok()) << parsed.error().what;
    EXPECT_EQ(parsed->kind, WorkerRequest::Kind::kMeasure);
    EXPECT_EQ(measure_line(parsed->request), line);
    EXPECT_EQ(ops::key(parsed->request.op), ops::key(op));
    EXPECT_EQ(parsed->request.hardware.block_in, 8);
  }
}

TEST(Protocol, BuildsAndResponsesRoundTrip) {
  isa::HwConfig hardware;
  hardware.bus_bytes = 16;
  const auto build = parse_request(build_line(hardware));
  ASSERT_TRUE(build.ok());
  EXPECT_EQ(build->kind, WorkerRequest::Kind::kBuild);
  EXPECT_EQ(build->request.hardware, hardware);
  for (const Measurement& m :
       {Measurement{3, 1234, "", 0.5}, Measurement{4, std::nullopt, "compare: y[3]\xff", 0.25}}) {
    const auto parsed = parse_response(response_line(m));
    ASSERT_TRUE(parsed.ok()) << parsed.error().what;
    EXPECT_EQ(parsed->trial, m.trial);
    EXPECT_EQ(parsed->cycles, m.cycles);
    EXPECT_EQ(parsed->failure.substr(0, 13), m.failure.substr(0, 13));
    EXPECT_EQ(parsed->seconds, m.seconds);
  }
}

TEST(Protocol, SaysWhatIsWrongWithALine) {
  EXPECT_EQ(error_of(R"({"version":1,"kind":"build"})"),
            R"(no request: protocol version 1, this is version 2: {"version":1,"kind":"build"})");
  EXPECT_EQ(error_of(R"({"version":2,"kind":"sleep","hardware":"batch: 1"})"),
            R"(no request: unknown kind 'sleep': {"version":2,"kind":"sleep","hardware":"batch: 1"})");
  EXPECT_EQ(error_of(R"({"version":2,"kind":"build","hardware":"batch: 3"})"),
            "no request: hardware of the request:1:8: error: batch 3 is not a power of two from 1 to 8\n"
            "  hint: the nearest legal value is 2: {\"version\":2,\"kind\":\"build\",\"hardware\":\"batch: 3\"}");
}

TEST(Protocol, KnobsAsText) {
  EXPECT_EQ(knobs_json({{"b", 2}, {"a", 1}}), R"({"a":1,"b":2})");
  EXPECT_EQ(knobs_json({}), "{}");
  EXPECT_EQ(parse_knobs_json(R"({"a":1,"b":2})").value(), (ops::KnobValues{{"a", 1}, {"b", 2}}));
}

}  // namespace
}  // namespace tandem::tuner
