// What the routes about people share: pieces of their answers.
#pragma once

#include "desk/desk.h"
#include "people/body.h"

// Names of the groups in a set.
json_t *scrim_people_groups_json(const struct scrim_roster *roster,
                                 const struct scrim_group_set *set);
json_t *scrim_people_names_json(const struct scrim_names *names);
json_t *scrim_people_ms(int64_t us); // null for 0
// A number in a path; -1 for what is none, which nothing has as its id.
int64_t scrim_people_id(const char *text);
// What the site is called: over the desk, else in scrim.yaml.
const char *scrim_desk_site_name(const struct scrim_desk *desk);
