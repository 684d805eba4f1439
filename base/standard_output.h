// base/standard_output.h -- whether what a command printed has arrived: stdio notes errors
// silently.
#ifndef BASE_STANDARD_OUTPUT_H
#define BASE_STANDARD_OUTPUT_H

#include "base/status.h"

// Writes what is still in the buffer of stdout. Errors: ST_IO when not all that was printed could
// be written; without a message when its reader has gone (`| head -1`), for that is the reader's
// choice.
status standard_output_finish(void);

#endif
