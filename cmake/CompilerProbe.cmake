# Refuses a compiler that miscompiles coroutines (GCC 12 does), by running compiler_probe.cpp: for
# Troupe itself, and for programs that find_package() it. A compiler that passed is not probed again
# until it or its flags change.

function(_troupe_refuse_compiler why)
  string(STRIP "${why}" why)
  string(REPLACE "\n" "\n    " why "${why}")
  message(FATAL_ERROR
    "Troupe cannot be used with ${CMAKE_CXX_COMPILER} "
    "(${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}):\n"
    "    ${why}\n"
    "Install Clang 19 and configure a fresh build folder with it:\n"
    "    apt-get install clang-19 libclang-rt-19-dev lld-19\n"
    "    cmake -B build -DCMAKE_CXX_COMPILER=clang++-19\n")
endfunction()

function(troupe_probe_compiler)
  set(subject "${CMAKE_CXX_COMPILER} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_FLAGS} ${TROUPE_SANITIZE}")
  if("${TROUPE_PROBED_COMPILER}" STREQUAL "${subject}")
    return()
  endif()
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    message(WARNING "Cross-compiling without an emulator: the compiler's coroutines are not probed.")
    return()
  endif()

  # -O0, because that is where the faults show.
  set(flags -O0)
  if(TROUPE_SANITIZE)
    list(APPEND flags -fsanitize=${TROUPE_SANITIZE})
  endif()
  # Results of a compiler probed before must not be taken for this one's.
  unset(TROUPE_PROBE_RUNS CACHE)
  unset(TROUPE_PROBE_COMPILES CACHE)
  try_run(TROUPE_PROBE_RUNS TROUPE_PROBE_COMPILES
    SOURCES ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/compiler_probe.cpp
    COMPILE_DEFINITIONS ${flags}
    LINK_OPTIONS ${flags}
    CXX_STANDARD 23
    CXX_STANDARD_REQUIRED ON
    COMPILE_OUTPUT_VARIABLE compile_output
    RUN_OUTPUT_VARIABLE run_output)
  if(NOT TROUPE_PROBE_COMPILES)
    string(REGEX MATCHALL "[^\n]*error: [^\n]*" errors "${compile_output}")
    list(JOIN errors "\n" errors)
    if(NOT errors)
      set(errors "${compile_output}")
    endif()
    _troupe_refuse_compiler("it does not compile the C++23 that Troupe needs\n${errors}")
  elseif(NOT TROUPE_PROBE_RUNS EQUAL 0)
    if(NOT run_output)
      set(run_output "the compiled probe ended with ${TROUPE_PROBE_RUNS}")
    endif()
    _troupe_refuse_compiler("${run_output}")
  endif()
  message(STATUS "Coroutines of ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}: fine")
  set(TROUPE_PROBED_COMPILER "${subject}" CACHE INTERNAL "The compiler and flags that passed the probe")
endfunction()
