// libnuma for Swift.
#ifndef SIMBENCH_CNUMA_H
#define SIMBENCH_CNUMA_H
// glibc's features before all else, as in CUring.
#include <features.h>
#include <numa.h>
#include <numaif.h>
#endif
