// Programs as files: a header with magic, version and size, the content in little endian with counted lists, a
// checksum.
#include <fmt/format.h>

#include <cstring>

#include "isa/program.h"
#include "support/hash.h"

namespace tandem::isa {
namespace {

constexpr char kMagic[] = "tandem-program";  // 14 characters, then two of zero
constexpr size_t kMagicBytes = 16;
constexpr uint64_t kVersion = 1;
constexpr size_t kHeaderBytes = kMagicBytes + 16;  // magic, version, size of the file
constexpr size_t kChecksumBytes = 8;

class Writer {
 public:
  void number(uint64_t value) {
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  void number(int64_t value) { number(static_cast<uint64_t>(value)); }
  void text(const std::string& value) {
    number(uint64_t{value.size()});
    bytes.insert(bytes.end(), value.begin(), value.end());
  }
  void block(const Bytes& value) {
    number(uint64_t{value.size()});
    bytes.insert(bytes.end(), value.begin(), value.end());
  }

  Bytes bytes;
};

/// Reads what Writer wrote; after a read beyond the end everything is zero and `bad` is set.
class Reader {
 public:
  Reader(const Bytes& bytes, size_t at, size_t end) : bytes_(bytes), at_(at), end_(end) {}

  uint64_t number() {
    if (!has(8)) return 0;
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value |= uint64_t{bytes_[at_ + static_cast<size_t>(i)]} << (8 * i);
    at_ += 8;
    return value;
  }
  int64_t integer() { return static_cast<int64_t>(number()); }
  /// The length of a list whose entries take at least `entry_bytes` each.
  size_t count(size_t entry_bytes) {
    const uint64_t value = number();
    if (value > (end_ - at_) / entry_bytes) bad = true;
    return bad ? 0 : static_cast<size_t>(value);
  }
  std::string text() {
    const Bytes value = block();
    return std::string(value.begin(), value.end());
  }
  Bytes block() {
    const size_t size = count(1);
    const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += size;
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
  }
  bool at_end() const { return at_ == end_; }

  bool bad = false;

 private:
  bool has(size_t size) {
    if (end_ - at_ < size) bad = true;
    return !bad;
  }
  const Bytes& bytes_;
  size_t at_;
  size_t end_;
};

uint64_t checksum(const Bytes& bytes, size_t size) {
  return hash64(std::string_view(reinterpret_cast<const char*>(bytes.data()), size));
}

void write_content(const Program& program, Writer& out) {
  out.text(program.name);
  out.text(to_yaml(program.hardware));
  const Codec codec(program.hardware);
  Bytes code;
  for (const EncodedInstruction& encoded : program.code) codec.append_bytes(encoded, code);
  out.block(code);
  out.number(program.code_address);
  out.number(program.dram_bytes);
  out.number(uint64_t{program.segments.size()});
  for (const Segment& segment : program.segments) {
    out.text(segment.name);
    out.number(segment.address);
    out.block(segment.bytes);
    out.number(uint64_t{segment.holds_uops});
  }
  out.number(uint64_t{program.bindings.size()});
  for (const Binding& binding : program.bindings) {
    out.text(binding.name);
    out.number(static_cast<uint64_t>(binding.role));
    out.text(name(binding.type));
    out.number(uint64_t{binding.shape.size()});
    for (const int64_t extent : binding.shape) out.number(extent);
    out.text(binding.layout);
    out.number(binding.address);
    out.block(binding.expected);
  }
  out.number(uint64_t{program.marks.size()});
  for (const LayerMark& mark : program.marks) {
    out.text(mark.name);
    out.number(mark.first_instruction);
    out.number(mark.macs);
    out.number(mark.roofline_cycles);
  }
}

Result<Program> read_content(const std::string& path, Reader& in) {
  const Diagnostic malformed{{path}, "the program's content is malformed", {}, "compile it again"};
  Program program;
  program.name = in.text();
  const std::string hardware = in.text();
  if (in.bad) return malformed;
  TANDEM_ASSIGN(program.hardware, parse_hw(hardware, path));
  const Codec codec(program.hardware);
  const Bytes code = in.block();
  const auto instruction_size = static_cast<size_t>(codec.instruction_bytes());
  if (code.size() % instruction_size != 0) return malformed;
  for (size_t at = 0; at < code.size(); at += instruction_size)
    program.code.push_back(codec.from_bytes(code.data() + at));
  program.code_address = in.number();
  program.dram_bytes = in.number();
  for (size_t count = in.count(8); count > 0; --count) {
    Segment segment;
    segment.name = in.text();
    segment.address = in.number();
    segment.bytes = in.block();
    segment.holds_uops = in.number() != 0;
    program.segments.push_back(std::move(segment));
  }
  for (size_t count = in.count(8); count > 0; --count) {
    Binding binding;
    binding.name = in.text();
    const uint64_t role = in.number();
    if (role > static_cast<uint64_t>(Role::kScratch)) return malformed;
    binding.role = static_cast<Role>(role);
    TANDEM_ASSIGN(binding.type, parse_dtype(in.text()));
    for (size_t axes = in.count(8); axes > 0; --axes) binding.shape.push_back(in.integer());
    binding.layout = in.text();
    binding.address = in.number();
    binding.expected = in.block();
    program.bindings.push_back(std::move(binding));
  }
  for (size_t count = in.count(8); count > 0; --count) {
    LayerMark mark;
    mark.name = in.text();
    mark.first_instruction = in.integer();
    mark.macs = in.integer();
    mark.roofline_cycles = in.integer();
    program.marks.push_back(std::move(mark));
  }
  if (in.bad || !in.at_end()) return malformed;
  return program;
}

}  // namespace

Result<void> save_program(const std::string& path, const Program& program) {
  Writer out;
  out.bytes.resize(kMagicBytes);
  std::memcpy(out.bytes.data(), kMagic, sizeof kMagic);
  out.number(kVersion);
  out.number(uint64_t{0});  // the size, known at the end
  write_content(program, out);
  const uint64_t size = out.bytes.size() + kChecksumBytes;
  for (size_t i = 0; i < 8; ++i) out.bytes[kMagicBytes + 8 + i] = static_cast<uint8_t>(size >> (8 * i));
  out.number(checksum(out.bytes, out.bytes.size()));
  return write_file(path, out.bytes);
}

Result<Program> load_program(const std::string& path) {
  TANDEM_ASSIGN(const Bytes bytes, read_file(path));
  if (bytes.size() < sizeof kMagic || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) {
    return Diagnostic{{path}, "not a Tandem program", {}, "'tandem compile' and 'tandem asm' make programs"};
  }
  Reader header(bytes, kMagicBytes, std::max(bytes.size(), kMagicBytes));
  const uint64_t version = header.number();
  const uint64_t size = header.number();
  if (header.bad || (version == kVersion && bytes.size() < size)) {
    return Diagnostic{{path},
                      header.bad ? fmt::format("truncated: {} bytes are less than a header", bytes.size())
                                 : fmt::format("truncated: {} of {} bytes", bytes.size(), size),
                      {},
                      "copy or compile it again"};
  }
  if (version != kVersion) {
    return Diagnostic{{path},
                      fmt::format("program format {}; this tandem reads format {}", version, kVersion),
                      {},
                      "compile it again"};
  }
  const size_t content_end = bytes.size() - std::min(bytes.size(), kChecksumBytes);
  Reader tail(bytes, content_end, bytes.size());
  if (bytes.size() != size || size < kHeaderBytes + kChecksumBytes || tail.number() != checksum(bytes, content_end)) {
    return Diagnostic{{path}, "damaged: the checksum does not match", {}, "copy or compile it again"};
  }
  Reader content(bytes, kHeaderBytes, content_end);
  return read_content(path, content);
}

}  // namespace tandem::isa
