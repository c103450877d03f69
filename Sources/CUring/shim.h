// liburing for Swift: the header itself, and inline forms of what the importer leaves out.
#ifndef SIMBENCH_CURING_H
#define SIMBENCH_CURING_H
// The kernel's header first: its include guard then keeps liburing's own copy of the same structs out,
// so that this module and others that name `struct io_uring_sqe` agree on one definition.
#include <linux/io_uring.h>
#include <liburing.h>
#endif
