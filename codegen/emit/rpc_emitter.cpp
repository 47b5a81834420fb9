#include <codegen/emit/kind_emitter.hpp>

#include <fmt/format.h>

#include <array>

namespace troupe::gen {
namespace {

std::string signature(const emitted_mailbox& m) {
  return fmt::format("{} handle_{}({})", m.types[1], m.name, m.types[0]);
}

std::vector<std::string> fields(const settings& of) {
  return field_texts(of, {{"disabled", setting::disabled}, {"capacity", setting::capacity}});
}

void tx_functions(const emitted_mailbox& m, cpp_writer& out) {
  const std::string& type = m.types[0];
  const std::string message = type + " message";
  const std::string call = fmt::format("return mailboxes().{}.call", m.name);
  out.comment(
      fmt::format("Awaitable -> result<{}>: waits for the reply, until `ctx` ends.", m.types[1]),
      "///");
  out.function(fmt::format("[[nodiscard]] auto {}", m.name), std::array{message}, " const", call,
               "std::move(message)", ";");
  out.function(fmt::format("[[nodiscard]] auto {}", m.name),
               std::array{std::string("const troupe::context& ctx"), message}, " const", call,
               "ctx, std::move(message)", ";");
}

// The handler may take the message, or the request that the message came in.
void handler(const emitted_mailbox& m, cpp_writer& out) {
  const std::string call = fmt::format("self.handle_{}(std::move(given))", m.name);
  const std::string types = fmt::format("{}, {}", m.types[0], m.types[1]);
  out.line("template <class Private>");
  out.signature(
      fmt::format("static auto {}", m.name),
      std::array{std::string("Private& self"), fmt::format("troupe::request<{}>&& asked", types)},
      " {");
  out.indent();
  out.assignment("const auto handler",
                 fmt::format("[&self](auto&& given) -> decltype({}) {{", call));
  out.line(fmt::format("  return {};", call));
  out.line("};");
  out.assignment("constexpr bool fits",
                 fmt::format("troupe::generated::answers<decltype(handler), {}>;", types));
  out.static_assertion("fits", fmt::format("{} needs: {}", m.actor, signature(m)));
  out.if_constexpr("fits", "return troupe::generated::answer(handler, std::move(asked));");
  out.outdent();
  out.line("}");
}

}  // namespace

const kind_emitter rpc_emitter{.kind = mailbox_kind::rpc,
                               .name = "rpc",
                               .has_tx = true,
                               .types = {setting::message_type, setting::reply_type},
                               .signature = signature,
                               .settings = fields,
                               .tx_functions = tx_functions,
                               .handler = handler};

}  // namespace troupe::gen
