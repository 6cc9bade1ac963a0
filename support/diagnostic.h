// What a user is told when their input is wrong: the place, the rule, what is legal, the remedy.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tandem {

/// A place in a user's text. Lines and columns count from 1; 0 means "not known"; an empty file means "the command
/// line".
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;
};

/// One mistake in user input. `what` names the rule that is broken, with sizes and names in it; `legal` lists the legal
/// choices where they can be listed; `hint` is the remedy ("did you mean ...", "the nearest legal value is ...").
struct Diagnostic {
  SourceLocation where;
  std::string what;
  std::vector<std::string> legal;
  std::string hint;
};

/// `file:line:col: error: what`, then indented lines `legal: a, b` and `hint: ...` where they exist. No final newline.
std::string render(const Diagnostic& diagnostic);

/// The candidate nearest to `word` by edit distance, or "" when none is near enough to be a likely typo.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// "unknown `kind` 'word'" with the candidates as legal choices and "did you mean" as the hint where one is near.
Diagnostic unknown_name(SourceLocation where, const std::string& kind, const std::string& word,
                        std::vector<std::string> candidates);

}  // namespace tandem
