// The same layout as seen by C++.
#include "layout.c"
