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
  if(EXISTS ${WORK}/prefix/include/troupe/internal)
    message(FATAL_ERROR "core/troupe/internal was installed; only the library itself may see it")
  endif()
endif()
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${WAY} -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=${COMPILER}
  -DTROUPE_SOURCE=${TROUPE_SOURCE} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/counter)
