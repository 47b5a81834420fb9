#include <codegen/emit/kind_emitter.hpp>

namespace troupe::gen {
namespace {

std::string signature(const emitted_mailbox& m) { return plain_signature(m.name, m.types[0]); }

std::vector<std::string> fields(const settings& of) {
  return field_texts(of, {{"disabled", setting::disabled}, {"capacity", setting::capacity}});
}

void handler(const emitted_mailbox& m, cpp_writer& out) {
  write_plain_handler(m.actor, m.name, m.types[0], out);
}

}  // namespace

const kind_emitter simple_emitter{.kind = mailbox_kind::simple,
                                  .name = "simple",
                                  .has_tx = true,
                                  .types = {setting::message_type},
                                  .signature = signature,
                                  .settings = fields,
                                  .tx_functions = write_cast_functions,
                                  .handler = handler};

}  // namespace troupe::gen
