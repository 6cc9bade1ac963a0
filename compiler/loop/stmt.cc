// Building, rewriting and comparing statements and kernels.
#include "compiler/loop/ir.h"
#include "support/check.h"

namespace tandem::loop {
namespace {

template <typename Node>
Stmt make(Node node, SourceLocation where = {}) {
  return std::make_shared<const StmtNode>(StmtNode{std::move(node), std::move(where)});
}

struct Keyword {
  ForKind kind;
  const char* text;
};
constexpr Keyword kKeywords[] = {
    {ForKind::kSerial, "for"},        {ForKind::kParallel, "parallel"}, {ForKind::kVectorized, "vectorized"},
    {ForKind::kUnrolled, "unrolled"}, {ForKind::kBlockX, "block.x"},    {ForKind::kBlockY, "block.y"},
    {ForKind::kBlockZ, "block.z"},    {ForKind::kThreadX, "thread.x"},  {ForKind::kThreadY, "thread.y"},
    {ForKind::kThreadZ, "thread.z"}};

/// Structural comparison; variables and local buffers correspond by where they are bound.
class Comparison {
 public:
  bool same(const VarRef& a, const VarRef& b) const {
    const auto found = vars_.find(a);
    return found == vars_.end() ? a == b : found->second == b;
  }
  bool same(const BufferRef& a, const BufferRef& b) const {
    const auto found = buffers_.find(a);
    return found == buffers_.end() ? a == b : found->second == b;
  }
  void bind(const VarRef& a, const VarRef& b) { vars_[a] = b; }
  bool bind(const BufferRef& a, const BufferRef& b) {
    buffers_[a] = b;
    return a->type == b->type && a->shape == b->shape && a->scope == b->scope && a->copies == b->copies;
  }
  bool same(const std::vector<Expr>& a, const std::vector<Expr>& b) const {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (!same(a[i], b[i])) return false;
    }
    return true;
  }

  bool same(const Expr& a, const Expr& b) const {
    if (a == b && vars_.empty()) return true;
    if (a->type != b->type || a->node.index() != b->node.index()) return false;
    if (const auto* x = std::get_if<IntLiteral>(&a->node)) return x->value == std::get<IntLiteral>(b->node).value;
    if (const auto* x = std::get_if<FloatLiteral>(&a->node)) return x->value == std::get<FloatLiteral>(b->node).value;
    if (const auto* x = std::get_if<VarUse>(&a->node)) return same(x->var, std::get<VarUse>(b->node).var);
    if (const auto* x = std::get_if<Load>(&a->node)) {
      const auto& y = std::get<Load>(b->node);
      return same(x->buffer, y.buffer) && same(x->indices, y.indices);
    }
    if (const auto* x = std::get_if<Binary>(&a->node)) {
      const auto& y = std::get<Binary>(b->node);
      return x->op == y.op && same(x->a, y.a) && same(x->b, y.b);
    }
    if (const auto* x = std::get_if<Cast>(&a->node)) return same(x->value, std::get<Cast>(b->node).value);
    if (const auto* x = std::get_if<Select>(&a->node)) {
      const auto& y = std::get<Select>(b->node);
      return same(x->condition, y.condition) && same(x->a, y.a) && same(x->b, y.b);
    }
    const auto& x = std::get<Call>(a->node);
    const auto& y = std::get<Call>(b->node);
    return x.builtin == y.builtin && same(x.arguments, y.arguments);
  }

  bool same(const Stmt& a, const Stmt& b) {
    if (a->node.index() != b->node.index()) return false;
    if (const auto* x = std::get_if<For>(&a->node)) {
      const auto& y = std::get<For>(b->node);
      bind(x->var, y.var);
      return x->extent == y.extent && x->kind == y.kind && x->var->type == y.var->type && same(x->body, y.body);
    }
    if (const auto* x = std::get_if<Store>(&a->node)) {
      const auto& y = std::get<Store>(b->node);
      return same(x->buffer, y.buffer) && same(x->indices, y.indices) && same(x->value, y.value);
    }
    if (const auto* x = std::get_if<Alloc>(&a->node)) {
      const auto& y = std::get<Alloc>(b->node);
      return bind(x->buffer, y.buffer) && same(x->body, y.body);
    }
    if (const auto* x = std::get_if<If>(&a->node)) {
      const auto& y = std::get<If>(b->node);
      return same(x->condition, y.condition) && same(x->body, y.body);
    }
    if (const auto* x = std::get_if<Block>(&a->node)) {
      const auto& y = std::get<Block>(b->node);
      if (x->statements.size() != y.statements.size()) return false;
      for (size_t i = 0; i < x->statements.size(); ++i) {
        if (!same(x->statements[i], y.statements[i])) return false;
      }
      return true;
    }
    const auto& x = std::get<Intrinsic>(a->node);
    const auto& y = std::get<Intrinsic>(b->node);
    if (x.name != y.name || x.operands.size() != y.operands.size() || !same(x.scalars, y.scalars)) return false;
    for (size_t i = 0; i < x.operands.size(); ++i) {
      if (!same(x.operands[i].buffer, y.operands[i].buffer)) return false;
      if (!same(x.operands[i].indices, y.operands[i].indices)) return false;
    }
    return same(x.meaning, y.meaning);
  }

 private:
  std::map<VarRef, VarRef> vars_;
  std::map<BufferRef, BufferRef> buffers_;
};

bool same_layout(const Layout& a, const Layout& b) {
  if (a.logical_shape != b.logical_shape || a.axes.size() != b.axes.size()) return false;
  for (size_t i = 0; i < a.axes.size(); ++i) {
    const PackedAxis &x = a.axes[i], &y = b.axes[i];
    if (x.source_axis != y.source_axis || x.divisor != y.divisor || x.extent != y.extent) return false;
  }
  return true;
}

class Substitution : public Rewriter {
 public:
  explicit Substitution(const std::map<VarRef, Expr>& values) : values_(values) {}

 protected:
  Expr on_expr(const Expr& expr) override {
    const auto* node = std::get_if<VarUse>(&expr->node);
    if (!node) return expr;
    const auto found = values_.find(node->var);
    return found == values_.end() ? expr : found->second;
  }

 private:
  const std::map<VarRef, Expr>& values_;
};

}  // namespace

const char* keyword(ForKind kind) {
  for (const Keyword& known : kKeywords) {
    if (known.kind == kind) return known.text;
  }
  return "?";
}

std::optional<ForKind> for_kind(const std::string& keyword) {
  for (const Keyword& known : kKeywords) {
    if (keyword == known.text) return known.kind;
  }
  return std::nullopt;
}

bool is_concurrent(ForKind kind) { return kind != ForKind::kSerial && kind != ForKind::kUnrolled; }

Stmt for_loop(const VarRef& var, int64_t extent, Stmt body, ForKind kind) {
  TANDEM_CHECK(extent >= 0, "a negative extent for '" + var->name + "'");
  return make(For{var, extent, kind, std::move(body)});
}

Stmt store(const BufferRef& buffer, std::vector<Expr> indices, Expr value) {
  TANDEM_CHECK(indices.size() == buffer->shape.size(),
               "store to '" + buffer->name + "' with a wrong number of indices");
  TANDEM_CHECK(value->type == buffer->type, "store to '" + buffer->name + "' of another type");
  return make(Store{buffer, std::move(indices), std::move(value)});
}

Stmt alloc(const BufferRef& buffer, Stmt body) { return make(Alloc{buffer, std::move(body)}); }

Stmt if_then(Expr condition, Stmt body) {
  TANDEM_CHECK(condition->type == Type::kBool, "an if without a condition");
  if (const auto* known = std::get_if<IntLiteral>(&condition->node)) return known->value ? body : block({});
  return make(If{std::move(condition), std::move(body)});
}

Stmt block(std::vector<Stmt> statements) {
  std::vector<Stmt> flat;
  for (Stmt& statement : statements) {
    if (const auto* inner = std::get_if<Block>(&statement->node)) {
      flat.insert(flat.end(), inner->statements.begin(), inner->statements.end());
    } else {
      flat.push_back(std::move(statement));
    }
  }
  if (flat.size() == 1) return flat.front();
  return make(Block{std::move(flat)});
}

Stmt intrinsic(std::string name, std::vector<Operand> operands, std::vector<Expr> scalars, Stmt meaning) {
  for (const Operand& operand : operands) {
    TANDEM_CHECK(operand.indices.size() == operand.buffer->shape.size(),
                 "an operand of '" + name + "' has a wrong rank");
  }
  return make(Intrinsic{std::move(name), std::move(operands), std::move(scalars), std::move(meaning)});
}

Stmt located(const Stmt& stmt, const SourceLocation& where) { return make(stmt->node, where); }

Stmt Rewriter::rewrite(const Stmt& stmt) {
  struct Children {
    Rewriter& self;
    const Stmt& stmt;
    Stmt keep(bool unchanged, const Stmt& rebuilt) const { return unchanged ? stmt : located(rebuilt, stmt->where); }
    Stmt operator()(const For& node) const {
      Stmt body = self.rewrite(node.body);
      if (!body) return nullptr;
      return body == node.body ? stmt : located(for_loop(node.var, node.extent, body, node.kind), stmt->where);
    }
    Stmt operator()(const Store& node) const {
      std::vector<Expr> indices = node.indices;
      const bool same = all(indices);
      Expr value = self.rewrite(node.value);
      if (same && value == node.value) return stmt;
      return located(store(node.buffer, std::move(indices), std::move(value)), stmt->where);
    }
    Stmt operator()(const Alloc& node) const {
      Stmt body = self.rewrite(node.body);
      if (!body) return nullptr;
      return body == node.body ? stmt : located(alloc(node.buffer, body), stmt->where);
    }
    Stmt operator()(const If& node) const {
      Expr condition = self.rewrite(node.condition);
      Stmt body = self.rewrite(node.body);
      if (!body) return nullptr;
      if (condition == node.condition && body == node.body) return stmt;
      const auto* known = std::get_if<IntLiteral>(&condition->node);
      if (known) return known->value ? body : nullptr;
      return located(if_then(std::move(condition), body), stmt->where);
    }
    Stmt operator()(const Block& node) const {
      std::vector<Stmt> statements;
      bool same = true;
      for (const Stmt& statement : node.statements) {
        Stmt rewritten = self.rewrite(statement);
        same &= rewritten == statement;
        if (rewritten) statements.push_back(std::move(rewritten));
      }
      if (same) return stmt;
      if (statements.empty()) return nullptr;
      return block(std::move(statements));
    }
    Stmt operator()(const Intrinsic& node) const {
      std::vector<Operand> operands = node.operands;
      bool same = true;
      for (Operand& operand : operands) same &= all(operand.indices);
      std::vector<Expr> scalars = node.scalars;
      same &= all(scalars);
      Stmt meaning = self.rewrite(node.meaning);
      TANDEM_CHECK(meaning, "the meaning of '" + node.name + "' was removed");
      if (same && meaning == node.meaning) return stmt;
      return located(intrinsic(node.name, std::move(operands), std::move(scalars), meaning), stmt->where);
    }
    /// Rewrites in place; true where nothing changed.
    bool all(std::vector<Expr>& list) const {
      bool same = true;
      for (Expr& item : list) {
        Expr rewritten = self.rewrite(item);
        same &= rewritten == item;
        item = std::move(rewritten);
      }
      return same;
    }
  };
  Stmt rebuilt = std::visit(Children{*this, stmt}, stmt->node);
  return rebuilt ? on_stmt(rebuilt) : nullptr;
}

Expr substitute(const Expr& expr, const std::map<VarRef, Expr>& values) { return Substitution(values).rewrite(expr); }
Stmt substitute(const Stmt& stmt, const std::map<VarRef, Expr>& values) { return Substitution(values).rewrite(stmt); }

bool equal(const Expr& a, const Expr& b) { return Comparison().same(a, b); }

bool equal(const Kernel& a, const Kernel& b) {
  if (a.name != b.name || a.params.size() != b.params.size() || a.scalars.size() != b.scalars.size()) return false;
  Comparison comparison;
  for (size_t i = 0; i < a.params.size(); ++i) {
    const Param &x = a.params[i], &y = b.params[i];
    if (x.buffer->name != y.buffer->name || x.is_output != y.is_output) return false;
    if (!comparison.bind(x.buffer, y.buffer) || !same_layout(x.layout, y.layout)) return false;
  }
  for (size_t i = 0; i < a.scalars.size(); ++i) {
    if (a.scalars[i]->name != b.scalars[i]->name || a.scalars[i]->type != b.scalars[i]->type) return false;
    comparison.bind(a.scalars[i], b.scalars[i]);
  }
  return comparison.same(a.body, b.body);
}

}  // namespace tandem::loop
