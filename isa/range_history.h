// Who last wrote and who last read each place of a memory that one engine writes and one reads, as ranges of equal
// history. Part of the static checker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace tandem::isa {

/// Accesses are told by their instruction's position in its engine's queue, from 1; 0: never. An access is ordered
/// behind the other engine's accesses up to a position that the caller knows. Each costs O(log n), spread over all: a
/// range that was read in order has one history from then on (whoever wrote it is known to be done, to this and to all
/// later readers), and so has one that was written.
class RangeHistory {
 public:
  /// Part of an access where the other engine's last one has this position.
  struct Piece {
    int64_t begin = 0, end = 0;
    int64_t position = 0;
  };
  struct Read {
    std::optional<Piece> unwritten;  // the first piece that nothing has written
    std::optional<Piece> unordered;  // the first piece whose last write is not known to be done
  };

  RangeHistory() { ranges_[INT64_MIN] = {}; }

  Read read(int64_t begin, int64_t end, int64_t position, int64_t writes_done);
  /// The first piece whose last read is not known to be done.
  std::optional<Piece> write(int64_t begin, int64_t end, int64_t position, int64_t reads_done);

 private:
  struct State {
    int64_t written = 0;
    int64_t read = 0;
  };
  using Ranges = std::map<int64_t, State>;  // from a key to the next one

  Ranges::iterator split(int64_t at);

  Ranges ranges_;
};

}  // namespace tandem::isa
