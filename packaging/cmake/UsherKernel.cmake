# usher_kernel_library(<folder> FLOOR <n> SOURCES ... [USES ...] [PRIVATE ...] [PUBLIC ...] [TESTS ... [LABEL unit]])
#   One library per kernel folder. USES names kernel folders; each must stand on a lower floor: an upward or sideways
#   link stops the configuration here, an upward or sideways #include stops tests/structure.
#   PRIVATE and PUBLIC are outside libraries. TESTS are the *_test.cpp files beside the sources, one program per folder;
#   LABEL store marks those that need the database servers.
include(GoogleTest)

if(USHER_PCH)
  file(WRITE ${CMAKE_BINARY_DIR}/usher_pch.cpp "// carries the precompiled header that every kernel library shares\n")
  add_library(usher_pch OBJECT ${CMAKE_BINARY_DIR}/usher_pch.cpp)
  target_link_libraries(usher_pch PRIVATE usher_flags usher_boost)
  target_precompile_headers(usher_pch PRIVATE
    <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <set> <span>
    <string> <string_view> <unordered_map> <utility> <variant> <vector> <boost/json.hpp> <boost/describe.hpp>)
  target_compile_options(usher_pch PRIVATE -fpch-preprocess)
endif()

function(usher_use_pch target)
  if(USHER_PCH)
    target_precompile_headers(${target} REUSE_FROM usher_pch)
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()

function(usher_kernel_library folder)
  cmake_parse_arguments(arg "" "FLOOR;LABEL" "SOURCES;USES;PRIVATE;PUBLIC;TESTS" ${ARGN})
  set(target usher_${folder})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(usher::${folder} ALIAS ${target})
  set_property(GLOBAL PROPERTY USHER_FLOOR_${folder} ${arg_FLOOR})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/kernel)
  target_link_libraries(${target} PUBLIC usher_boost ${arg_PUBLIC} PRIVATE usher_flags ${arg_PRIVATE})
  foreach(used IN LISTS arg_USES)
    get_property(floor GLOBAL PROPERTY USHER_FLOOR_${used})
    if("${floor}" STREQUAL "")
      message(FATAL_ERROR "kernel/${folder} uses ${used}, which is not defined before it")
    elseif(NOT floor LESS arg_FLOOR)
      message(FATAL_ERROR "kernel/${folder} (floor ${arg_FLOOR}) may not use ${used} (floor ${floor}): links go down only")
    endif()
    target_link_libraries(${target} PUBLIC usher_${used})
  endforeach()
  usher_use_pch(${target})
  if(USHER_TESTS AND arg_TESTS)
    set(label unit)
    if(folder MATCHES "^(store|feed)$")
      set(label store)   # needs the database servers that packaging/test starts
    endif()
    add_executable(${target}_test ${arg_TESTS})
    target_link_libraries(${target}_test PRIVATE ${target} usher_flags GTest::gtest GTest::gmock GTest::gtest_main ${arg_PRIVATE})
    usher_use_pch(${target}_test)
    gtest_discover_tests(${target}_test TEST_PREFIX "${folder}." DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${label} TIMEOUT 120)
  endif()
endfunction()
