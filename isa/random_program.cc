#include "isa/random_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "isa/access.h"
#include "isa/token_insertion.h"

namespace tandem::isa {
namespace {

constexpr int kTries = 100;          // for a random instruction that fits; then none is made
constexpr int64_t kMostSteps = 128;  // micro-ops that one instruction runs
constexpr int64_t kUopWindow = 24;   // entries of the micro-op buffer that are used
constexpr int64_t kBytesPerLoad = 2048;

/// The part [base, base + size) of a scratchpad that the program uses. All of it is written by the prologue.
struct Window {
  int64_t base = 0;
  int64_t size = 0;
};

/// Elements in DRAM from which loads of one memory take random blocks.
struct Pool {
  Memory memory;
  uint64_t address = 0;
  int64_t elements = 0;
};

std::vector<AluOp> operations(bool extended) {
  std::vector<AluOp> result;
  for (const AluOpInfo& op : alu_op_infos()) {
    if ((op.code >= kFirstExtendedAluOp) == extended) result.push_back(static_cast<AluOp>(op.code));
  }
  return result;
}

class Generator {
 public:
  Generator(const HwConfig& config, Rng& rng, const RandomProgramOptions& options)
      : config_(config), codec_(config), limits_(codec_.limits()), rng_(rng), options_(options) {
    program_.name = "random";
    program_.hardware = config;
  }

  /// The program without tokens: its meaning is the order of its instructions.
  void generate() {
    choose_windows();
    place_data();
    prologue();
    for (int i = 0; i < options_.instructions; ++i) random_instruction();
    epilogue();
    append(Finish{});
  }

  Program with_tokens(bool eager) {
    Rng rng(rng_.next());
    Program program = program_;
    // The code comes last in DRAM, and tokens may add instructions.
    const uint64_t code_address = align(end_, 64);
    const std::vector<Instruction> code = insert_tokens(config_, end_, instructions_, uops_, rng, eager);
    for (const Instruction& instruction : code) program.code.push_back(codec_.encode(instruction));
    program.code_address = code_address;
    program.dram_bytes = align(code_address + code.size() * static_cast<uint64_t>(codec_.instruction_bytes()), 64);
    return program;
  }

 private:
  static uint64_t align(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

  int64_t up_to(int64_t high) { return rng_.uniform(0, high); }

  Window choose_window(Memory memory, int64_t least, int64_t most) {
    const int64_t depth = config_.depth(memory);
    Window window;
    window.size = std::min(depth, rng_.uniform(least, most));
    const int64_t last = depth - window.size;
    window.base = rng_.pick(std::vector<int64_t>{0, last, up_to(last)});
    return window;
  }

  void choose_windows() {
    const bool wide = config_.element_bytes(Memory::kWgt) >= 512;
    inp_ = choose_window(Memory::kInp, 4, 40);
    wgt_ = choose_window(Memory::kWgt, 2, wide ? 4 : 12);
    acc_ = choose_window(Memory::kAcc, 4, 24);
    // With a common base the same micro-ops serve GEMM and ALU.
    const int64_t common = std::min(config_.depth(Memory::kInp) - inp_.size, acc_.base);
    if (rng_.chance(0.7)) inp_.base = common;
    if (options_.extensions && config_.requant_lanes() > 0) prm_ = choose_window(Memory::kPrm, 1, 6);
    if (depthwise_taps() > 0 && rng_.chance(0.7)) {
      // Micro-ops can name only the first vectors of the weights.
      wgt_.base = up_to(std::max<int64_t>(config_.depth(Memory::kWgt) / config_.block_in - wgt_.size, 0));
    }
    uop_ = choose_window(Memory::kUop, kUopWindow, kUopWindow);
    uop_buffer_.resize(static_cast<size_t>(uop_.size));
  }

  /// Taps of a depthwise step; 0: there are none.
  int64_t depthwise_taps() const { return options_.extensions ? config_.depthwise_width() : 0; }

  /// Space for `elements` of `memory`, from a random element-aligned address.
  uint64_t place(Memory memory, int64_t elements) {
    const auto size = static_cast<uint64_t>(config_.element_bytes(memory));
    const uint64_t address = align(end_ + static_cast<uint64_t>(up_to(300)), size);
    end_ = address + static_cast<uint64_t>(elements) * size;
    return address;
  }

  Bytes random_bytes(int64_t size) {
    Bytes bytes(static_cast<size_t>(size));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng_.next());
    return bytes;
  }

  /// Accumulators of every magnitude, so that as amounts of shifts they are both small and large.
  Bytes random_accumulators(int64_t count) {
    Bytes bytes;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t bits = rng_.uniform(0, 32);
      const auto value = static_cast<uint32_t>(static_cast<int64_t>(rng_.next()) >> (64 - std::max<int64_t>(bits, 1)));
      for (int byte = 0; byte < 4; ++byte) bytes.push_back(static_cast<uint8_t>(value >> (8 * byte)));
    }
    return bytes;
  }

  /// Multipliers of every magnitude, shifts that leave something, and any clamp.
  Bytes random_parameters(int64_t elements) {
    Bytes bytes;
    const auto add_word = [&](uint64_t word) {
      for (int byte = 0; byte < 4; ++byte) bytes.push_back(static_cast<uint8_t>(word >> (8 * byte)));
    };
    const auto shift = [&] { return static_cast<uint64_t>(up_to(rng_.chance(0.2) ? 31 : 7)); };
    for (int64_t lane = 0; lane < elements * config_.block_out; ++lane) {
      add_word(rng_.next() >> rng_.uniform(32, 63));
      add_word(rng_.next() >> rng_.uniform(33, rng_.chance(0.2) ? 63 : 34));
      const uint64_t left = shift();
      add_word(left | shift() << 8);
      const auto lo = static_cast<uint64_t>(rng_.uniform(-128, 127)),
                 hi = static_cast<uint64_t>(rng_.uniform(-128, 127));
      const bool all = rng_.chance(0.5);
      add_word((rng_.next() & 0xff) | (all ? 0x80 : lo & 0xff) << 8 | (all ? 0x7f : hi & 0xff) << 16);
    }
    return bytes;
  }

  void add_pool(Memory memory, int64_t elements) {
    const uint64_t address = place(memory, elements);
    const int64_t bytes = elements * config_.element_bytes(memory);
    Bytes content = memory == Memory::kAcc   ? random_accumulators(bytes / 4)
                    : memory == Memory::kPrm ? random_parameters(elements)
                                             : random_bytes(bytes);
    program_.segments.push_back({info(memory).name, address, std::move(content), false});
    pools_.push_back({memory, address, elements});
  }

  void place_data() {
    end_ = static_cast<uint64_t>(up_to(8192));
    add_pool(Memory::kInp, 64);
    add_pool(Memory::kWgt, wgt_.size + 4);
    add_pool(Memory::kAcc, 40);
    filled_pools_ = pools_.size();
    if (prm_.size > 0) {
      add_pool(Memory::kPrm, prm_.size + 4);
      filled_pools_ = pools_.size();
    }
    add_pool(Memory::kAcc8, 64);
    // Random stores go to `out`; what they leave alone must stay as it was. Some loads read from it.
    const uint64_t largest =
        static_cast<uint64_t>(std::max(config_.element_bytes(Memory::kInp), config_.element_bytes(Memory::kOut)));
    end_ = align(end_, largest);
    out_elements_ = 96;
    out_address_ = place(Memory::kOut, out_elements_);
    const int64_t out_bytes = out_elements_ * config_.element_bytes(Memory::kOut);
    program_.segments.push_back({"out", out_address_, random_bytes(out_bytes), false});
    program_.bindings.push_back({"out", Role::kOutput, DType::kI8, {out_bytes}, "N", out_address_, {}});
    if (out_address_ % static_cast<uint64_t>(config_.element_bytes(Memory::kInp)) == 0) {
      pools_.push_back({Memory::kInp, out_address_, out_bytes / config_.element_bytes(Memory::kInp)});
    }
    pools_.push_back({Memory::kAcc8, out_address_, out_elements_});
  }

  void append(Instruction instruction, std::vector<Uop> uops = {}) {
    instructions_.push_back(std::move(instruction));
    uops_.push_back(std::move(uops));
  }

  const Window& window(Memory memory) const {
    switch (memory) {
      case Memory::kInp:
        return inp_;
      case Memory::kWgt:
        return wgt_;
      case Memory::kUop:
        return uop_;
      case Memory::kPrm:
        return prm_;
      default:
        return acc_;
    }
  }

  /// A plain load of all of a window, from consecutive or repeated elements of the pool.
  void fill(const Pool& pool) {
    const Window& to = window(pool.memory);
    for (int64_t done = 0; done < to.size;) {
      const int64_t count = std::min(to.size - done, pool.elements);
      Load load;
      load.mem_type = pool.memory;
      load.sram_base = static_cast<uint32_t>(to.base + done);
      load.dram_base = static_cast<uint32_t>(pool.address / static_cast<uint64_t>(config_.element_bytes(pool.memory)));
      load.y_size = 1;
      load.x_size = static_cast<uint32_t>(count);
      load.x_stride = static_cast<uint32_t>(up_to(limits_.load.x_stride));
      append(load);
      done += count;
    }
  }

  void prologue() {
    for (const Pool& pool :
         std::vector<Pool>(pools_.begin(), pools_.begin() + static_cast<std::ptrdiff_t>(filled_pools_)))
      fill(pool);
    load_uops();
  }

  Uop random_uop() {
    // Small ranges make dependences at short distances.
    const int64_t reach = rng_.chance(0.5) ? 3 : acc_.size;
    Uop uop;
    uop.dst = static_cast<uint32_t>(acc_.base + up_to(std::min(reach, acc_.size) - 1));
    const bool for_alu = rng_.chance(0.5);
    const Window& source = for_alu ? acc_ : inp_;
    uop.src = static_cast<uint32_t>(source.base + up_to(source.size - 1));
    uop.wgt = static_cast<uint32_t>(wgt_.base + up_to(wgt_.size - 1));
    const int64_t taps = depthwise_taps();
    const int64_t vectors = wgt_.size * config_.block_in, first_vector = wgt_.base * config_.block_in;
    if (taps > 0 && !for_alu && rng_.chance(0.5) && first_vector + vectors - 1 <= limits_.uop.wgt) {
      uop.wgt = static_cast<uint32_t>(first_vector + up_to(vectors / taps - 1) * taps);
    }
    return uop;
  }

  /// Micro-ops from a DRAM area of their own, in rows with a stride and pads. Pads are micro-ops of zeros.
  void load_uops() {
    Load load;
    load.mem_type = Memory::kUop;
    for (int i = 0; i < kTries; ++i) {
      load.y_size = static_cast<uint32_t>(rng_.uniform(1, 3));
      load.x_size = static_cast<uint32_t>(rng_.uniform(1, 12));
      random_pads(load, 2);
      if (sram_range(load).end - sram_range(load).begin <= uop_.size) break;
      load.y_size = load.x_size = 1;
      load.y_pad_0 = load.y_pad_1 = load.x_pad_0 = load.x_pad_1 = 0;
    }
    load.x_stride = load.x_size + static_cast<uint32_t>(up_to(3));
    load.sram_base = 0;
    const int64_t written = sram_range(load).end;
    load.sram_base = static_cast<uint32_t>(uop_.base + up_to(uop_.size - written));
    const int64_t elements = int64_t{load.y_size - 1} * load.x_stride + load.x_size;
    const uint64_t address = place(Memory::kUop, elements);
    load.dram_base = static_cast<uint32_t>(address / static_cast<uint64_t>(codec_.uop_bytes()));
    Segment segment{fmt::format("uop{}", instructions_.size()), address, {}, true};
    std::vector<Uop> content;
    for (int64_t i = 0; i < elements; ++i) {
      content.push_back(random_uop());
      codec_.append_uop_bytes(content.back(), segment.bytes);
    }
    program_.segments.push_back(std::move(segment));
    const int64_t width = int64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
    for (int64_t i = 0; i < written; ++i) {
      const int64_t row = i / width - load.y_pad_0;
      const int64_t column = i % width - load.x_pad_0;
      const bool pad = row < 0 || row >= load.y_size || column < 0 || column >= load.x_size;
      uop_buffer_[static_cast<size_t>(load.sram_base - uop_.base + i)] =
          pad ? Uop{} : content[static_cast<size_t>(row * load.x_stride + column)];
    }
    append(load);
  }

  void random_pads(Load& load, int64_t most) {
    const double share = rng_.chance(0.2) ? 1.0 : 0.3;
    const auto pad = [&] { return static_cast<uint32_t>(rng_.chance(share) ? rng_.uniform(1, most) : 0); };
    load.y_pad_0 = pad();
    load.y_pad_1 = pad();
    load.x_pad_0 = pad();
    load.x_pad_1 = pad();
  }

  /// A random block of a pool to a random place of its window.
  void load_data() {
    const bool for_load_engine = rng_.chance(0.65);
    std::vector<Pool> pools;
    for (const Pool& pool : pools_) {
      if ((info(pool.memory).load_engine == EngineRule::kLoad) == for_load_engine) pools.push_back(pool);
    }
    const Pool pool = rng_.pick(pools);
    const Window& to = window(pool.memory);
    const int64_t element = config_.element_bytes(pool.memory);
    const int64_t most = std::min<int64_t>(std::max<int64_t>(kBytesPerLoad / element, 1), to.size);
    for (int i = 0; i < kTries; ++i) {
      Load load;
      load.mem_type = pool.memory;
      load.y_size = static_cast<uint32_t>(rng_.uniform(1, std::min<int64_t>(most, 6)));
      load.x_size = static_cast<uint32_t>(rng_.uniform(1, std::max<int64_t>(most / load.y_size, 1)));
      load.x_stride = static_cast<uint32_t>(up_to(load.x_size + 6));  // rows may overlap
      random_pads(load, rng_.chance(0.1) ? 15 : 2);
      const int64_t written = sram_range(load).end - sram_range(load).begin;
      const int64_t read = int64_t{load.y_size - 1} * load.x_stride + load.x_size;
      if (written > to.size || read > pool.elements) continue;
      load.sram_base = static_cast<uint32_t>(to.base + up_to(to.size - written));
      load.dram_base = static_cast<uint32_t>(pool.address / static_cast<uint64_t>(element)) +
                       static_cast<uint32_t>(up_to(pool.elements - read));
      append(load);
      return;
    }
  }

  void store() {
    for (int i = 0; i < kTries; ++i) {
      Store store;
      store.mem_type = Memory::kOut;
      store.y_size = static_cast<uint32_t>(rng_.uniform(1, 5));
      store.x_size = static_cast<uint32_t>(rng_.uniform(1, acc_.size));
      store.x_stride = store.x_size + static_cast<uint32_t>(up_to(5));
      const int64_t read = int64_t{store.y_size} * store.x_size;
      const int64_t written = int64_t{store.y_size - 1} * store.x_stride + store.x_size;
      if (read > acc_.size || written > out_elements_) continue;
      store.sram_base = static_cast<uint32_t>(acc_.base + up_to(acc_.size - read));
      store.dram_base =
          static_cast<uint32_t>(out_address_ / static_cast<uint64_t>(config_.element_bytes(Memory::kOut))) +
          static_cast<uint32_t>(up_to(out_elements_ - written));
      append(store);
      return;
    }
  }

  /// Loop fields of GEMM or ALU: few trips, and any factor where no trip uses it.
  template <typename Loops>
  void random_loops(Loops& loops, const Loops& most) {
    loops.iter_out = static_cast<uint32_t>(rng_.uniform(1, 4));
    loops.iter_in = static_cast<uint32_t>(rng_.uniform(1, 6));
    const auto factor = [&](uint32_t trips, uint32_t greatest) {
      return static_cast<uint32_t>(trips == 1 ? up_to(greatest)
                                              : up_to(std::min<int64_t>(greatest, rng_.chance(0.3) ? 0 : 3)));
    };
    loops.dst_out = factor(loops.iter_out, most.dst_out);
    loops.dst_in = factor(loops.iter_in, most.dst_in);
    loops.src_out = factor(loops.iter_out, most.src_out);
    loops.src_in = factor(loops.iter_in, most.src_in);
    const int64_t first = up_to(uop_.size - 1);
    loops.uop_bgn = static_cast<uint32_t>(uop_.base + first);
    loops.uop_end = static_cast<uint32_t>(uop_.base + rng_.uniform(first + 1, std::min(uop_.size, first + 8)));
  }

  /// The micro-ops of the range, where all of them are loaded and every step stays inside the windows.
  template <typename Loops, typename Fits>
  std::optional<std::vector<Uop>> uops_of(const Loops& loops, Fits&& fits) const {
    std::vector<Uop> uops;
    for (int64_t i = loops.uop_bgn; i < loops.uop_end; ++i) {
      const std::optional<Uop>& uop = uop_buffer_[static_cast<size_t>(i - uop_.base)];
      if (!uop || !fits(*uop)) return std::nullopt;
      uops.push_back(*uop);
    }
    if (static_cast<int64_t>(uops.size()) * loops.iter_out * loops.iter_in > kMostSteps) return std::nullopt;
    return uops;
  }

  template <typename Loops>
  static bool inside(const Window& to, int64_t base, const Loops& loops, int64_t factor_out, int64_t factor_in,
                     int64_t taps = 1) {
    return base >= to.base &&
           greatest_index(base, loops.iter_out, factor_out, loops.iter_in, factor_in) + taps <= to.base + to.size;
  }

  /// Factors of the weights for GEMM and MAC; `taps` divides them where a trip uses them.
  template <typename Product>
  void random_wgt_factors(Product& product, int64_t taps) {
    const auto most = static_cast<int64_t>(limits_.gemm.wgt_out);
    const auto factor = [&](uint32_t trips) {
      return static_cast<uint32_t>(trips == 1 ? up_to(most) : up_to(std::min<int64_t>(most / taps, 1)) * taps);
    };
    product.wgt_out = factor(product.iter_out);
    product.wgt_in = factor(product.iter_in);
  }

  bool gemm() {
    for (int i = 0; i < kTries; ++i) {
      Gemm gemm;
      gemm.reset = rng_.chance(0.03);  // a reset fits more often than a product
      gemm.overwrite = options_.extensions && !gemm.reset && rng_.chance(0.3);
      random_loops(gemm, limits_.gemm);
      random_wgt_factors(gemm, 1);
      auto uops = uops_of(gemm, [&](const Uop& uop) {
        return inside(acc_, uop.dst, gemm, gemm.dst_out, gemm.dst_in) &&
               (gemm.reset || (inside(inp_, uop.src, gemm, gemm.src_out, gemm.src_in) &&
                               inside(wgt_, uop.wgt, gemm, gemm.wgt_out, gemm.wgt_in)));
      });
      if (!uops) continue;
      append(gemm, std::move(*uops));
      return true;
    }
    return false;
  }

  bool mac() {
    const Window vectors{wgt_.base * config_.block_in, wgt_.size * config_.block_in};
    for (int i = 0; i < kTries; ++i) {
      Mac mac;
      mac.depthwise = depthwise_taps() > 0 && rng_.chance(0.6);
      mac.overwrite = rng_.chance(0.3);
      const int64_t taps = mac.depthwise ? depthwise_taps() : 1;
      random_loops(mac, limits_.mac);
      random_wgt_factors(mac, taps);
      auto uops = uops_of(mac, [&](const Uop& uop) {
        return inside(acc_, uop.dst, mac, mac.dst_out, mac.dst_in) &&
               inside(inp_, uop.src, mac, mac.src_out, mac.src_in, taps) && uop.wgt % taps == 0 &&
               inside(mac.depthwise ? vectors : wgt_, uop.wgt, mac, mac.wgt_out, mac.wgt_in, taps);
      });
      if (!uops) continue;
      append(mac, std::move(*uops));
      return true;
    }
    return false;
  }

  void requantize() {
    for (int i = 0; i < kTries; ++i) {
      Requantize requantize;
      requantize.keep = rng_.chance(0.3);
      requantize.tflite = rng_.chance(0.5);
      requantize.iter_out = static_cast<uint32_t>(rng_.uniform(1, 4));
      requantize.iter_in = static_cast<uint32_t>(rng_.uniform(1, 8));
      const auto factor = [&](uint32_t trips, uint32_t greatest, int64_t few) {
        return static_cast<uint32_t>(up_to(trips == 1 ? greatest : std::min<int64_t>(greatest, few)));
      };
      requantize.dst_out = factor(requantize.iter_out, limits_.requantize.dst_out, 4);
      requantize.dst_in = factor(requantize.iter_in, limits_.requantize.dst_in, 2);
      requantize.src_out = factor(requantize.iter_out, limits_.requantize.src_out, 4);
      requantize.src_in = factor(requantize.iter_in, limits_.requantize.src_in, 2);
      requantize.prm_out = factor(requantize.iter_out, limits_.requantize.prm_out, 1);
      requantize.dst = static_cast<uint32_t>(acc_.base + up_to(acc_.size - 1));
      requantize.src = static_cast<uint32_t>(acc_.base + up_to(acc_.size - 1));
      requantize.prm = static_cast<uint32_t>(prm_.base + up_to(prm_.size - 1));
      if (!inside(acc_, requantize.dst, requantize, requantize.dst_out, requantize.dst_in) ||
          !inside(acc_, requantize.src, requantize, requantize.src_out, requantize.src_in) ||
          !inside(prm_, requantize.prm, requantize, requantize.prm_out, 0)) {
        continue;
      }
      append(requantize);
      return;
    }
  }

  void configure() {
    Config config;
    config.state = static_cast<State>(rng_.pick(state_infos()).code);
    config.value = static_cast<int32_t>(static_cast<int64_t>(rng_.next()) >> rng_.uniform(32, 63));
    append(config);
  }

  bool alu_extended() {
    for (int i = 0; i < kTries; ++i) {
      AluExtended alu;
      alu.operation = rng_.pick(operations(/*extended=*/true));
      alu.use_imm = rng_.chance(0.5);
      random_loops(alu, limits_.alu_extended);
      auto uops = uops_of(alu, [&](const Uop& uop) {
        return inside(acc_, uop.dst, alu, alu.dst_out, alu.dst_in) &&
               (alu.use_imm || inside(acc_, uop.src, alu, alu.src_out, alu.src_in));
      });
      if (!uops) continue;
      append(alu, std::move(*uops));
      return true;
    }
    return false;
  }

  bool alu() {
    static const std::vector<int32_t> edges = {0, 1, -1, 7, 31, 32, 33, -31, -32, -33, 127, -128, 32767, -32768};
    for (int i = 0; i < kTries; ++i) {
      Alu alu;
      alu.opcode = rng_.pick(operations(/*extended=*/false));
      alu.use_imm = rng_.chance(0.5);
      // The immediate may hold anything where it is not used.
      alu.imm =
          rng_.chance(0.5) ? rng_.pick(edges) : static_cast<int32_t>(rng_.uniform(limits_.imm_min, limits_.alu.imm));
      random_loops(alu, limits_.alu);
      auto uops = uops_of(alu, [&](const Uop& uop) {
        return inside(acc_, uop.dst, alu, alu.dst_out, alu.dst_in) &&
               (alu.use_imm || inside(acc_, uop.src, alu, alu.src_out, alu.src_in));
      });
      if (!uops) continue;
      append(alu, std::move(*uops));
      return true;
    }
    return false;
  }

  /// An instruction with a size or trip count of zero and anything in its other fields.
  void nothing() {
    const int kind = static_cast<int>(up_to(options_.extensions ? 5 : 3));
    if (kind == 0) {
      Load load;
      load.mem_type =
          rng_.pick(std::vector<Memory>{Memory::kUop, Memory::kWgt, Memory::kInp, Memory::kAcc, Memory::kAcc8});
      load.sram_base = static_cast<uint32_t>(up_to(limits_.load.sram_base));
      load.dram_base = static_cast<uint32_t>(up_to(limits_.load.dram_base));
      (rng_.chance(0.5) ? load.x_size : load.y_size) = static_cast<uint32_t>(up_to(limits_.load.x_size));
      random_pads(load, 15);
      append(load);
    } else if (kind == 1) {
      Store store;
      store.mem_type = Memory::kOut;
      store.sram_base = static_cast<uint32_t>(up_to(limits_.store.sram_base));
      store.dram_base = static_cast<uint32_t>(up_to(limits_.store.dram_base));
      (rng_.chance(0.5) ? store.x_size : store.y_size) = static_cast<uint32_t>(up_to(limits_.store.x_size));
      append(store);
    } else if (kind == 2) {
      Gemm gemm;
      random_loops(gemm, limits_.gemm);
      no_trips(gemm);
      append(gemm);
    } else if (kind == 3 || (kind == 4 && config_.requant_lanes() == 0)) {
      Alu alu;
      random_loops(alu, limits_.alu);
      no_trips(alu);
      append(alu);
    } else if (kind == 4) {
      Requantize requantize = limits_.requantize;
      (rng_.chance(0.5) ? requantize.iter_out : requantize.iter_in) = 0;
      append(requantize);
    } else {
      Mac mac;
      random_loops(mac, limits_.mac);
      no_trips(mac);
      append(mac);
    }
  }
  template <typename Loops>
  void no_trips(Loops& loops) {
    const int64_t which = up_to(2);
    if (which == 0) loops.iter_out = 0;
    if (which == 1) loops.iter_in = 0;
    if (which == 2) loops.uop_end = loops.uop_bgn;
  }

  /// One of the instructions that VTA does not have; false where nothing fits the micro-ops.
  bool extension() {
    const int64_t kind = up_to(9);
    if (kind < 2 && config_.extended_alu != 0) {
      configure();
      return true;
    }
    if (kind < 4 && config_.extended_alu != 0) return alu_extended();
    if (kind < 7 && config_.requant_lanes() > 0) {
      requantize();
      return true;
    }
    return mac();
  }

  void random_instruction() {
    if (options_.extensions && rng_.chance(0.4)) {
      if (!extension()) load_uops();
      return;
    }
    const int64_t kind = up_to(99);
    if (kind < 36) {
      if (!gemm()) load_uops();
    } else if (kind < 54) {
      if (!alu()) load_uops();
    } else if (kind < 72) {
      load_data();
    } else if (kind < 80) {
      load_uops();
    } else if (kind < 94) {
      store();
    } else {
      nothing();
    }
  }

  /// Stores all accumulators byte by byte: the low byte, then shifted by 8, 16, 24.
  void epilogue() {
    const int64_t bytes = 4 * acc_.size * config_.element_bytes(Memory::kOut);
    const uint64_t address = place(Memory::kOut, 4 * acc_.size);
    program_.bindings.push_back({"final", Role::kOutput, DType::kI8, {bytes}, "N", address, {}});
    const Uop first{static_cast<uint32_t>(acc_.base), 0, 0};
    const uint64_t uop_address = place(Memory::kUop, 1);
    Segment segment{"uop_final", uop_address, {}, true};
    codec_.append_uop_bytes(first, segment.bytes);
    program_.segments.push_back(std::move(segment));
    Load load;
    load.mem_type = Memory::kUop;
    load.sram_base = static_cast<uint32_t>(uop_.base);
    load.dram_base = static_cast<uint32_t>(uop_address / static_cast<uint64_t>(codec_.uop_bytes()));
    load.y_size = load.x_size = 1;
    append(load);
    for (int64_t byte = 0; byte < 4; ++byte) {
      if (byte > 0) {
        Alu alu;
        alu.opcode = AluOp::kShr;
        alu.use_imm = true;
        alu.imm = 8;
        alu.uop_bgn = load.sram_base;
        alu.uop_end = load.sram_base + 1;
        alu.iter_out = 1;
        alu.iter_in = static_cast<uint32_t>(acc_.size);
        alu.dst_in = 1;
        append(alu, {first});
      }
      Store store;
      store.mem_type = Memory::kOut;
      store.sram_base = static_cast<uint32_t>(acc_.base);
      store.dram_base = static_cast<uint32_t>(address / static_cast<uint64_t>(config_.element_bytes(Memory::kOut)) +
                                              static_cast<uint64_t>(byte * acc_.size));
      store.y_size = 1;
      store.x_size = static_cast<uint32_t>(acc_.size);
      append(store);
    }
  }

  const HwConfig& config_;
  Codec codec_;
  FieldLimits limits_;
  Rng& rng_;
  const RandomProgramOptions& options_;
  Program program_;
  uint64_t end_ = 0;  // of what is placed in DRAM
  Window inp_;
  Window wgt_;
  Window acc_;
  Window uop_;
  Window prm_;  // empty where there are no extensions, or no requantisation
  std::vector<Pool> pools_;
  size_t filled_pools_ = 0;  // the first ones, which the prologue loads
  uint64_t out_address_ = 0;
  int64_t out_elements_ = 0;
  std::vector<std::optional<Uop>> uop_buffer_;  // of the window
  std::vector<Instruction> instructions_;
  std::vector<std::vector<Uop>> uops_;
};

}  // namespace

Program random_program(const HwConfig& config, Rng& rng, const RandomProgramOptions& options) {
  Generator generator(config, rng, options);
  generator.generate();
  // Random waits can need more tokens in flight than the queues hold; waits for the latest instruction never do.
  std::vector<Fault> faults;
  for (const bool eager : {options.eager_tokens, true}) {
    Program program = generator.with_tokens(eager);
    faults = check(program, {/*unwritten_reads=*/true});
    if (faults.empty()) return program;
    if (faults.front().what.rfind("deadlock", 0) != 0) break;
  }
  TANDEM_CHECK(false,
               fmt::format("random program: instruction {}: {}", faults.front().instruction, faults.front().what));
  return {};
}

}  // namespace tandem::isa
