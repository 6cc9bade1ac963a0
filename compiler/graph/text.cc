// The text form of graphs: printer and parser.
//
//   graph "digits" rule single
//   tensor "input" [1, 1, 8, 8] scale 2^-6
//   input "input" [1, 1, 8, 8]
//   layer "conv1" conv2d("input") -> "conv1_relu" kernel 3x3 stride 1x1 pad 1,1,1,1 shift 7 clamp 0..127
//   layer "conv2" conv2d("conv1_relu") -> "conv2" kernel 1x1 stride 1x1 pad 0,0,0,0 pad_value -5 channels tflite
//   output "conv2" [1, 16, 8, 8]
//   weight "conv1" i8 [16, 1, 3, 3]
//     fe01...
#include <fmt/format.h>

#include <cctype>
#include <map>
#include <optional>

#include "compiler/graph/graph.h"
#include "compiler/ops/fields.h"

namespace tandem::graph {
namespace {

constexpr size_t kBytesPerLine = 56;

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string shift_and_clamp(const ops::Requantize& r) {
  return fmt::format(" shift {} clamp {}..{}", r.shift, r.low, r.high);
}

std::string window(int64_t kernel_h, int64_t kernel_w, int64_t stride_h, int64_t stride_w, int64_t top, int64_t left,
                   int64_t bottom, int64_t right) {
  return fmt::format(" kernel {}x{} stride {}x{} pad {},{},{},{}", kernel_h, kernel_w, stride_h, stride_w, top, left,
                     bottom, right);
}

template <typename Window>
std::string window(const Window& o) {
  return window(o.kernel_h, o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right);
}

template <typename Window>
std::string dilation(const Window& o) {
  return o.dilation_h == 1 && o.dilation_w == 1 ? "" : fmt::format(" dilation {}x{}", o.dilation_h, o.dilation_w);
}

std::string pad_value(int value) { return value == 0 ? "" : fmt::format(" pad_value {}", value); }

struct OperatorText {
  std::string name;
  std::string settings;
};

OperatorText text_of(const ops::Operator& op) {
  if (const auto* o = std::get_if<ops::Conv2d>(&op)) {
    return {"conv2d", window(*o) + dilation(*o) + (o->groups == 1 ? "" : fmt::format(" groups {}", o->groups)) +
                          pad_value(o->pad_value) +
                          (o->per_channel ? fmt::format(" channels {}", ops::name(*o->per_channel))
                                          : shift_and_clamp(o->requantize))};
  }
  if (const auto* o = std::get_if<ops::MaxPool>(&op)) {
    return {"max_pool", window(*o)};
  }
  if (const auto* o = std::get_if<ops::AveragePool>(&op)) {
    return {"average_pool", window(*o) + pad_value(o->pad_value) + fmt::format(" channels {}", ops::name(o->rounding))};
  }
  if (const auto* o = std::get_if<ops::Im2col>(&op)) {
    return {"im2col", window(*o) + dilation(*o) + pad_value(o->pad_value)};
  }
  if (const auto* o = std::get_if<ops::Add>(&op)) {
    if (o->rescaled) return {"add", fmt::format(" channels {}", ops::name(*o->rescaled))};
    return {"add", fmt::format(" left_shift {},{}", o->left_shift_a, o->left_shift_b) + shift_and_clamp(o->requantize)};
  }
  const auto& clip = std::get<ops::Clip>(op);
  return {"clip", fmt::format(" clamp {}..{}", clip.low, clip.high)};
}

void print_constant(std::string& text, const char* kind, const std::string& layer, const Tensor& tensor) {
  text += fmt::format("{} {} {} {}\n", kind, quoted(layer), name(tensor.type), to_string(tensor.shape));
  for (size_t i = 0; i < tensor.data.size(); ++i) {
    if (i % kBytesPerLine == 0) text += "  ";
    text += fmt::format("{:02x}", tensor.data[i]);
    if (i % kBytesPerLine == kBytesPerLine - 1 || i + 1 == tensor.data.size()) text += '\n';
  }
}

// ---- parsing
// ----------------------------------------------------------------------------------------------------------------

struct Token {
  enum Kind { kWord, kString, kPunctuation, kEnd } kind = kEnd;
  std::string text;
  SourceLocation where;
};

/// Words are runs of letters, digits, '_', '-' and '^'; so "3x3", "2^-6" and a hexadecimal line are one word each.
std::vector<Token> tokenise(const std::string& text, const std::string& file) {
  std::vector<Token> tokens;
  SourceLocation where{file, 1, 1};
  size_t i = 0;
  const auto advance = [&] {
    if (text[i] == '\n') {
      ++where.line;
      where.column = 1;
    } else {
      ++where.column;
    }
    ++i;
  };
  const auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '^';
  };
  while (i < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[i])) != 0) {
      advance();
      continue;
    }
    Token token{Token::kPunctuation, "", where};
    if (text[i] == '"') {
      token.kind = Token::kString;
      advance();
      while (i < text.size() && text[i] != '"') {
        if (text[i] == '\\' && i + 1 < text.size()) advance();
        token.text += text[i];
        advance();
      }
      if (i < text.size()) advance();
    } else if (text.compare(i, 2, "->") == 0 || text.compare(i, 2, "..") == 0) {
      token.text = text.substr(i, 2);
      advance();
      advance();
    } else if (in_word(text[i])) {
      token.kind = Token::kWord;
      while (i < text.size() && in_word(text[i]) && text.compare(i, 2, "->") != 0) {
        token.text += text[i];
        advance();
      }
    } else {
      token.text = text[i];
      advance();
    }
    tokens.push_back(token);
  }
  tokens.push_back({Token::kEnd, "the end of the file", where});
  return tokens;
}

class Parser {
 public:
  Parser(const std::string& text, const std::string& file) : file_(file), tokens_(tokenise(text, file)) {}

  Result<Graph> parse() {
    TANDEM_TRY(expect("graph"));
    TANDEM_ASSIGN(graph_.name, string());
    TANDEM_TRY(expect("rule"));
    const SourceLocation rule_at = peek().where;
    TANDEM_ASSIGN(graph_.rule, word());
    const std::vector<std::string> rules = {ops::name(ops::Rounding::kSingle), ops::name(ops::Rounding::kTflite)};
    if (std::find(rules.begin(), rules.end(), graph_.rule) == rules.end())
      return unknown_name(rule_at, "rounding rule", graph_.rule, rules);
    while (peek().kind != Token::kEnd) {
      const Token statement = peek();
      if (statement.text == "tensor") {
        TANDEM_TRY(tensor());
      } else if (statement.text == "input" || statement.text == "output") {
        TANDEM_TRY(port(statement.text == "input" ? graph_.inputs : graph_.outputs));
      } else if (statement.text == "layer") {
        TANDEM_TRY(layer());
      } else if (statement.text == "weight" || statement.text == "bias") {
        TANDEM_TRY(constant(statement.text == "weight"));
      } else {
        return unknown_name(statement.where, "statement", statement.text,
                            {"tensor", "input", "output", "layer", "weight", "bias"});
      }
    }
    if (const std::string rule = broken_rule(graph_); !rule.empty()) return Diagnostic{{file_, 0, 0}, rule, {}, ""};
    return graph_;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  Diagnostic wanted(const std::string& what) const {
    return {peek().where, fmt::format("expected {}, found '{}'", what, peek().text), {}, ""};
  }
  Result<void> expect(const std::string& text) {
    if (peek().kind == Token::kString || peek().text != text) return wanted("'" + text + "'");
    take();
    return {};
  }
  Result<std::string> string() {
    if (peek().kind != Token::kString) return wanted("a name in quotes");
    return take().text;
  }
  Result<std::string> word() {
    if (peek().kind != Token::kWord) return wanted("a word");
    return take().text;
  }
  static std::optional<int64_t> number(const std::string& text) {
    const size_t sign = !text.empty() && text[0] == '-' ? 1 : 0;
    if (text.size() == sign || text.size() > 12) return std::nullopt;
    for (size_t i = sign; i < text.size(); ++i) {
      if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return std::nullopt;
    }
    return std::stoll(text);
  }
  Result<int64_t> integer() {
    const std::optional<int64_t> value = peek().kind == Token::kWord ? number(peek().text) : std::nullopt;
    if (!value) return wanted("a number");
    take();
    return *value;
  }
  Result<std::vector<int64_t>> list(size_t count) {
    std::vector<int64_t> values;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) TANDEM_TRY(expect(","));
      TANDEM_ASSIGN(const int64_t value, integer());
      values.push_back(value);
    }
    return values;
  }
  /// "3x5".
  Result<std::pair<int64_t, int64_t>> pair() {
    const std::string text = peek().text;
    const size_t x = text.find('x');
    const auto first = number(text.substr(0, x));
    const auto second = x == std::string::npos ? std::nullopt : number(text.substr(x + 1));
    if (!first || !second || *first < 1 || *second < 1) return wanted("two positive numbers such as 3x3");
    take();
    return std::make_pair(*first, *second);
  }
  Result<Shape> shape() {
    TANDEM_TRY(expect("["));
    Shape result;
    while (peek().text != "]") {
      if (!result.empty()) TANDEM_TRY(expect(","));
      const Diagnostic bad = wanted("a positive extent");
      TANDEM_ASSIGN(const int64_t extent, integer());
      if (extent < 1) return bad;
      result.push_back(extent);
    }
    take();
    return result;
  }
  Result<TensorId> tensor_name() {
    const SourceLocation where = peek().where;
    TANDEM_ASSIGN(const std::string name, string());
    std::vector<std::string> names;
    for (size_t i = 0; i < graph_.tensors.size(); ++i) {
      if (graph_.tensors[i].name == name) return static_cast<TensorId>(i);
      names.push_back(graph_.tensors[i].name);
    }
    return unknown_name(where, "tensor", name, names);
  }

  Result<void> tensor() {
    take();
    ActivationTensor result;
    TANDEM_ASSIGN(result.name, string());
    const Diagnostic not_four = wanted("a shape of four extents (NCHW)");
    TANDEM_ASSIGN(result.shape, shape());
    if (result.shape.size() != 4) return not_four;
    if (peek().text == "scale") {
      take();
      const std::optional<int64_t> exponent =
          peek().text.rfind("2^", 0) == 0 ? number(peek().text.substr(2)) : std::nullopt;
      if (!exponent) return wanted("a power of two such as 2^-6");
      result.exponent = static_cast<int>(*exponent);
      take();
    }
    graph_.tensors.push_back(result);
    return {};
  }

  Result<void> port(std::vector<Port>& ports) {
    take();
    Port result;
    TANDEM_ASSIGN(result.tensor, tensor_name());
    TANDEM_ASSIGN(result.shape, shape());
    ports.push_back(result);
    return {};
  }

  Result<void> layer() {
    take();
    Layer result;
    TANDEM_ASSIGN(result.name, string());
    const Token kind = take();
    TANDEM_TRY(expect("("));
    while (peek().text != ")") {
      if (!result.inputs.empty()) TANDEM_TRY(expect(","));
      TANDEM_ASSIGN(const TensorId input, tensor_name());
      result.inputs.push_back(input);
    }
    take();
    if (result.inputs.empty())
      return Diagnostic{kind.where, fmt::format("layer '{}' has no inputs", result.name), {}, ""};
    TANDEM_TRY(expect("->"));
    TANDEM_ASSIGN(result.output, tensor_name());
    const Shape& in = graph_.tensors[static_cast<size_t>(result.inputs[0])].shape;
    const Shape& out = graph_.tensors[static_cast<size_t>(result.output)].shape;
    if (kind.text == "conv2d") {
      ops::Conv2d op;
      op.o = out[1];
      TANDEM_TRY(sizes(in, op));
      TANDEM_TRY(windows(op));
      if (peek().text == "channels") {
        TANDEM_TRY(channels(op.per_channel));
      } else {
        TANDEM_TRY(requantize(op.requantize));
      }
      result.op = op;
    } else if (kind.text == "average_pool") {
      ops::AveragePool op;
      TANDEM_TRY(sizes(in, op));
      TANDEM_TRY(windows(op));
      TANDEM_TRY(expect_channels(op.rounding));
      result.op = op;
    } else if (kind.text == "im2col") {
      ops::Im2col op;
      TANDEM_TRY(sizes(in, op));
      TANDEM_TRY(windows(op));
      result.op = op;
    } else if (kind.text == "max_pool") {
      ops::MaxPool op;
      TANDEM_TRY(sizes(in, op));
      TANDEM_TRY(windows(op));
      result.op = op;
    } else if (kind.text == "add") {
      ops::Add op;
      TANDEM_TRY(sizes(in, op));
      if (peek().text == "channels") {
        TANDEM_TRY(channels(op.rescaled));
      } else {
        TANDEM_TRY(expect("left_shift"));
        TANDEM_ASSIGN(const auto shifts, list(2));
        op.left_shift_a = static_cast<int>(shifts[0]);
        op.left_shift_b = static_cast<int>(shifts[1]);
        TANDEM_TRY(requantize(op.requantize));
      }
      result.op = op;
    } else if (kind.text == "clip") {
      ops::Clip op;
      TANDEM_TRY(sizes(in, op));
      TANDEM_TRY(clamp(op.low, op.high));
      result.op = op;
    } else {
      std::vector<std::string> kinds;
      for (const ops::Operator& known : ops::prototypes()) kinds.emplace_back(ops::kind_of(known));
      return unknown_name(kind.where, "operator", kind.text, kinds);
    }
    graph_.layers.push_back(result);
    return {};
  }

  template <typename Op>
  Result<void> sizes(const Shape& in, Op& op) {
    op.n = in[0];
    op.c = in[1];
    op.h = in[2];
    op.w = in[3];
    return {};
  }

  template <typename Op>
  Result<void> windows(Op& op) {
    const SourceLocation where = peek().where;
    TANDEM_TRY(expect("kernel"));
    TANDEM_ASSIGN(const auto kernel, pair());
    TANDEM_TRY(expect("stride"));
    TANDEM_ASSIGN(const auto stride, pair());
    TANDEM_TRY(expect("pad"));
    TANDEM_ASSIGN(const auto pads, list(4));
    std::tie(op.kernel_h, op.kernel_w) = kernel;
    std::tie(op.stride_h, op.stride_w) = stride;
    op.pad_top = pads[0];
    op.pad_left = pads[1];
    op.pad_bottom = pads[2];
    op.pad_right = pads[3];
    if constexpr (!std::is_same_v<Op, ops::MaxPool> && !std::is_same_v<Op, ops::AveragePool>) {
      if (peek().text == "dilation") {
        take();
        TANDEM_ASSIGN(const auto dilation, pair());
        std::tie(op.dilation_h, op.dilation_w) = dilation;
      }
    }
    if constexpr (std::is_same_v<Op, ops::Conv2d>) {
      if (peek().text == "groups") {
        take();
        TANDEM_ASSIGN(op.groups, integer());
      }
    }
    if constexpr (!std::is_same_v<Op, ops::MaxPool>) TANDEM_TRY(pad_value(op.pad_value));
    Result<void> sound = ops::check(op);
    if (!sound.ok()) return Diagnostic{where, sound.error().what, sound.error().legal, sound.error().hint};
    return {};
  }

  Result<void> pad_value(int& result) {
    if (peek().text != "pad_value") return {};
    take();
    const SourceLocation where = peek().where;
    TANDEM_ASSIGN(const int64_t value, integer());
    if (value < -128 || value > 127) return Diagnostic{where, fmt::format("pad value {} is no int8", value), {}, ""};
    result = static_cast<int>(value);
    return {};
  }

  Result<void> channels(std::optional<ops::Rounding>& result) {
    take();
    const SourceLocation where = peek().where;
    TANDEM_ASSIGN(const std::string rule, word());
    for (const ops::Rounding rounding : {ops::Rounding::kSingle, ops::Rounding::kTflite}) {
      if (rule == ops::name(rounding)) result = rounding;
    }
    if (!result) return unknown_name(where, "rounding rule", rule, {"single", "tflite"});
    return {};
  }
  Result<void> expect_channels(ops::Rounding& result) {
    if (peek().text != "channels") return expect("channels");
    std::optional<ops::Rounding> rule;
    TANDEM_TRY(channels(rule));
    result = *rule;
    return {};
  }

  Result<void> requantize(ops::Requantize& result) {
    TANDEM_TRY(expect("shift"));
    TANDEM_ASSIGN(const int64_t shift, integer());
    result.shift = static_cast<int>(shift);
    return clamp(result.low, result.high);
  }

  Result<void> clamp(int& low, int& high) {
    TANDEM_TRY(expect("clamp"));
    const SourceLocation where = peek().where;
    TANDEM_ASSIGN(const int64_t first, integer());
    TANDEM_TRY(expect(".."));
    TANDEM_ASSIGN(const int64_t last, integer());
    if (first < -128 || last > 127 || first > last) {
      return Diagnostic{where, fmt::format("clamp {}..{} is no range of int8", first, last), {}, ""};
    }
    low = static_cast<int>(first);
    high = static_cast<int>(last);
    return {};
  }

  Result<void> constant(bool is_weight) {
    take();
    const SourceLocation where = peek().where;
    TANDEM_ASSIGN(const std::string name, string());
    Layer* owner = nullptr;
    std::vector<std::string> names;
    for (Layer& layer : graph_.layers) {
      if (layer.name == name) owner = &layer;
      names.push_back(layer.name);
    }
    if (owner == nullptr) return unknown_name(where, "layer", name, names);
    TANDEM_TRY(expect(is_weight ? "i8" : "i32"));
    TANDEM_ASSIGN(const Shape extents, shape());
    Tensor tensor;
    tensor.type = is_weight ? DType::kI8 : DType::kI32;
    tensor.shape = extents;
    const size_t bytes = static_cast<size_t>(tensor.size()) * static_cast<size_t>(size_bytes(tensor.type));
    while (tensor.data.size() < bytes) {
      const Diagnostic bad = wanted(fmt::format("hexadecimal bytes ({} of {} read)", tensor.data.size(), bytes));
      TANDEM_ASSIGN(const std::string digits, word());
      for (size_t i = 0; i < digits.size(); i += 2) {
        const std::string byte = digits.substr(i, 2);
        if (byte.size() != 2 || byte.find_first_not_of("0123456789abcdef") != std::string::npos) return bad;
        tensor.data.push_back(static_cast<uint8_t>(std::stoi(byte, nullptr, 16)));
      }
      if (tensor.data.size() > bytes) return bad;
    }
    (is_weight ? owner->weight : owner->bias) = tensor;
    if (auto* conv = std::get_if<ops::Conv2d>(&owner->op); conv && !is_weight && !conv->per_channel) {
      conv->bias_bits = ops::bias_bits(tensor);
    }
    return {};
  }

  std::string file_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  Graph graph_;
};

}  // namespace

std::string to_text(const Graph& graph) {
  const auto tensor_name = [&](TensorId id) { return quoted(graph.tensors[static_cast<size_t>(id)].name); };
  std::string text = fmt::format("graph {} rule {}\n", quoted(graph.name), graph.rule);
  for (const ActivationTensor& tensor : graph.tensors) {
    text += fmt::format("tensor {} {}", quoted(tensor.name), to_string(tensor.shape));
    if (tensor.exponent) text += fmt::format(" scale 2^{}", *tensor.exponent);
    text += '\n';
  }
  for (const Port& port : graph.inputs)
    text += fmt::format("input {} {}\n", tensor_name(port.tensor), to_string(port.shape));
  for (const Layer& layer : graph.layers) {
    std::string inputs;
    for (TensorId input : layer.inputs) inputs += (inputs.empty() ? "" : ", ") + tensor_name(input);
    const OperatorText op = text_of(layer.op);
    text += fmt::format("layer {} {}({}) -> {}{}\n", quoted(layer.name), op.name, inputs, tensor_name(layer.output),
                        op.settings);
  }
  for (const Port& port : graph.outputs)
    text += fmt::format("output {} {}\n", tensor_name(port.tensor), to_string(port.shape));
  for (const Layer& layer : graph.layers) {
    const ops::ConstantShapes constants = ops::constant_shapes(layer.op);
    if (constants.weight) print_constant(text, "weight", layer.name, layer.weight);
    if (constants.bias) print_constant(text, "bias", layer.name, layer.bias);
  }
  return text;
}

Result<Graph> parse_graph(const std::string& text, const std::string& file) { return Parser(text, file).parse(); }

}  // namespace tandem::graph
