// What the requests about factors share: a job about people (people_job.h) that reads and writes
// factors.h, and tells the loop what became of everybody's.
#pragma once

#include "desk/people_job.h"
#include "desk/second_step.h"

struct scrim_factors_job {
    struct scrim_people_job base;
    char password[SCRIM_PASSWORD_MAX + 1];
    struct scrim_factor_news news; // after a change
};

// A table of members that begins with the password of a struct scrim_factors_job.
#define SCRIM_FACTORS_PASSWORD                                                       \
    {                                                                                \
        "password", SCRIM_BODY_SECRET, offsetof(struct scrim_factors_job, password), \
            SCRIM_PASSWORD_MAX + 1, false                                            \
    }

// On the auth thread. SCRIM_EAUTH for a wrong password, SCRIM_ECONFLICT for who has none.
SCRIM_MUST_CHECK int scrim_factors_job_password(struct scrim_factors_job *job,
                                                struct scrim_users *users);
// Reads the news for the loop; hands `result` through if it is an error.
SCRIM_MUST_CHECK int scrim_factors_job_end(struct scrim_factors_job *job, int result);
// Ten new recovery codes as the answer {"recovery":[…]}.
SCRIM_MUST_CHECK int scrim_factors_job_recovery(struct scrim_factors_job *job);

// What the API calls a key: a text.
json_t *scrim_factor_key_id(const struct scrim_factor_key *key);

// For the table of a task. _reply takes the news over, and then answers with the job's answer.
void scrim_factors_job_reply(struct scrim_people_job *job);
void scrim_factors_job_finish(struct scrim_people_job *job);
// A password is tried as at a sign-in: false if the request was answered with 429.
SCRIM_MUST_CHECK bool scrim_factors_job_throttle(struct scrim_factors_job *job);
