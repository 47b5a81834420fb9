#include <codegen/emit/kind_emitter.hpp>

namespace troupe::gen {
namespace {

constexpr std::string_view message = "troupe::io::tcp_connection";

std::string signature(const emitted_mailbox& m) { return plain_signature(m.name, message); }

std::vector<std::string> fields(const settings& of) {
  return field_texts(of, {{"disabled", setting::disabled},
                          {"capacity", setting::capacity},
                          {"address", setting::address}});
}

void handler(const emitted_mailbox& m, cpp_writer& out) {
  write_plain_handler(m.actor, m.name, message, out);
}

}  // namespace

const kind_emitter listener_emitter{.kind = mailbox_kind::listener,
                                    .name = "listener",
                                    .has_tx = false,
                                    .types = {},
                                    .signature = signature,
                                    .settings = fields,
                                    .tx_functions = nullptr,
                                    .handler = handler,
                                    .needs_io = true};

}  // namespace troupe::gen
