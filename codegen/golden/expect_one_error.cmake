# cmake -DCOMPILER=... -DFLAGS=... -DSOURCE=... -P expect_one_error.cmake
# Passes when SOURCE does not compile, with one error, whose line has the text that the first line of
# SOURCE names: // expect: <text>

file(STRINGS ${SOURCE} first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${SOURCE}:1: the first line has to be `// expect: <text of the error>`")
endif()
set(expected "${CMAKE_MATCH_1}")

execute_process(COMMAND ${COMPILER} ${FLAGS} -fsyntax-only ${SOURCE}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, and should fail with: ${expected}")
endif()
# Without semicolons and brackets, which would make other lists of it.
string(REGEX REPLACE "[][;]" " " lines "${output}")
string(REGEX MATCHALL "[^\n]*error: [^\n]*" errors "${lines}")
list(LENGTH errors count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "${SOURCE}: expected one error, got ${count}:\n${output}")
endif()
string(FIND "${errors}" "${expected}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${SOURCE} fails, but not with: ${expected}\nThe compiler said:\n${output}")
endif()
