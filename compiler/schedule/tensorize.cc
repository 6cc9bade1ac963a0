// tensorize: a nest becomes the intrinsic of which it is an instance.
#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> tensorize(Schedule& schedule, const std::string& loop, const std::string& intrinsic,
                       const tensorize::IntrinsicSet& intrinsics) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "tensorize", loop));
  const tensorize::IntrinsicDeclaration* declaration = intrinsics.find(intrinsic);
  if (!declaration) {
    std::vector<std::string> names;
    for (const auto& known : intrinsics.all()) names.push_back(known.name);
    Diagnostic error = unknown_name({}, "intrinsic", intrinsic, std::move(names));
    error.what = "cannot tensorize: " + error.what;
    return error;
  }
  const Result<Stmt> call = tensorize::match(*declaration, path.back());
  if (!call.ok()) return refuse("tensorize", path.back(), call.error().what, {}, call.error().hint);
  commit(schedule, replace(schedule.kernel.body, path.back(), *call),
         {"tensorize", {{"loop", loop}, {"intrinsic", intrinsic}}});
  return {};
}

}  // namespace tandem::schedule
