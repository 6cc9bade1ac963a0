#include "compiler/loop/parser.h"

#include <fmt/format.h>

#include "compiler/loop/expression_parser.h"
#include "compiler/loop/names.h"

namespace tandem::loop {
namespace {

class KernelParser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Result<Kernel> kernel() {
    Kernel result;
    TANDEM_TRY(word("kernel"));
    if (peek().kind != TokenKind::kWord) return unexpected("the kernel's name");
    result.name = take().text;
    TANDEM_TRY(expect("("));
    while (!next_is(")")) {
      if (!result.params.empty() || !result.scalars.empty()) TANDEM_TRY(expect(","));
      TANDEM_TRY(parameter(result));
    }
    TANDEM_TRY(expect(")"));
    TANDEM_ASSIGN(result.body, braces());
    if (peek().kind != TokenKind::kEnd) return unexpected("the end of the text");
    return result;
  }

 private:
  Result<void> word(const std::string& wanted) {
    if (!next_is_word(wanted)) return unexpected("'" + wanted + "'");
    take();
    return {};
  }

  /// A name that nothing else has.
  Result<std::string> new_name(const std::string& what) {
    if (peek().kind != TokenKind::kWord) return unexpected(what);
    const Token token = take();
    if (is_reserved(token.text)) {
      return Diagnostic{
          token.where, fmt::format("'{}' has a meaning of its own and cannot be a name", token.text), {}, ""};
    }
    if (!names_.insert(token.text).second) {
      return Diagnostic{
          token.where, fmt::format("'{}' is already used", token.text), {}, "names are unique in a kernel"};
    }
    return token.text;
  }

  Result<Shape> shape(const std::string& what) {
    Shape result;
    TANDEM_TRY(expect("["));
    while (!next_is("]")) {
      if (!result.empty()) TANDEM_TRY(expect(","));
      const SourceLocation where = peek().where;
      TANDEM_ASSIGN(const int64_t size, constant(what));
      if (size < 0) return Diagnostic{where, fmt::format("{} is {}, which is negative", what, size), {}, ""};
      result.push_back(size);
    }
    TANDEM_TRY(expect("]"));
    return result;
  }

  /// What follows "name: type": a shape and perhaps a scope.
  Result<BufferRef> buffer(const std::string& name, Type type) {
    TANDEM_ASSIGN(Shape sizes, shape(fmt::format("an extent of '{}'", name)));
    Buffer result{name, type, std::move(sizes)};
    if (next_is_word("in")) {
      take();
      if (peek().kind != TokenKind::kWord) return unexpected("a memory scope");
      result.scope = take().text;
    }
    if (next_is_word("times")) {
      take();
      const SourceLocation where = peek().where;
      TANDEM_ASSIGN(result.copies, constant(fmt::format("the number of copies of '{}'", name)));
      if (result.copies < 1) {
        return Diagnostic{where, fmt::format("'{}' has {} copies", name, result.copies), {"1", "2"}, ""};
      }
    }
    return std::make_shared<const Buffer>(std::move(result));
  }

  Result<void> parameter(Kernel& result) {
    const bool is_output = next_is_word("out");
    if (is_output) take();
    TANDEM_ASSIGN(const std::string name, new_name("a parameter"));
    TANDEM_TRY(expect(":"));
    TANDEM_ASSIGN(const Type element, type());
    if (!next_is("[") && !is_output) {
      result.scalars.push_back(std::make_shared<const Var>(Var{name, element}));
      vars_[name] = result.scalars.back();
      return {};
    }
    TANDEM_ASSIGN(BufferRef made, buffer(name, element));
    buffers_[name] = made;
    Param param{made, is_output, {made->shape, {}}};
    if (next_is_word("packs")) TANDEM_TRY(layout(param));
    result.params.push_back(std::move(param));
    return {};
  }

  Result<void> layout(Param& param) {
    const SourceLocation where = take().where;
    TANDEM_ASSIGN(param.layout.logical_shape, shape("a logical extent"));
    TANDEM_TRY(word("as"));
    TANDEM_TRY(expect("["));
    const Shape& packed = param.buffer->shape;
    while (!next_is("]")) {
      if (!param.layout.axes.empty()) TANDEM_TRY(expect(","));
      PackedAxis axis{-1, 1, 0};
      if (!accept("*")) {
        const SourceLocation place = peek().where;
        if (peek().kind != TokenKind::kInteger) return unexpected("a source axis or '*'");
        axis.source_axis = std::stoi(take().text);
        const auto rank = static_cast<int>(param.layout.logical_shape.size());
        if (axis.source_axis >= rank) {
          return Diagnostic{
              place, fmt::format("source axis {} of a tensor with {} axes", axis.source_axis, rank), {}, ""};
        }
        if (accept("/")) {
          TANDEM_ASSIGN(axis.divisor, constant("a divisor"));
        }
      }
      if (param.layout.axes.size() < packed.size()) axis.extent = packed[param.layout.axes.size()];
      param.layout.axes.push_back(axis);
    }
    TANDEM_TRY(expect("]"));
    if (param.layout.axes.size() != packed.size()) {
      return Diagnostic{where,
                        fmt::format("'{}' has {} axes, its layout names {}", param.buffer->name, packed.size(),
                                    param.layout.axes.size()),
                        {},
                        ""};
    }
    return {};
  }

  Result<Stmt> braces() {
    TANDEM_TRY(expect("{"));
    std::vector<Stmt> statements;
    while (!next_is("}")) {
      const SourceLocation where = peek().where;
      TANDEM_ASSIGN(Stmt statement, this->statement());
      statements.push_back(located(statement, where));
    }
    TANDEM_TRY(expect("}"));
    return block(std::move(statements));
  }

  Result<Stmt> statement() {
    if (accept("@")) return intrinsic_call();
    if (peek().kind != TokenKind::kWord) return unexpected("a statement or '}'");
    const bool has_axis =
        peek(1).kind == TokenKind::kSymbol && peek(1).text == "." && (next_is_word("block") || next_is_word("thread"));
    if (has_axis) {
      const std::string unit = take().text;
      take();
      const auto kind = for_kind(unit + "." + peek().text);
      if (!kind) return unknown_name(peek().where, "axis", peek().text, {"x", "y", "z"});
      return loop(*kind);
    }
    if (const auto kind = for_kind(peek().text)) return loop(*kind);
    if (next_is_word("alloc")) return allocation();
    if (next_is_word("if")) return branch();
    return assignment();
  }

  Result<Stmt> loop(ForKind kind) {
    take();
    TANDEM_ASSIGN(const std::string name, new_name("a loop variable"));
    TANDEM_TRY(word("in"));
    const SourceLocation where = peek().where;
    TANDEM_ASSIGN(const int64_t first, constant("the start of a loop"));
    if (first != 0)
      return Diagnostic{where, fmt::format("the loop '{}' starts at {}", name, first), {"0"}, "shift its body instead"};
    TANDEM_TRY(expect(".."));
    const SourceLocation end = peek().where;
    TANDEM_ASSIGN(const int64_t extent, constant("the end of a loop"));
    if (extent < 0)
      return Diagnostic{end, fmt::format("the extent of '{}' is {}, which is negative", name, extent), {}, ""};
    const VarRef var = std::make_shared<const Var>(Var{name, Type::kI64});
    vars_[name] = var;
    TANDEM_ASSIGN(Stmt body, braces());
    vars_.erase(name);
    return for_loop(var, extent, std::move(body), kind);
  }

  Result<Stmt> allocation() {
    take();
    TANDEM_ASSIGN(const std::string name, new_name("a buffer's name"));
    TANDEM_TRY(expect(":"));
    TANDEM_ASSIGN(const Type element, type());
    TANDEM_ASSIGN(BufferRef made, buffer(name, element));
    buffers_[name] = made;
    TANDEM_ASSIGN(Stmt body, braces());
    buffers_.erase(name);
    return alloc(made, std::move(body));
  }

  Result<Stmt> branch() {
    take();
    TANDEM_TRY(expect("("));
    TANDEM_ASSIGN(Expr condition, typed_expression(Type::kBool));
    TANDEM_TRY(expect(")"));
    TANDEM_ASSIGN(Stmt body, braces());
    return if_then(std::move(condition), std::move(body));
  }

  Result<Operand> element() {
    if (peek().kind != TokenKind::kWord) return unexpected("a buffer");
    const Token token = take();
    const auto found = buffers_.find(token.text);
    if (found == buffers_.end()) return unknown(token, "buffer", false, true);
    TANDEM_ASSIGN(std::vector<Expr> list, indices(found->second));
    return Operand{found->second, std::move(list)};
  }

  Result<Stmt> assignment() {
    TANDEM_ASSIGN(Operand target, element());
    TANDEM_TRY(expect("="));
    TANDEM_ASSIGN(Expr value, typed_expression(target.buffer->type));
    TANDEM_TRY(expect(";"));
    return store(target.buffer, std::move(target.indices), std::move(value));
  }

  Result<Stmt> intrinsic_call() {
    if (peek().kind != TokenKind::kWord) return unexpected("the name of an intrinsic");
    const std::string name = take().text;
    TANDEM_TRY(expect("("));
    std::vector<Operand> operands;
    while (!next_is(")") && !next_is(";")) {
      if (!operands.empty()) TANDEM_TRY(expect(","));
      TANDEM_ASSIGN(Operand operand, element());
      operands.push_back(std::move(operand));
    }
    std::vector<Expr> values;
    if (accept(";")) {
      while (!next_is(")")) {
        if (!values.empty()) TANDEM_TRY(expect(","));
        TANDEM_ASSIGN(Expr value, expression());
        values.push_back(std::move(value));
      }
    }
    TANDEM_TRY(expect(")"));
    TANDEM_ASSIGN(Stmt meaning, braces());
    return intrinsic(name, std::move(operands), std::move(values), std::move(meaning));
  }

  std::set<std::string> names_;
};

}  // namespace

Result<Kernel> parse_kernel(const std::string& text, const std::string& file,
                            const std::map<std::string, int64_t>& constants) {
  TANDEM_ASSIGN(std::vector<Token> tokens, tokenize(text, file));
  return KernelParser(std::move(tokens), constants).kernel();
}

}  // namespace tandem::loop
