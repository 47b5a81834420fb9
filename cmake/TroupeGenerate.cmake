# troupe_generate(TARGET <target> SPEC <specification>...)
#
# Makes orders.gen.hpp beside orders.yml before <target> is compiled, and again when the
# specification changes, one that it imports, or troupe-gen. The header is only written when it
# changes. Paths are relative to the current source folder. Specifications that are imported need a
# header too: name them here, or in a troupe_generate of their own. Several targets may name the same
# specification. Here and in an installed Troupe.

function(troupe_generate)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET" "SPEC")
  if(NOT arg_TARGET OR NOT arg_SPEC OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "troupe_generate: expected TARGET <target> SPEC <specification>...")
  endif()
  if(NOT TARGET ${arg_TARGET})
    message(FATAL_ERROR "troupe_generate: there is no target ${arg_TARGET} (yet)")
  endif()
  if(NOT TARGET troupe::gen)
    message(FATAL_ERROR
      "troupe_generate: troupe-gen is not built here; set TROUPE_BUILD_CODEGEN to ON before "
      "add_subdirectory, or install Troupe with it")
  endif()

  foreach(spec IN LISTS arg_SPEC)
    cmake_path(ABSOLUTE_PATH spec BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(NOT EXISTS ${spec})
      message(FATAL_ERROR "troupe_generate: there is no ${spec}")
    endif()
    cmake_path(REPLACE_EXTENSION spec LAST_ONLY .gen.hpp OUTPUT_VARIABLE header)
    cmake_path(GET spec FILENAME name)
    # One rule for each header, however many targets use it.
    string(SHA256 id ${header})
    string(SUBSTRING ${id} 0 12 id)
    string(MAKE_C_IDENTIFIER "troupe_gen_${name}_${id}" rule)
    if(NOT TARGET ${rule})
      set(depfile ${CMAKE_CURRENT_BINARY_DIR}/${rule}.d)
      add_custom_command(OUTPUT ${header}
        COMMAND troupe::gen ${spec} --depfile ${depfile}
        DEPENDS ${spec} troupe::gen
        DEPFILE ${depfile}
        COMMENT "Generating ${header}"
        VERBATIM)
      add_custom_target(${rule} DEPENDS ${header})
    endif()
    add_dependencies(${arg_TARGET} ${rule})
  endforeach()
endfunction()
