#pragma once

// Puts yaml-cpp's events together to a tree, without recursion, and judges each value as it comes.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/parse/node.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::gen {

/// Thrown through yaml-cpp when what follows shall not be read; the error is already reported.
struct stop_reading : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "stopped reading"; }
};

class tree_builder final : public YAML::EventHandler {
 public:
  tree_builder(const source_file& file, diagnostics& found) : file_(file), found_(found) {}

  /// The tree of the first document, or nullptr if there was none.
  [[nodiscard]] node_ptr root() const { return root_; }
  /// A quote was not closed, which has been reported: what follows may have been read as text.
  [[nodiscard]] bool lost_track() const noexcept { return lost_track_; }
  /// Where yaml-cpp speaks of: it counts from 0, and may point behind the end.
  [[nodiscard]] position place(const YAML::Mark& mark) const noexcept;

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { end(); }

 private:
  // A value with what its aliases cost.
  struct measured {
    node_ptr value;
    std::size_t nodes = 1;
    std::size_t height = 1;
  };
  // A list or map that has begun. In a map `key` is engaged when the value is what comes next.
  struct open_node {
    std::shared_ptr<node> value;
    YAML::anchor_t anchor = 0;
    std::size_t nodes = 1;
    std::size_t height = 1;
    std::optional<entry> key = {};
    std::unordered_map<std::string, position> keys = {};  // that there were, those dropped too
    bool drop_value = false;                              // the key is wrong
  };

  [[nodiscard]] bool expects_key() const noexcept;
  void begin(node_type type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void end();
  // `where` is where the value is written: for an alias, the alias.
  void finish(measured complete, YAML::anchor_t anchor, const position& where);
  void add_key(const node& key);
  void refuse_tag(const position& where, std::string_view tag);
  // Says what is wrong with the way a text is written, and finds where it is and whether in quotes.
  void check_writing(node& scalar);

  const source_file& file_;
  diagnostics& found_;
  std::size_t documents_ = 0;
  bool lost_track_ = false;
  std::vector<open_node> open_;
  std::unordered_map<YAML::anchor_t, measured> anchors_;
  node_ptr root_;
};

}  // namespace troupe::gen
