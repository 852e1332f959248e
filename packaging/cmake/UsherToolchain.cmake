# How everything here is compiled. Warnings are errors; ccache and mold are used where they are installed.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
add_compile_options(-fPIC)  # one setting for libraries and programs, so that all share one precompiled header
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(USHER_WERROR "Treat warnings as errors" ON)
set(USHER_SANITIZE "" CACHE STRING "Sanitizers to build with, such as address,undefined or thread")
option(USHER_COVERAGE "Instrument for gcov" OFF)
option(USHER_PCH "Use precompiled headers (std and Boost.JSON)" ON)

add_library(usher_flags INTERFACE)
target_compile_options(usher_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<BOOL:${USHER_WERROR}>:-Werror>)
# What GCC 12 sees wrongly once it optimises: inlined std::string code (GCC bugs 105329, 105651, 107852) and the frames of
# coroutines, whose operator new and delete Asio pairs by itself.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(optimised "$<CONFIG:Release>")
  if(USHER_SANITIZE)
    set(optimised 1)
  endif()
  add_compile_options("$<$<AND:${optimised},$<COMPILE_LANGUAGE:CXX>>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-maybe-uninitialized;-Wno-mismatched-new-delete>")
endif()
if(USHER_SANITIZE)
  add_compile_options(-fsanitize=${USHER_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${USHER_SANITIZE})
  if(USHER_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=vptr)  # SOCI hides the type information that this check needs
    add_link_options(-fno-sanitize=vptr)
  endif()
  if(USHER_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)  # GCC warns of fences that it does not model; Asio has some
  endif()
endif()
if(USHER_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

find_program(USHER_CCACHE ccache)
if(USHER_CCACHE)
  # Precompiled headers need the two relaxations (ccache manual, "Precompiled headers"); with paths taken relative to the
  # checkout, another clone on this machine compiles nothing that this one has compiled.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${USHER_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(USHER_MOLD mold)
if(USHER_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
endif()
