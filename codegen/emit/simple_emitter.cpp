#include <codegen/emit/kind_emitter.hpp>

#include <fmt/format.h>

namespace troupe::gen {
namespace {

std::string signature(const emitted_mailbox& m) {
  return fmt::format("void handle_{}({})", m.name, m.types[0]);
}

std::vector<std::string> fields(const settings& of) {
  return field_texts(of, {{"disabled", setting::disabled}, {"capacity", setting::capacity}});
}

void tx_functions(const emitted_mailbox& m, cpp_writer& out) {
  const std::string& type = m.types[0];
  const std::string member = fmt::format("return mailboxes().{}.", m.name);
  out.comment(
      fmt::format("Awaitable -> send_result<{}>: sends, waiting for room in the mailbox.", type),
      "///");
  out.function(fmt::format("[[nodiscard]] auto {}", m.name), fmt::format("{} message", type),
               " const", member + "cast", "std::move(message)", ";");
  out.function(fmt::format("[[nodiscard]] auto {}", m.name),
               fmt::format("const troupe::context& ctx, {} message", type), " const",
               member + "cast", "ctx, std::move(message)", ";");
  out.function(fmt::format("troupe::send_result<{}> try_{}", type, m.name),
               fmt::format("{} message", type), " const", member + "try_cast", "std::move(message)",
               ";");
}

void handler(const emitted_mailbox& m, cpp_writer& out) { write_plain_handler(m, m.types[0], out); }

}  // namespace

const kind_emitter simple_emitter{.kind = mailbox_kind::simple,
                                  .name = "simple",
                                  .has_tx = true,
                                  .types = {setting::message_type},
                                  .signature = signature,
                                  .settings = fields,
                                  .tx_functions = tx_functions,
                                  .handler = handler};

}  // namespace troupe::gen
