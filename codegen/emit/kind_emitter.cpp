#include <codegen/emit/kind_emitter.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

namespace troupe::gen {
namespace {

struct value_text {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return string_literal(value); }
  // In the largest unit that divides it.
  std::string operator()(std::chrono::nanoseconds value) const {
    static constexpr std::pair<std::int64_t, std::string_view> units[] = {
        {3'600'000'000'000, "hours"}, {60'000'000'000, "minutes"}, {1'000'000'000, "seconds"},
        {1'000'000, "milliseconds"},  {1'000, "microseconds"},     {1, "nanoseconds"},
    };
    const auto* const unit =
        std::ranges::find_if(units, [&](const auto& u) { return value.count() % u.first == 0; });
    return fmt::format("std::chrono::{}({})", unit->second, value.count() / unit->first);
  }
};

}  // namespace

const kind_emitter& emitter_of(mailbox_kind kind) {
  // In the order of the enumeration.
  static constexpr std::array emitters{&simple_emitter,     &ticker_emitter, &rpc_emitter,
                                       &batch_emitter,      &timer_emitter,  &listener_emitter,
                                       &connection_emitter, &signal_emitter};
  return *emitters.at(static_cast<std::size_t>(kind));
}

std::vector<std::string> field_texts(
    const settings& of, std::initializer_list<std::pair<std::string_view, setting>> fields) {
  std::vector<std::string> texts;
  for (const auto& [field, id] : fields) {
    if (const settings::given* const given = of.find(id)) {
      texts.push_back(fmt::format(".{} = {}", field, std::visit(value_text(), given->value)));
    }
  }
  return texts;
}

void write_cast_functions(const emitted_mailbox& m, cpp_writer& out) {
  const std::string& type = m.types[0];
  const std::string message = type + " message";
  const std::string member = fmt::format("return mailboxes().{}.", m.name);
  out.comment(
      fmt::format("Awaitable -> send_result<{}>: sends, waiting for room in the mailbox.", type),
      "///");
  out.function(fmt::format("[[nodiscard]] auto {}", m.name), std::array{message}, " const",
               member + "cast", "std::move(message)", ";");
  out.function(fmt::format("[[nodiscard]] auto {}", m.name),
               std::array{std::string("const troupe::context& ctx"), message}, " const",
               member + "cast", "ctx, std::move(message)", ";");
  out.function(fmt::format("troupe::send_result<{}> try_{}", type, m.name), std::array{message},
               " const", member + "try_cast", "std::move(message)", ";");
}

std::string plain_signature(std::string_view name, std::string_view passed) {
  return fmt::format("void handle_{}({})", name, passed);
}

void write_plain_handler(std::string_view actor, std::string_view name, std::string_view passed,
                         cpp_writer& out) {
  const std::string call = fmt::format("self.handle_{}(std::move(message))", name);
  out.line("template <class Private>");
  out.signature(fmt::format("static auto {}", name),
                std::array{std::string("Private& self"), fmt::format("{}&& message", passed)},
                " {");
  out.indent();
  out.line("constexpr bool fits = requires {");
  out.line(fmt::format("  {{ {} }} -> troupe::generated::outcome;", call));
  out.line("};");
  out.static_assertion("fits", fmt::format("{} needs: {}", actor, plain_signature(name, passed)));
  out.if_constexpr("fits", fmt::format("return {};", call));
  out.outdent();
  out.line("}");
}

}  // namespace troupe::gen
