# Builds and runs the consumer in ${WAY}/ in a fresh folder; see CMakeLists.txt for the variables.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
endfunction()

# A launcher may be a list, which an argument of run() would not survive.
set(ENV{CMAKE_CXX_COMPILER_LAUNCHER} "${LAUNCHER}")
file(REMOVE_RECURSE ${WORK})
if(WAY STREQUAL "installed")
  run(${CMAKE_COMMAND} --install ${TROUPE_BUILD} --config ${CONFIG} --prefix ${WORK}/prefix)
  foreach(folder IN ITEMS internal io/internal)
    if(EXISTS ${WORK}/prefix/include/troupe/${folder})
      message(FATAL_ERROR "troupe/${folder} was installed; only the libraries themselves may see it")
    endif()
  endforeach()
  # It compiles, and miscompiles; find_package() says so as Troupe's own configuration does.
  find_program(gcc_12 g++-12)
  if(gcc_12)
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/installed
      -B ${WORK}/refused -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=${gcc_12}
      -DCMAKE_PREFIX_PATH=${WORK}/prefix
      RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(result EQUAL 0 OR NOT said MATCHES "Troupe cannot be used with")
      message(FATAL_ERROR "find_package(troupe) did not refuse ${gcc_12}:\n${said}")
    endif()
  endif()
endif()
# A copy: what is generated comes to lie beside its specification.
file(COPY ${CMAKE_CURRENT_LIST_DIR}/generated DESTINATION ${WORK})
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${WAY} -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=${COMPILER}
  -DTROUPE_SOURCE=${TROUPE_SOURCE} -DGENERATED=${WORK}/generated
  -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/counter)
run(${WORK}/build/tcp)
run(${WORK}/build/generated/meter)

# What is generated follows what it is made from, and that only.
file(APPEND ${WORK}/generated/shared/timing.yml "  Pulse: {kind: ticker}\n")
file(READ ${WORK}/generated/shared/timing.yml timing)
string(REPLACE "1h" "7ms" timing "${timing}")
file(WRITE ${WORK}/generated/shared/timing.yml "${timing}")
run(${CMAKE_COMMAND} --build ${WORK}/build)
file(READ ${WORK}/generated/meter.gen.hpp header)
if(NOT header MATCHES "milliseconds\\(7\\)")
  message(FATAL_ERROR "meter.gen.hpp was not made anew when an import of meter.yml changed")
endif()
file(READ ${WORK}/generated/shared/timing.gen.hpp header)
if(NOT header MATCHES "pulse_mailbox")
  message(FATAL_ERROR "timing.gen.hpp was not made anew when timing.yml changed")
endif()
file(TIMESTAMP ${WORK}/generated/meter.gen.hpp before "%s")
file(TOUCH ${WORK}/generated/meter.yml)
run(${CMAKE_COMMAND} --build ${WORK}/build)
file(TIMESTAMP ${WORK}/generated/meter.gen.hpp after "%s")
if(NOT before STREQUAL after)
  message(FATAL_ERROR "meter.gen.hpp was written although nothing in it changed")
endif()
