// assume, rewrite and the other primitives that compute the same values by other operations, proven equal.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "compiler/schedule/tree.h"
#include "isa/builtin.h"

namespace tandem::schedule {
namespace {

using loop::Interval;
using loop::Type;

Interval range_of_type(Type type) {
  if (type == Type::kBool) return {0, 1};
  if (type == Type::kI8) return {-128, 127};
  if (type == Type::kI32) return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
  return {std::numeric_limits<int64_t>::min() / 2, std::numeric_limits<int64_t>::max() / 2};
}

bool lies_in(const Interval& part, const Interval& whole) { return part.low >= whole.low && part.high <= whole.high; }

// ---- the values that an expression may take

class ValueRange {
 public:
  explicit ValueRange(const Schedule& schedule) : schedule_(schedule) {}

  /// A range that holds whatever the inputs are, within what is assumed of them.
  Interval of(const Expr& expr) const {
    const Interval any = range_of_type(expr->type);
    const auto bounded = [&](const Interval& range) { return lies_in(range, any) ? range : any; };
    if (const auto* node = std::get_if<loop::IntLiteral>(&expr->node)) return {node->value, node->value};
    if (const auto* node = std::get_if<loop::Cast>(&expr->node)) return bounded(of(node->value));
    if (const auto* node = std::get_if<loop::Load>(&expr->node)) return of(*node->buffer);
    if (const auto* node = std::get_if<loop::Select>(&expr->node)) {
      const Interval a = of(node->a), b = of(node->b);
      return {std::min(a.low, b.low), std::max(a.high, b.high)};
    }
    const auto* node = std::get_if<loop::Binary>(&expr->node);
    if (!node || node->a->type == Type::kI64 || expr->type == Type::kBool) return any;
    const Interval a = of(node->a), b = of(node->b);
    if (node->op == loop::BinaryOp::kAdd) return bounded({a.low + b.low, a.high + b.high});
    if (node->op == loop::BinaryOp::kSub) return bounded({a.low - b.high, a.high - b.low});
    if (node->op != loop::BinaryOp::kMul) return any;
    const auto [low, high] = std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
    return bounded({low, high});
  }

 private:
  Interval of(const loop::Buffer& buffer) const {
    const Interval any = range_of_type(buffer.type);
    const auto assumed = schedule_.assumed.find(buffer.name);
    if (assumed != schedule_.assumed.end()) return {assumed->second.first, assumed->second.second};
    if (find_param(schedule_.kernel, buffer.name) >= 0) return any;
    // A local buffer starts as zeros; a store sets an element, or adds a term to it a known number of times.
    Interval set{0, 0}, added{0, 0};
    for (const Access& access : accesses_of(schedule_.kernel.body)) {
      if (access.buffer->name != buffer.name || !access.is_store) continue;
      const auto* store = std::get_if<loop::Store>(&access.path.back()->node);
      if (!store) return any;
      const Expr term = added_term(*store);
      const Interval value = of(term ? term : store->value, buffer);
      if (!term) {
        set = {std::min(set.low, value.low), std::max(set.high, value.high)};
        continue;
      }
      int64_t times = 1;
      for (const auto& [var, range] : ranges_of(access.path)) {
        const bool indexes = std::any_of(access.indices.begin(), access.indices.end(),
                                         [&, v = var](const Expr& index) { return mentions(index, v); });
        if (!indexes) times *= range.high - range.low + 1;
        if (times > (int64_t{1} << 31)) return any;
      }
      added.low += times * std::min<int64_t>(value.low, 0);
      added.high += times * std::max<int64_t>(value.high, 0);
    }
    const Interval sum{set.low + added.low, set.high + added.high};
    return lies_in(sum, any) ? sum : any;
  }

  /// The range of a value stored to `target`; anything where it reads the target itself.
  Interval of(const Expr& value, const loop::Buffer& target) const {
    const Stmt probe = loop::if_then(loop::binary(loop::BinaryOp::kEq, value, value), loop::block({}));
    for (const Access& access : accesses_of(probe)) {
      if (access.buffer->name == target.name) return range_of_type(target.type);
    }
    return of(value);
  }

  const Schedule& schedule_;
};

// ---- chains of operations with constants

/// value -> op(value, constant), or a conversion to `type`.
struct Operation {
  std::string name;  // "add", "mul", "min", "max", "shift_right", "rounding_shift_right" or "convert"
  int64_t constant = 0;
  Type type = Type::kI32;  // of the result
};

constexpr struct {
  const char* name;
  loop::BinaryOp op;
} kBinaries[] = {{"add", loop::BinaryOp::kAdd},
                 {"mul", loop::BinaryOp::kMul},
                 {"min", loop::BinaryOp::kMin},
                 {"max", loop::BinaryOp::kMax}};
constexpr const char* kShifts[] = {"shift_right", "rounding_shift_right"};

std::string text_of(const Operation& operation) {
  if (operation.name == "convert") return fmt::format("{}()", name(operation.type));
  return fmt::format("{} {}", operation.name, operation.constant);
}

Result<Operation> parse_operation(const std::string& text, Type type) {
  std::vector<std::string> names;
  for (const auto& known : kBinaries) names.emplace_back(known.name);
  for (const char* known : kShifts) names.emplace_back(known);
  const size_t space = text.find(' ');
  const std::string name = text.substr(0, space);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return unknown_name({}, "operation", name, std::move(names));
  }
  const std::string number = space == std::string::npos ? "" : text.substr(space + 1);
  char* end = nullptr;
  const int64_t constant = std::strtoll(number.c_str(), &end, 10);
  if (number.empty() || *end != '\0') {
    return refuse("rewrite", fmt::format("'{}' is no operation and a constant", text), {}, "write e.g. 'add 8'");
  }
  return Operation{name, constant, type};
}

/// The operations of `expr`, innermost first; returns what they start from.
Expr take_chain(const Expr& expr, std::vector<Operation>& operations) {
  Expr inner;
  Operation operation{"convert", 0, expr->type};
  if (const auto* cast = std::get_if<loop::Cast>(&expr->node)) {
    inner = cast->value;
  } else if (const auto* node = std::get_if<loop::Binary>(&expr->node)) {
    const auto* constant = std::get_if<loop::IntLiteral>(&node->b->node);
    for (const auto& known : kBinaries) {
      if (!constant || node->op != known.op) continue;
      operation.name = known.name;
      operation.constant = constant->value;
      inner = node->a;
    }
  } else if (const auto* call = std::get_if<loop::Call>(&expr->node); call && call->arguments.size() == 2) {
    const auto* constant = std::get_if<loop::IntLiteral>(&call->arguments[1]->node);
    for (const char* known : kShifts) {
      if (!constant || call->builtin != known) continue;
      operation.name = known;
      operation.constant = constant->value;
      inner = call->arguments[0];
    }
  }
  if (!inner || inner->type == Type::kF32) return expr;
  const Expr start = take_chain(inner, operations);
  operations.push_back(operation);
  return start;
}

Expr build(const std::vector<Operation>& operations, Expr value) {
  for (const Operation& operation : operations) {
    const Expr constant = loop::integer(operation.constant, value->type);
    const auto* binary = std::find_if(std::begin(kBinaries), std::end(kBinaries),
                                      [&](const auto& known) { return operation.name == known.name; });
    if (operation.name == "convert") {
      value = loop::cast(operation.type, value);
    } else if (binary != std::end(kBinaries)) {
      value = loop::binary(binary->op, value, constant);
    } else {
      value = loop::call(operation.name, operation.type, {value, constant});
    }
  }
  return value;
}

/// The exact result, without wrapping; operations are only asked about values at which it fits 63 bits.
int64_t exact(const Operation& operation, int64_t value) {
  const int64_t c = operation.constant;
  if (operation.name == "add") return value + c;
  if (operation.name == "mul") return value * c;
  if (operation.name == "min") return std::min(value, c);
  if (operation.name == "max") return std::max(value, c);
  if (operation.name == "convert") return value;
  if (c < 0) return value * (int64_t{1} << std::min<int64_t>(-c, 31));
  return (*isa::find_builtin(operation.name))({value, c});
}

int64_t run(const std::vector<Operation>& operations, int64_t value) {
  for (const Operation& operation : operations) value = exact(operation, value);
  return value;
}

/// Every operation rises with its operand and stays within its type for operands in `range`; else why not. Then the
/// chain rises, too.
Result<void> check_rising(const std::vector<Operation>& operations, Interval range) {
  constexpr int64_t kMost = int64_t{1} << 31;
  for (const Operation& operation : operations) {
    const int64_t c = operation.constant;
    const bool large = c > kMost || c < -kMost || range.low < -kMost || range.high > kMost;
    const bool falls = operation.name == "mul" && c < 0, left = operation.name == "rounding_shift_right" && c < 0;
    const bool shifts = operation.name == "shift_right" || operation.name == "rounding_shift_right";
    const bool small_enough =
        !large || operation.name == "min" || operation.name == "max" || operation.name == "convert";
    if (falls || left || !small_enough || (shifts && (c < -31 || operation.type != Type::kI32))) {
      return refuse("rewrite", fmt::format("'{}' of values in [{}, {}] cannot be compared", text_of(operation),
                                           range.low, range.high));
    }
    const Interval result{exact(operation, range.low), exact(operation, range.high)};
    if (!lies_in(result, range_of_type(operation.type))) {
      return refuse("rewrite",
                    fmt::format("'{}' may wrap in {} for values in [{}, {}]", text_of(operation), name(operation.type),
                                range.low, range.high),
                    {}, "clamp before it, or assume less of the inputs");
    }
    range = result;
  }
  return {};
}

/// Both chains rise, so each is a staircase: equal where every step begins and ends at the same values.
Result<void> check_equal(const std::vector<Operation>& a, const std::vector<Operation>& b, const Interval& range) {
  constexpr int64_t kMostSteps = 1 << 16;
  if (run(a, range.high) - run(a, range.low) > kMostSteps) {
    return refuse("rewrite", fmt::format("the value takes more than {} values: too many to compare", kMostSteps), {},
                  "rewrite together with the clamp after it");
  }
  for (int64_t first = range.low; first <= range.high;) {
    const int64_t value = run(a, first);
    int64_t last = first, beyond = range.high + 1;
    while (beyond - last > 1) {
      const int64_t middle = last + (beyond - last) / 2;
      (run(a, middle) == value ? last : beyond) = middle;
    }
    for (const int64_t at : {first, last}) {
      if (run(b, at) == value) continue;
      return refuse("rewrite", fmt::format("of {} the old operations make {}, the new ones {}", at, value, run(b, at)));
    }
    first = last + 1;
  }
  return {};
}

/// The store inside a perfect nest; null where it is none.
Stmt only_store(const Stmt& nest) {
  if (const auto* node = as_for(nest)) return only_store(node->body);
  if (const auto* node = std::get_if<loop::If>(&nest->node)) return only_store(node->body);
  return std::holds_alternative<loop::Store>(nest->node) ? nest : nullptr;
}

Result<Stmt> store_of(const Schedule& schedule, const std::string& primitive, const std::string& loop, Stmt& nest) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, primitive, loop));
  nest = path.back();
  const Stmt store = only_store(nest);
  if (!store) return refuse(primitive, nest, "this is no perfect nest around one store");
  return store;
}

}  // namespace

Result<void> assume(Schedule& schedule, const std::string& buffer, int64_t low, int64_t high) {
  const int position = find_param(schedule.kernel, buffer);
  if (position < 0 || schedule.kernel.params[static_cast<size_t>(position)].is_output) {
    std::vector<std::string> inputs;
    for (const loop::Param& param : schedule.kernel.params) {
      if (!param.is_output) inputs.push_back(param.buffer->name);
    }
    Diagnostic error = unknown_name({}, "input", buffer, std::move(inputs));
    error.what = "cannot assume: " + error.what;
    return error;
  }
  if (low > high) return refuse("assume", fmt::format("no value of '{}' lies in [{}, {}]", buffer, low, high));
  schedule.assumed[buffer] = {low, high};
  schedule.trace.push_back({"assume", {{"buffer", buffer}, {"low", low}, {"high", high}}});
  return {};
}

Result<void> rewrite(Schedule& schedule, const std::string& loop, const std::vector<std::string>& operations) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, store_of(schedule, "rewrite", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  std::vector<Operation> old_chain, new_chain;
  const Expr start = take_chain(store.value, old_chain);
  for (const std::string& text : operations) {
    TANDEM_ASSIGN(Operation operation, parse_operation(text, start->type));
    new_chain.push_back(std::move(operation));
  }
  if (store.value->type != start->type) new_chain.push_back({"convert", 0, store.value->type});
  const Interval range = ValueRange(schedule).of(start);
  TANDEM_TRY(check_rising(old_chain, range));
  TANDEM_TRY(check_rising(new_chain, range));
  TANDEM_TRY(check_equal(old_chain, new_chain, range));
  const Stmt changed = located(loop::store(store.buffer, store.indices, build(new_chain, start)), stmt->where);
  commit(schedule, replace(schedule.kernel.body, stmt, changed),
         {"rewrite", {{"loop", loop}, {"operations", operations}}});
  return {};
}

namespace {

/// (a + b) + constant -> a + (b + constant).
class Reassociation : public loop::Rewriter {
 public:
  bool found = false;

 protected:
  Expr on_expr(const Expr& expr) override {
    const auto* outer = std::get_if<loop::Binary>(&expr->node);
    if (!outer || outer->op != loop::BinaryOp::kAdd || expr->type == Type::kI64 || expr->type == Type::kF32)
      return expr;
    const auto* inner = std::get_if<loop::Binary>(&outer->a->node);
    if (!inner || inner->op != loop::BinaryOp::kAdd || !std::holds_alternative<loop::IntLiteral>(outer->b->node)) {
      return expr;
    }
    found = true;
    return inner->a + (inner->b + outer->b);
  }
};

}  // namespace

Result<void> reassociate(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, store_of(schedule, "reassociate", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  Reassociation rewriter;
  const Expr value = rewriter.rewrite(store.value);
  if (!rewriter.found) {
    return refuse("reassociate", nest, fmt::format("there is no sum (a + b) + constant in {}", to_text(store.value)));
  }
  commit(schedule,
         replace(schedule.kernel.body, stmt, located(loop::store(store.buffer, store.indices, value), stmt->where)),
         {"reassociate", {{"loop", loop}}});
  return {};
}

namespace {

/// Replaces op(buffer[...], constant) by buffer[...], where it is the same operation everywhere.
class Absorption : public loop::Rewriter {
 public:
  explicit Absorption(BufferRef buffer) : buffer_(std::move(buffer)) {}
  std::optional<Operation> operation;
  int count = 0;

 protected:
  Expr on_expr(const Expr& expr) override {
    std::vector<Operation> chain;
    const Expr start = take_chain(expr, chain);
    const auto* load = std::get_if<loop::Load>(&start->node);
    if (!load || load->buffer != buffer_ || chain.size() != 1 || chain[0].name == "convert") return expr;
    if (operation && text_of(*operation) != text_of(chain[0])) return expr;
    operation = chain[0];
    ++count;
    return start;
  }

 private:
  BufferRef buffer_;
};

}  // namespace

Result<void> absorb(Schedule& schedule, const std::string& buffer_name) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "absorb", buffer_name));
  const loop::Alloc& allocation = *as_alloc(path.back());
  const BufferRef buffer = allocation.buffer;
  const auto* list = std::get_if<loop::Block>(&allocation.body->node);
  // The first statement fills all elements, each once; nothing else writes them.
  const Stmt fill = list ? list->statements[0] : nullptr;
  const Stmt stored = fill ? only_store(fill) : nullptr;
  const auto* store = stored ? &std::get<loop::Store>(stored->node) : nullptr;
  if (!store || store->buffer != buffer || !fills_all(fill, buffer)) {
    return refuse("absorb", path.back(), fmt::format("'{}' is not filled by one nest at the start", buffer_name));
  }
  int reads = 0, writes = 0;
  for (const Access& access : accesses_of(allocation.body)) {
    if (access.buffer == buffer) ++(access.is_store ? writes : reads);
  }
  Absorption absorption(buffer);
  const Stmt body = absorption.rewrite(allocation.body);
  if (writes != 1 || absorption.count == 0 || absorption.count != reads) {
    return refuse("absorb", path.back(),
                  fmt::format("not every read of '{}' is the operand of one and the same operation with a constant",
                              buffer_name));
  }
  std::vector<VarRef> vars;
  std::vector<Expr> element;
  for (size_t axis = 0; axis < buffer->shape.size(); ++axis) {
    vars.push_back(new_var(new_name(schedule.kernel, fmt::format("{}_u{}", buffer_name, axis))));
    element.push_back(loop::use(vars.back()));
  }
  const Stmt update = nest(vars, buffer->shape,
                           loop::store(buffer, element, build({*absorption.operation}, loop::load(buffer, element))));
  std::vector<Stmt> statements = std::get<loop::Block>(body->node).statements;
  statements.insert(statements.begin() + 1, update);
  commit(schedule,
         replace(schedule.kernel.body, path.back(),
                 located(loop::alloc(buffer, loop::block(std::move(statements))), path.back()->where)),
         {"absorb", {{"buffer", buffer_name}}});
  return {};
}

namespace {

/// value * 2^k -> shift_right(value, -k).
class Shifts : public loop::Rewriter {
 public:
  bool found = false;

 protected:
  Expr on_expr(const Expr& expr) override {
    const auto* node = std::get_if<loop::Binary>(&expr->node);
    if (!node || node->op != loop::BinaryOp::kMul || expr->type != Type::kI32) return expr;
    const auto* factor = std::get_if<loop::IntLiteral>(&node->b->node);
    if (!factor || factor->value < 1 || (factor->value & (factor->value - 1)) != 0) return expr;
    int64_t shift = 0;
    while (int64_t{1} << shift < factor->value) ++shift;
    found = true;
    return shift == 0 ? node->a : loop::call("shift_right", Type::kI32, {node->a, loop::integer(-shift, Type::kI32)});
  }
};

}  // namespace

Result<void> products_to_shifts(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, store_of(schedule, "products_to_shifts", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  Shifts rewriter;
  const Expr value = rewriter.rewrite(store.value);
  if (!rewriter.found) {
    return refuse("products_to_shifts", nest,
                  fmt::format("there is no i32 product with a power of two in {}", to_text(store.value)));
  }
  commit(schedule,
         replace(schedule.kernel.body, stmt, located(loop::store(store.buffer, store.indices, value), stmt->where)),
         {"products_to_shifts", {{"loop", loop}}});
  return {};
}

Result<void> start_from_zero(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, store_of(schedule, "start_from_zero", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  const auto* constant = std::get_if<loop::IntLiteral>(&store.value->node);
  const Type type = store.value->type;
  if (!constant || (type != Type::kI8 && type != Type::kI32)) {
    return refuse("start_from_zero", nest, fmt::format("the value {} is no integer constant", to_text(store.value)));
  }
  if (find_param(schedule.kernel, store.buffer->name) >= 0) {
    return refuse("start_from_zero", nest, fmt::format("'{}' is a parameter", store.buffer->name), {},
                  "stage_write it first: outputs are never read");
  }
  if (!fills_all(nest, store.buffer)) {
    return refuse("start_from_zero", nest, fmt::format("this nest does not write all of '{}'", store.buffer->name));
  }
  std::map<VarRef, Expr> renamed;
  std::map<VarRef, VarRef> vars;
  std::vector<const loop::For*> loops;
  for (const auto* node = as_for(nest); node; node = as_for(node->body)) {
    loops.push_back(node);
    vars[node->var] = new_var(new_name(schedule.kernel, node->var->name + "_add"));
    renamed[node->var] = loop::use(vars[node->var]);
  }
  Stmt update = loop::substitute(
      loop::store(store.buffer, store.indices, loop::load(store.buffer, store.indices) + store.value), renamed);
  for (size_t i = loops.size(); i-- > 0;) {
    update = loop::for_loop(vars[loops[i]->var], loops[i]->extent, update, loops[i]->kind);
  }
  const Stmt zeros =
      replace(nest, stmt, located(loop::store(store.buffer, store.indices, loop::integer(0, type)), stmt->where));
  commit(schedule, replace(schedule.kernel.body, nest, loop::block({zeros, update})),
         {"start_from_zero", {{"loop", loop}}});
  return {};
}

namespace {

/// What min or max leaves unchanged for every partner of the type.
bool is_neutral(loop::BinaryOp op, const Expr& value) {
  const auto* constant = std::get_if<loop::IntLiteral>(&value->node);
  const Interval range = range_of_type(value->type);
  return constant && ((op == loop::BinaryOp::kMax && constant->value <= range.low) ||
                      (op == loop::BinaryOp::kMin && constant->value >= range.high));
}

}  // namespace

Result<void> skip_neutral(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, store_of(schedule, "skip_neutral", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  const auto* operation = std::get_if<loop::Binary>(&store.value->node);
  const auto* own = operation ? std::get_if<loop::Load>(&operation->a->node) : nullptr;
  const auto* choice = operation ? std::get_if<loop::Select>(&operation->b->node) : nullptr;
  if (!own || !choice || own->buffer != store.buffer || !is_neutral(operation->op, choice->b) ||
      !std::equal(own->indices.begin(), own->indices.end(), store.indices.begin(),
                  [](const Expr& a, const Expr& b) { return equal(a, b); })) {
    return refuse("skip_neutral", nest,
                  fmt::format("{} is no min or max of the stored element with a select whose other side is neutral",
                              to_text(store.value)));
  }
  const Stmt changed = loop::if_then(
      choice->condition,
      located(loop::store(store.buffer, store.indices, loop::binary(operation->op, operation->a, choice->a)),
              stmt->where));
  commit(schedule, replace(schedule.kernel.body, stmt, changed), {"skip_neutral", {{"loop", loop}}});
  return {};
}

Result<void> compute_inline(Schedule& schedule, const std::string& buffer_name) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "compute_inline", buffer_name));
  const loop::Alloc& allocation = *as_alloc(path.back());
  const BufferRef buffer = allocation.buffer;
  const auto* list = std::get_if<loop::Block>(&allocation.body->node);
  const Stmt fill = list ? list->statements[0] : nullptr;
  const Stmt stored = fill ? only_store(fill) : nullptr;
  const auto* store = stored ? &std::get<loop::Store>(stored->node) : nullptr;
  if (!store || store->buffer != buffer || !fills_all(fill, buffer)) {
    return refuse("compute_inline", path.back(),
                  fmt::format("'{}' is not filled by one nest at the start", buffer_name));
  }
  std::set<BufferRef> sources;
  for (const Access& access : accesses_of(fill)) {
    if (!access.is_store) sources.insert(access.buffer);
  }
  for (const Access& access : accesses_of(path.back())) {
    const bool inside = std::find(access.path.begin(), access.path.end(), fill) != access.path.end();
    const bool operand = in_intrinsic(access);
    const bool changes = access.is_store && (access.buffer == buffer || sources.count(access.buffer) > 0);
    if (inside || (!changes && !(operand && access.buffer == buffer))) continue;
    return refuse("compute_inline", access.path.back(),
                  operand ? fmt::format("'{}' is an operand here", buffer_name)
                          : fmt::format("this changes '{}'", access.buffer->name));
  }
  class Inline : public loop::Rewriter {
   public:
    explicit Inline(const loop::Store& store) : store_(store) {}

   protected:
    Expr on_expr(const Expr& expr) override {
      const auto* load = std::get_if<loop::Load>(&expr->node);
      if (!load || load->buffer != store_.buffer) return expr;
      std::map<VarRef, Expr> values;
      for (size_t axis = 0; axis < load->indices.size(); ++axis) {
        const auto* var = std::get_if<loop::VarUse>(&store_.indices[axis]->node);
        if (var) values[var->var] = load->indices[axis];
      }
      return loop::substitute(store_.value, values);
    }

   private:
    const loop::Store& store_;
  };
  std::vector<Stmt> rest(list->statements.begin() + 1, list->statements.end());
  commit(schedule, replace(schedule.kernel.body, path.back(), Inline(*store).rewrite(loop::block(std::move(rest)))),
         {"compute_inline", {{"buffer", buffer_name}}});
  return {};
}

}  // namespace tandem::schedule
