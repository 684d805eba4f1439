// trainer/job/data_section.h -- the section `data` of a job. job_source is in trainer/job/job.h.
#ifndef TRAINER_JOB_DATA_SECTION_H
#define TRAINER_JOB_DATA_SECTION_H

#include "trainer/job/job.h"

extern const config_field job_data_fields[];

// What no field can check by itself. Errors: ST_CONFIG.
status job_data_check(const job *j, const config *c);

#endif
