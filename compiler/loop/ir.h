// The loop IR: immutable trees that say *what* is computed, in which order, and in which memory each buffer lives.
//
// Meaning. A Kernel is a statement over its parameters. `For` runs its body for var = 0 .. extent-1 in order (kinds
// other than kSerial promise that the order does not matter, or how it is carried out). `Store` evaluates, then writes
// one element. `Alloc` is a fresh zeroed buffer for the time of its body. An `Intrinsic` *means* its `meaning`, the
// loop nest that it stands for; its name and operands tell a code generator what to emit. Integer arithmetic on values
// wraps in its type; index arithmetic is i64 and
// `/` and `%` on it round towards minus infinity. All extents and shapes are constants.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "support/diagnostic.h"
#include "support/tensor.h"

namespace tandem::loop {

enum class Type { kBool, kI8, kI32, kI64, kF32 };
const char* name(Type type);  // "bool", "i8", "i32", "i64", "f32"

/// A loop variable or scalar parameter; identity is the pointer, the name is for people (unique within a printed
/// kernel).
struct Var {
  std::string name;
  Type type = Type::kI64;
};
using VarRef = std::shared_ptr<const Var>;

/// Memory scopes are names that targets declare: "dram" (the default), on the accelerator "inp", "wgt", "acc", on CPUs
/// "local".
struct Buffer {
  std::string name;
  Type type = Type::kI8;
  Shape shape;
  std::string scope = "dram";
  /// Of a local buffer: its allocations take that many places in turn, so that the work of one may overlap with that of
  /// the next. It changes no value.
  int64_t copies = 1;
};
using BufferRef = std::shared_ptr<const Buffer>;  // identity is the pointer

// ---- expressions
// ------------------------------------------------------------------------------------------------------------

struct ExprNode;
/// Never null once built. Comparison by structure: `equal`.
using Expr = std::shared_ptr<const ExprNode>;

struct IntLiteral {
  int64_t value;
};
struct FloatLiteral {
  double value;
};
struct VarUse {
  VarRef var;
};
struct Load {
  BufferRef buffer;
  std::vector<Expr> indices;
};
/// Both operands are evaluated, those of kAnd and kOr too. Comparisons give kBool.
enum class BinaryOp { kAdd, kSub, kMul, kDiv, kMod, kMin, kMax, kLt, kLe, kGt, kGe, kEq, kNe, kAnd, kOr };
struct Binary {
  BinaryOp op;
  Expr a, b;
};
/// Integer to integer wraps or sign-extends; float to integer is not defined here.
struct Cast {
  Expr value;  // to the node's type
};
/// Only the chosen side is evaluated: `select(0 <= i, x[i], 0)` never reads x[-1].
struct Select {
  Expr condition, a, b;
};
/// A typed scalar built-in of isa/builtins ("shift_right", "rounding_shift_right", ...).
struct Call {
  std::string builtin;
  std::vector<Expr> arguments;
};

struct ExprNode {
  Type type;
  std::variant<IntLiteral, FloatLiteral, VarUse, Load, Binary, Cast, Select, Call> node;
};

Expr integer(int64_t value, Type type = Type::kI64);
Expr floating(double value);
Expr use(const VarRef& var);
Expr load(const BufferRef& buffer, std::vector<Expr> indices);
/// Folds constants and the neutral elements of index arithmetic. Operand types must agree.
Expr binary(BinaryOp op, Expr a, Expr b);
Expr cast(Type type, Expr value);
Expr select(Expr condition, Expr a, Expr b);
Expr call(const std::string& builtin, Type type, std::vector<Expr> arguments);

Expr operator+(const Expr& a, const Expr& b);
Expr operator-(const Expr& a, const Expr& b);
Expr operator*(const Expr& a, const Expr& b);
Expr operator+(const Expr& a, int64_t b);
Expr operator-(const Expr& a, int64_t b);
Expr operator*(const Expr& a, int64_t b);

bool equal(const Expr& a, const Expr& b);

// ---- statements
// -------------------------------------------------------------------------------------------------------------

struct StmtNode;
using Stmt = std::shared_ptr<const StmtNode>;

/// The last six are axes of a GPU: blocks of the grid, threads of a block.
enum class ForKind {
  kSerial,
  kParallel,
  kVectorized,
  kUnrolled,
  kBlockX,
  kBlockY,
  kBlockZ,
  kThreadX,
  kThreadY,
  kThreadZ
};
/// How a loop of that kind begins in the text form: "for", "parallel", "vectorized", "unrolled", "block.x", ...
const char* keyword(ForKind kind);
/// The kind with that keyword.
std::optional<ForKind> for_kind(const std::string& keyword);
/// Whether iterations may run at the same time: of all kinds but kSerial and kUnrolled.
bool is_concurrent(ForKind kind);

struct For {
  VarRef var;
  int64_t extent;
  ForKind kind;
  Stmt body;
};
struct Store {
  BufferRef buffer;
  std::vector<Expr> indices;
  Expr value;
};
struct Alloc {
  BufferRef buffer;
  Stmt body;
};
struct If {
  Expr condition;
  Stmt body;
};
struct Block {
  std::vector<Stmt> statements;
};
/// The element of `buffer` at which the intrinsic's operand begins; the operand's own axes are the buffer's last ones,
/// at 0 here.
struct Operand {
  BufferRef buffer;
  std::vector<Expr> indices;  // as many as the buffer has axes
};
struct Intrinsic {
  std::string name;               // of a declaration in tensorize/
  std::vector<Operand> operands;  // in the order of the declaration's buffers
  std::vector<Expr> scalars;      // in the order of the declaration's scalar parameters
  Stmt meaning;
};

struct StmtNode {
  std::variant<For, Store, Alloc, If, Block, Intrinsic> node;
  SourceLocation where;  // known for parsed text
};

Stmt for_loop(const VarRef& var, int64_t extent, Stmt body, ForKind kind = ForKind::kSerial);
Stmt store(const BufferRef& buffer, std::vector<Expr> indices, Expr value);
Stmt alloc(const BufferRef& buffer, Stmt body);
Stmt if_then(Expr condition, Stmt body);
Stmt block(std::vector<Stmt> statements);  // flattens nested blocks
Stmt intrinsic(std::string name, std::vector<Operand> operands, std::vector<Expr> scalars, Stmt meaning);
/// The same statement with another place in a text.
Stmt located(const Stmt& stmt, const SourceLocation& where);

// ---- kernels
// ----------------------------------------------------------------------------------------------------------------

/// How a packed buffer axis comes from an axis of the tensor that a user sees: packed index = (index[source_axis] /
/// divisor) % extent. source_axis -1: the axis holds `extent` copies.
struct PackedAxis {
  int source_axis;
  int64_t divisor;
  int64_t extent;
};
/// The host-side layout of a parameter: where every element of the logical tensor lies. Elements beyond the logical
/// shape are pads of 0.
struct Layout {
  Shape logical_shape;
  std::vector<PackedAxis> axes;  // empty: the logical shape itself, row-major
};

struct Param {
  BufferRef buffer;
  bool is_output = false;  // written, never read before it is written
  Layout layout;           // `pack` and `pad` record here what the host must do
};

struct Kernel {
  std::string name;
  std::vector<Param> params;
  std::vector<VarRef> scalars;  // patterns of intrinsics have scalar parameters (immediates)
  Stmt body;
};

/// Text that `parse` (loop/parser.h) reads back to a structurally equal kernel.
std::string to_text(const Kernel& kernel);
std::string to_text(const Expr& expr);
std::string to_text(const Stmt& stmt);
bool equal(const Kernel& a, const Kernel& b);  // up to the names of variables

/// Logical tensor -> packed tensor and back, as a layout says. Shapes must agree with the layout.
Tensor pack(const Layout& layout, const Tensor& logical);
Tensor unpack(const Layout& layout, const Tensor& packed);

// ---- walking
// ----------------------------------------------------------------------------------------------------------------

/// Bottom-up rewriting: `on_expr`/`on_stmt` see each node after its children; return the node itself to keep it.
class Rewriter {
 public:
  virtual ~Rewriter() = default;
  Expr rewrite(const Expr& expr);
  Stmt rewrite(const Stmt& stmt);  // a null result of on_stmt removes the statement

 protected:
  virtual Expr on_expr(const Expr& expr) { return expr; }
  virtual Stmt on_stmt(const Stmt& stmt) { return stmt; }
};
Expr substitute(const Expr& expr, const std::map<VarRef, Expr>& values);
Stmt substitute(const Stmt& stmt, const std::map<VarRef, Expr>& values);

/// constant + sum of coefficient * var. Empty optional where the expression is not affine in its variables.
struct Affine {
  int64_t constant = 0;
  std::map<VarRef, int64_t> coefficients;  // no zeros
};
std::optional<Affine> as_affine(const Expr& expr);
Expr to_expr(const Affine& affine);

}  // namespace tandem::loop
