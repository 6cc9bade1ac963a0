// The half of the parser that reads expressions; parser.cc reads statements and kernels with it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "compiler/loop/lexer.h"
#include "support/result.h"

namespace tandem::loop {

class ExpressionParser {
 public:
  ExpressionParser(std::vector<Token> tokens, const std::map<std::string, int64_t>& constants)
      : tokens_(std::move(tokens)), constants_(constants) {}

 protected:
  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool next_is(const std::string& symbol) const { return peek().kind == TokenKind::kSymbol && peek().text == symbol; }
  bool next_is_word(const std::string& word) const { return peek().kind == TokenKind::kWord && peek().text == word; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool accept(const std::string& symbol);
  Result<void> expect(const std::string& symbol);
  /// "expected `wanted`, found ...".
  Diagnostic unexpected(const std::string& wanted) const;

  /// A whole expression of the given type: literals adopt it, anything else must have it.
  Result<Expr> typed_expression(Type type);
  /// A whole expression of any type; untyped literals are i64 or f32.
  Result<Expr> expression();
  /// `[a, b, c]` with one i64 index per axis of the buffer.
  Result<std::vector<Expr>> indices(const BufferRef& buffer);
  /// An integer that is known now: literals and constants.
  Result<int64_t> constant(const std::string& what);
  Result<Type> type();

  std::map<std::string, VarRef> vars_;
  std::map<std::string, BufferRef> buffers_;

  Diagnostic unknown(const Token& token, const std::string& kind, bool variables, bool buffers) const;

 private:
  /// `flexible`: made of literals only, its type is not settled.
  struct Value {
    Expr expr;
    bool flexible = false;
    SourceLocation where;
  };
  Result<Value> conditional();
  Result<Value> parse(int precedence);
  Result<Value> unary();
  Result<Value> primary();
  Result<Value> call_of(const Token& name);
  Result<Value> combine(BinaryOp op, const Token& symbol, Value a, Value b);
  Result<void> unify(const Token& place, const std::string& what, Value& a, Value& b);
  Result<Expr> coerce(const Value& value, Type type);
  Result<Value> cast_to(Type type, const Token& place);
  Result<std::vector<Value>> arguments(const Token& name, size_t count);

  std::vector<Token> tokens_;
  const std::map<std::string, int64_t>& constants_;
  size_t at_ = 0;
};

}  // namespace tandem::loop
