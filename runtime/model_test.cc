// Compiling, saving and running whole models.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "compiler/graph/import_onnx.h"
#include "runtime/run.h"
#include "support/environment.h"
#include "support/hash.h"

namespace tandem::runtime {
namespace {

Target target_on(const std::string& name, const isa::HwConfig& hardware = {}) {
  Result<Target> target = make_target(name, hardware, {});
  TANDEM_CHECK(target.ok(), render(target.error()));
  return std::move(target).value();
}

struct Shipped {
  graph::Graph graph = graph::import_onnx(checkout_path("models/digits/digits.onnx")).value();
  Tensor images = read_npy(checkout_path("models/digits/test_images.npy")).value();
  Tensor expected = read_npy(checkout_path("models/digits/expected.npy")).value();
};

isa::HwConfig hardware_of(int batch, int block_in, int block_out) {
  isa::HwConfig hardware;
  hardware.name = fmt::format("test_{}x{}x{}", batch, block_in, block_out);
  hardware.batch = batch;
  hardware.block_in = block_in;
  hardware.block_out = block_out;
  return hardware;
}

TEST(ModelTest, ShippedModelOnEveryHostTarget) {
  const Shipped shipped;
  for (const char* name : {"cpu", "functional"}) {
    Target target = target_on(name);
    const Result<CompiledModel> model = target.compile(shipped.graph);
    ASSERT_TRUE(model.ok()) << render(model.error());
    const Result<ModelRun> result = run(*model, target, shipped.images);
    ASSERT_TRUE(result.ok()) << render(result.error());
    EXPECT_EQ(result->output, shipped.expected) << name;
  }
  Target interpreter = target_on("interpreter");
  const Result<ModelRun> result =
      run(compile_for_host(shipped.graph), interpreter, slice_first_axis(shipped.images, 7, 1));
  ASSERT_TRUE(result.ok()) << render(result.error());
  EXPECT_EQ(result->output, slice_first_axis(shipped.expected, 7, 1));
}

TEST(ModelTest, TheWholeModelIsOneProgramWhereLayoutsAgree) {
  const Shipped shipped;
  const Result<CompiledModel> model = compile_for_accelerator(shipped.graph, {});
  ASSERT_TRUE(model.ok()) << render(model.error());
  ASSERT_EQ(model->steps.size(), 4u);
  const int host = std::get<HostStep>(model->steps[0]).layer;  // makes channels of the first layer's windows
  EXPECT_EQ(model->graph.layers[static_cast<size_t>(host)].name, "conv1.im2col");
  EXPECT_EQ(model->layers[1].lowering, model->layers[0].lowering);
  EXPECT_NE(model->layers[1].lowering, "");
  const auto& pack = std::get<LayoutStep>(model->steps[1]);
  EXPECT_EQ(pack.from, "conv1.windows");
  EXPECT_EQ(pack.to, "conv1.windows@NCHW1n16c");
  EXPECT_EQ(std::get<AcceleratorStep>(model->steps[2]).program.marks.size(), 9u);
  EXPECT_EQ(std::get<LayoutStep>(model->steps[3]).to, "output");
}

TEST(ModelTest, OtherShapesOfHardware) {
  const Shipped shipped;
  for (const isa::HwConfig& hardware : {hardware_of(1, 8, 16), hardware_of(2, 16, 16), hardware_of(1, 32, 8)}) {
    Target target = target_on("functional", hardware);
    const Result<CompiledModel> model = target.compile(shipped.graph);
    ASSERT_TRUE(model.ok()) << render(model.error());
    const Result<ModelRun> result = run(*model, target, slice_first_axis(shipped.images, 0, 5));
    ASSERT_TRUE(result.ok()) << render(result.error());
    EXPECT_EQ(result->output, slice_first_axis(shipped.expected, 0, 5)) << hardware.name;
    EXPECT_EQ(result->runs, hardware.batch == 2 ? 3 : 5);
  }
}

TEST(ModelTest, SavedAndReloaded) {
  const Shipped shipped;
  const std::string folder = fmt::format("{}model_test_{}", testing::TempDir(), getpid());
  const isa::HwConfig hardware = hardware_of(1, 8, 16);
  Target target = target_on("functional", hardware);
  const Result<CompiledModel> model = target.compile(shipped.graph);
  ASSERT_TRUE(model.ok()) << render(model.error());
  ASSERT_TRUE(save_model(folder, *model).ok());
  const Result<CompiledModel> again = load_model(folder);
  ASSERT_TRUE(again.ok()) << render(again.error());
  EXPECT_TRUE(graph::equal(model->graph, again->graph));
  const Tensor images = slice_first_axis(shipped.images, 0, 3);
  const Result<ModelRun> result = run(*again, target, images);
  ASSERT_TRUE(result.ok()) << render(result.error());
  EXPECT_EQ(result->output, slice_first_axis(shipped.expected, 0, 3));

  Target other = target_on("functional");
  EXPECT_EQ(
      render(run(*again, other, images).error()),
      fmt::format(
          "error: the model was compiled for hardware 'test_1x8x16' ({}), not for target 'functional' with hardware "
          "'vta_default' ({})\n  hint: compile it again for this target",
          hex(isa::hash(hardware)), hex(isa::hash({}))));
  Target cpu = target_on("cpu");
  EXPECT_EQ(render(run(*again, cpu, images).error()),
            fmt::format("error: the model was compiled for hardware 'test_1x8x16' ({}), not for target 'cpu'\n  hint: "
                        "compile it again "
                        "for this target",
                        hex(isa::hash(hardware))));

  const std::string file = folder + "/model.json";
  const std::string text = read_text_file(file).value();
  std::string edited = text;
  edited.replace(edited.find("NCHW"), 4, "NCWH");
  ASSERT_TRUE(write_file(file, edited).ok());
  EXPECT_EQ(render(load_model(folder).error()),
            file + ": error: the compiled model is damaged\n  hint: compile it again");
  ASSERT_TRUE(write_file(file, text.substr(0, 500)).ok());
  EXPECT_EQ(render(load_model(folder).error()),
            file + ": error: this is no compiled model\n  hint: 'tandem compile MODEL -o FOLDER' writes one");
  ASSERT_TRUE(write_file(file, std::string("{\"tandem_model\": 2}")).ok());
  EXPECT_EQ(render(load_model(folder).error()),
            file + ": error: the model has version 2; this tandem reads version 1\n  hint: compile it again");
  ASSERT_TRUE(write_file(file, std::string("{\"tandem_model\": 1}")).ok());
  EXPECT_EQ(render(load_model(folder).error()),
            file + ": error: the compiled model is damaged\n  hint: compile it again");
  std::filesystem::remove_all(folder);
  EXPECT_EQ(render(load_model(folder).error()), file + ": error: cannot read: No such file or directory");
}

TEST(ModelTest, FloatInputsAreQuantised) {
  const Shipped shipped;
  Target target = target_on("interpreter");
  const Tensor integers = slice_first_axis(shipped.images, 0, 1);
  Tensor reals(DType::kF32, integers.shape);
  for (int64_t i = 0; i < integers.size(); ++i) {
    reals.as<float>()[i] = static_cast<float>(integers.as<int8_t>()[i]) / 64 + (i % 2 == 0 ? 0.007f : -0.007f);
  }
  const Result<ModelRun> result = run(compile_for_host(shipped.graph), target, reals);
  ASSERT_TRUE(result.ok()) << render(result.error());
  EXPECT_EQ(result->output, slice_first_axis(shipped.expected, 0, 1));
}

TEST(ModelTest, RefusesWrongInputsAndKnobs) {
  const Shipped shipped;
  Target target = target_on("interpreter");
  const CompiledModel model = compile_for_host(shipped.graph);
  EXPECT_EQ(render(run(model, target, Tensor(DType::kI8, {4, 8, 8})).error()),
            "error: the input is i8 [4, 8, 8]; the model's input 'input' takes i8 or f32 [N, 1, 8, 8]");
  EXPECT_EQ(render(run(model, target, Tensor(DType::kU8, {4, 1, 8, 8})).error()),
            "error: the input is u8 [4, 1, 8, 8]; the model's input 'input' takes i8 or f32 [N, 1, 8, 8]");
  EXPECT_EQ(render(compile_for_accelerator(shipped.graph, {}, {{"conv_1", {}}}).error()),
            "error: unknown layer 'conv_1'\n  legal: conv1, conv2, conv3, add, pool1, conv4, conv5, pool2, dense\n  "
            "hint: did "
            "you mean 'conv1'?");
  EXPECT_EQ(render(make_target("functionel", {}, {}).error()),
            "error: unknown target 'functionel'\n  legal: functional, timing, rtl, cpu, interpreter\n  hint: did you mean "
            "'functional'?");
}

TEST(LayoutNameTest, SaysWhereTheAxesAre) {
  EXPECT_EQ(layout_name({{2, 32, 4, 4}, {{0, 2, 1}, {1, 16, 2}, {2, 1, 4}, {3, 1, 4}, {0, 1, 2}, {1, 1, 16}}}, "NCHW"),
            "NCHW2n16c");
  EXPECT_EQ(layout_name({{1, 2, 3, 4}, {}}, "NCHW"), "NCHW");
}

}  // namespace
}  // namespace tandem::runtime
