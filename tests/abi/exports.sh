#!/bin/sh
# exports.sh <nm> <plugin.so>: passes when the library exports usher_plugin_entry_v0 and nothing else.
set -eu
exported=$("$1" -D --defined-only "$2" | awk '{print $NF}' | sort -u)
if [ "$exported" != usher_plugin_entry_v0 ]; then
  echo "$2 exports, where usher_plugin_entry_v0 alone is expected:"
  echo "$exported"
  exit 1
fi
