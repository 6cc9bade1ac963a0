#include "support/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace tandem {
namespace {

template <typename Container>
Result<Container> read_whole(const std::string& path) {
  const auto failure = [&path] {
    return Diagnostic{{path}, fmt::format("cannot read: {}", std::strerror(errno)), {}, ""};
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure();
  Container content;
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && status.st_size > 0) content.reserve(static_cast<size_t>(status.st_size));
  uint8_t chunk[1 << 16];
  ssize_t count = 0;
  while ((count = ::read(descriptor, chunk, sizeof chunk)) > 0) content.insert(content.end(), chunk, chunk + count);
  const bool failed = count < 0;
  const int reason = errno;
  ::close(descriptor);
  if (failed) {
    errno = reason;
    return failure();
  }
  return content;
}

}  // namespace

Result<Bytes> read_file(const std::string& path) { return read_whole<Bytes>(path); }
Result<std::string> read_text_file(const std::string& path) { return read_whole<std::string>(path); }

Result<void> write_file(const std::string& path, std::string_view content) {
  const std::string temporary = fmt::format("{}.tmp{}", path, ::getpid());
  const auto failure = [&](int reason) {
    ::unlink(temporary.c_str());
    return Diagnostic{{path},
                      fmt::format("cannot write: {}", std::strerror(reason)),
                      {},
                      reason == ENOSPC || reason == EDQUOT ? "the disk is full; nothing was changed" : ""};
  };
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return failure(errno);
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t count = ::write(descriptor, content.data() + done, content.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int reason = errno;
      ::close(descriptor);
      return failure(reason);
    }
    done += static_cast<size_t>(count);
  }
  if (::close(descriptor) != 0) return failure(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failure(errno);
  return {};
}

Result<void> write_file(const std::string& path, const Bytes& content) {
  return write_file(path, std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
}

}  // namespace tandem
