#include <codegen/emit/cpp_header.hpp>
#include <codegen/emit/model_json.hpp>
#include <codegen/emit/spec_schema.hpp>
#include <codegen/program/command_line.hpp>
#include <codegen/program/program.hpp>
#include <codegen/program/specification_loader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe::gen {
namespace {

outcome write(std::string_view text, std::ostream& out, std::ostream& err) {
  out << text << std::flush;
  if (out) return outcome::done;
  err << "troupe-gen: error: cannot write to standard output\n";
  return outcome::wrong_use;
}

// A make rule without a recipe. Ninja understands the same.
std::string dependencies(const std::string& header, const std::vector<std::string>& files) {
  const auto escaped = [](const std::string& path) {
    std::string out;
    for (const char c : path) {
      if (c == ' ' || c == '#') out += '\\';
      if (c == '$') out += '$';
      out += c;
    }
    return out;
  };
  std::string text = escaped(header) + ":";
  for (const std::string& file : files) text += " \\\n  " + escaped(file);
  return text + "\n";
}

outcome stale(const std::vector<output_file>& headers, const file_access& files,
              std::ostream& err) {
  outcome result = outcome::done;
  for (const output_file& header : headers) {
    if (files.has(header)) continue;
    err << fmt::format("troupe-gen: error: {} is stale; run troupe-gen without --check\n",
                       shown(header.path));
    result = outcome::wrong_specification;
  }
  return result;
}

class specification_run {
 public:
  specification_run(const command_line& asked, const file_access& files, std::ostream& out,
                    std::ostream& err)
      : asked_(asked), files_(files), out_(out), err_(err), loader_(files, found_) {}

  outcome run() {
    const bool all_read = read();
    std::vector<output_file> headers;
    if (asked_.task == task::generate || asked_.task == task::check) headers = make_headers();
    err_ << found_.to_string();
    if (!all_read) return outcome::wrong_use;
    if (!found_.empty()) return outcome::wrong_specification;
    if (!are_different(headers)) return outcome::wrong_use;
    switch (asked_.task) {
      case task::generate: return generate(std::move(headers));
      case task::check: return stale(headers, files_, err_);
      case task::dump_model: return write(model_json(specifications_), out_, err_);
      default: return outcome::done;
    }
  }

 private:
  bool read() {
    bool all_read = true;
    for (const std::string& path : asked_.files) {
      const auto loaded = loader_.load(path);
      if (!loaded) {
        err_ << fmt::format("troupe-gen: error: cannot read {}: {}\n", shown(path), loaded.error());
        all_read = false;
      } else if (*loaded != nullptr && std::ranges::find(specifications_, *loaded) ==
                                           specifications_.end()) {  // a file may be named twice
        specifications_.push_back(*loaded);
      }
    }
    return all_read;
  }

  // Of a specification that is right: others may lack what an emitter relies on.
  std::vector<output_file> make_headers() {
    std::vector<output_file> headers;
    if (!found_.empty()) return headers;
    for (const specification* const s : specifications_) {
      headers.push_back({header_path(s->path), cpp_header(*s, found_)});
    }
    return headers;
  }

  bool are_different(const std::vector<output_file>& headers) {
    for (std::size_t i = 0; i < headers.size(); ++i) {
      for (std::size_t j = 0; j != i; ++j) {
        if (files_.identity(headers[i].path) != files_.identity(headers[j].path)) continue;
        err_ << fmt::format("troupe-gen: error: {} and {} would both make {}\n",
                            shown(specifications_[j]->path), shown(specifications_[i]->path),
                            shown(headers[i].path));
        return false;
      }
    }
    return true;
  }

  outcome generate(std::vector<output_file> headers) {
    const std::string first = headers.front().path;
    std::erase_if(headers, [&](const output_file& header) { return files_.has(header); });
    if (!asked_.depfile.empty()) {
      headers.push_back({asked_.depfile, dependencies(first, loader_.files())});
    }
    if (const auto written = files_.write(headers); !written) {
      err_ << fmt::format("troupe-gen: error: cannot write {}\n", written.error());
      return outcome::wrong_use;
    }
    return outcome::done;
  }

  const command_line& asked_;
  const file_access& files_;
  std::ostream& out_;
  std::ostream& err_;
  diagnostics found_;
  specification_loader loader_;
  std::vector<const specification*> specifications_;
};

}  // namespace

outcome run_program(std::span<const std::string_view> arguments, const file_access& files,
                    std::ostream& out, std::ostream& err) {
  const auto asked = read_command_line(arguments);
  if (!asked) {
    err << fmt::format("troupe-gen: error: {}\nTry troupe-gen --help.\n", asked.error());
    return outcome::wrong_use;
  }
  switch (asked->task) {
    case task::help: return write(help_text(), out, err);
    case task::version: return write("troupe-gen " TROUPE_VERSION "\n", out, err);
    case task::schema: return write(spec_schema(), out, err);
    default: break;
  }
  return specification_run(*asked, files, out, err).run();
}

}  // namespace troupe::gen
