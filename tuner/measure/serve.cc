// The loop of a worker process: requests as JSON lines in, measurements as JSON lines out.
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tuner/measure/layer_bench.h"
#include "tuner/measure/protocol.h"

namespace tandem::tuner {
namespace {

bool write_all(int descriptor, const std::string& text) {
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    written += static_cast<size_t>(count);
  }
  return true;
}

Measurement answer(LayerBench& bench, const std::string& line) {
  const Result<WorkerRequest> parsed = parse_request(line);
  if (!parsed.ok()) return {0, std::nullopt, "worker: " + parsed.error().what, 0};
  return parsed->kind == WorkerRequest::Kind::kBuild ? bench.build(parsed->request.hardware)
                                                     : bench.measure(parsed->request);
}

}  // namespace

void serve(LayerBench& bench, int input, int output) {
  std::string pending;
  char chunk[1 << 14];
  for (;;) {
    const ssize_t count = ::read(input, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    pending.append(chunk, static_cast<size_t>(count));
    for (size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
      if (!write_all(output, response_line(answer(bench, pending.substr(0, end))) + "\n")) return;
    }
  }
}

}  // namespace tandem::tuner
