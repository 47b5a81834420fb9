#include <codegen/emit/kind_emitter.hpp>

namespace troupe::gen {
namespace {

std::string signature(const emitted_mailbox& m) { return plain_signature(m.name, m.types[0]); }

std::vector<std::string> fields(const settings& of) {
  return field_texts(of, {{"capacity", setting::capacity}});
}

void handler(const emitted_mailbox& m, cpp_writer& out) {
  write_plain_handler(m.actor, m.name, m.types[0], out);
}

}  // namespace

const kind_emitter timer_emitter{.kind = mailbox_kind::timer,
                                 .name = "timer",
                                 .has_tx = false,
                                 .types = {setting::value_type},
                                 .signature = signature,
                                 .settings = fields,
                                 .tx_functions = nullptr,
                                 .handler = handler};

}  // namespace troupe::gen
