#!/bin/sh
# layout_is_complete.sh <plugin.h> <layout.c>: every struct that the header defines has its line in the layout program.
set -eu
missing=0
for name in $(sed -n 's/^typedef struct \(usher_[a-z_]*\) {.*/\1/p; s/^struct \(usher_[a-z_]*\) {.*/\1/p' "$1"); do
  if ! grep -q "STRUCT($name)" "$2"; then
    echo "$name is in plugin.h and not in layout.c"
    missing=1
  fi
done
exit $missing
