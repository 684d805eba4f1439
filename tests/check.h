// tests/check.h -- cmocka with the headers it wants before it, and a check that all ranks share.
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/status.h"

#include <stdio.h>
#include <string.h>

// The call succeeds, else the test fails with the message it left.
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        status check_status = (call);                                                              \
        if (check_status != ST_OK) fail_msg("%s: %s", #call, status_message());                    \
    } while (0)

// The call fails with `code` and a message that contains `text`; the message is then forgotten.
#define assert_fails(call, code, text)                                                             \
    do {                                                                                           \
        assert_int_equal((call), (code));                                                          \
        if (strstr(status_message(), (text)) == NULL)                                              \
            fail_msg("message \"%s\" does not contain \"%s\"", status_message(), (text));          \
        status_clear();                                                                            \
    } while (0)

#endif
