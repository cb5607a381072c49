// /api/v1: the one table of routes, and what its handlers share. docs/ref/api.md describes it; a
// test compares the two.
#pragma once

#include "desk/desk.h"

extern const struct scrim_http_route scrim_api_routes[];
extern const size_t scrim_api_routes_count;

// Handlers: `context` is the struct scrim_desk.
void scrim_api_sign_in(void *context, struct scrim_http_request *request);
void scrim_api_session(void *context, struct scrim_http_request *request);
void scrim_api_sign_out(void *context, struct scrim_http_request *request);
void scrim_api_ways(void *context, struct scrim_http_request *request);
void scrim_api_users(void *context, struct scrim_http_request *request);
void scrim_api_user_change(void *context, struct scrim_http_request *request);
void scrim_api_user_remove(void *context, struct scrim_http_request *request);
void scrim_api_user_sessions(void *context, struct scrim_http_request *request);
void scrim_api_user_sessions_end(void *context, struct scrim_http_request *request);
void scrim_api_invitations(void *context, struct scrim_http_request *request);
void scrim_api_invite(void *context, struct scrim_http_request *request);
void scrim_api_invitation_delete(void *context, struct scrim_http_request *request);
void scrim_api_invitation_look(void *context, struct scrim_http_request *request);
void scrim_api_invitation_accept(void *context, struct scrim_http_request *request);
void scrim_api_tokens(void *context, struct scrim_http_request *request);
void scrim_api_token_make(void *context, struct scrim_http_request *request);
void scrim_api_token_delete(void *context, struct scrim_http_request *request);
void scrim_api_groups(void *context, struct scrim_http_request *request);
void scrim_api_group_put(void *context, struct scrim_http_request *request);
void scrim_api_group_delete(void *context, struct scrim_http_request *request);
void scrim_api_me_password(void *context, struct scrim_http_request *request);
void scrim_api_me_sessions(void *context, struct scrim_http_request *request);
void scrim_api_me_session_end(void *context, struct scrim_http_request *request);
void scrim_api_preference(void *context, struct scrim_http_request *request);
void scrim_api_preference_put(void *context, struct scrim_http_request *request);
void scrim_api_site_change(void *context, struct scrim_http_request *request);
void scrim_api_site(void *context, struct scrim_http_request *request);
void scrim_api_health(void *context, struct scrim_http_request *request);
void scrim_api_storage(void *context, struct scrim_http_request *request);
void scrim_api_vault(void *context, struct scrim_http_request *request);
void scrim_api_glass(void *context, struct scrim_http_request *request);
void scrim_api_glass_break(void *context, struct scrim_http_request *request);
void scrim_api_glass_keys(void *context, struct scrim_http_request *request);
void scrim_api_glass_end(void *context, struct scrim_http_request *request);
void scrim_api_glass_seen(void *context, struct scrim_http_request *request);
void scrim_api_glass_review(void *context, struct scrim_http_request *request);
void scrim_api_glass_segments(void *context, struct scrim_http_request *request);
void scrim_api_glass_segment(void *context, struct scrim_http_request *request);
void scrim_api_glass_tail(void *context, struct scrim_http_request *request);
void scrim_api_openapi(void *context, struct scrim_http_request *request);
void scrim_api_metrics(void *context, struct scrim_http_request *request);
void scrim_api_cameras(void *context, struct scrim_http_request *request);
void scrim_api_timelines(void *context, struct scrim_http_request *request);
void scrim_api_events(void *context, struct scrim_http_request *request);
void scrim_api_exports(void *context, struct scrim_http_request *request);
void scrim_api_export_make(void *context, struct scrim_http_request *request);
void scrim_api_export(void *context, struct scrim_http_request *request);
void scrim_api_export_film(void *context, struct scrim_http_request *request);
void scrim_api_request_make(void *context, struct scrim_http_request *request);
void scrim_api_requests(void *context, struct scrim_http_request *request);
void scrim_api_request(void *context, struct scrim_http_request *request);
void scrim_api_request_vaults(void *context, struct scrim_http_request *request);
void scrim_api_request_document(void *context, struct scrim_http_request *request);
void scrim_api_request_segments(void *context, struct scrim_http_request *request);
void scrim_api_request_decide(void *context, struct scrim_http_request *request);
void scrim_api_request_decision(void *context, struct scrim_http_request *request);
void scrim_api_request_bad(void *context, struct scrim_http_request *request);
void scrim_api_request_withdraw(void *context, struct scrim_http_request *request);
void scrim_api_request_open(void *context, struct scrim_http_request *request);
void scrim_api_request_end(void *context, struct scrim_http_request *request);
void scrim_api_request_segment(void *context, struct scrim_http_request *request);
void scrim_api_request_tail(void *context, struct scrim_http_request *request);
void scrim_api_request_headers(void *context, struct scrim_http_request *request);
void scrim_api_request_export(void *context, struct scrim_http_request *request);
void scrim_api_still(void *context, struct scrim_http_request *request);
void scrim_api_acts(void *context, struct scrim_http_request *request);
void scrim_api_timeline(void *context, struct scrim_http_request *request);
void scrim_api_recordings(void *context, struct scrim_http_request *request);
void scrim_api_recording(void *context, struct scrim_http_request *request);
void scrim_api_areas(void *context, struct scrim_http_request *request);
void scrim_api_area_put(void *context, struct scrim_http_request *request);
void scrim_api_area_delete(void *context, struct scrim_http_request *request);
void scrim_api_camera_add(void *context, struct scrim_http_request *request);
void scrim_api_camera_change(void *context, struct scrim_http_request *request);
void scrim_api_camera_remove(void *context, struct scrim_http_request *request);
void scrim_api_trial_begin(void *context, struct scrim_http_request *request);
void scrim_api_trial(void *context, struct scrim_http_request *request);
void scrim_api_history(void *context, struct scrim_http_request *request);
void scrim_api_history_look(void *context, unsigned camera, struct scrim_history_now *ret);
void scrim_api_camera_config(void *context, struct scrim_http_request *request);
void scrim_api_plans(void *context, struct scrim_http_request *request);
void scrim_api_plan_add(void *context, struct scrim_http_request *request);
void scrim_api_plan_image(void *context, struct scrim_http_request *request);
void scrim_api_plan_delete(void *context, struct scrim_http_request *request);
void scrim_api_place_put(void *context, struct scrim_http_request *request);
void scrim_api_place_delete(void *context, struct scrim_http_request *request);
void scrim_api_map(void *context, struct scrim_http_request *request);
void scrim_api_map_tiles(void *context, struct scrim_http_request *request);
void scrim_api_second_step(void *context, struct scrim_http_request *request);
void scrim_api_oidc_begin(void *context, struct scrim_http_request *request);
void scrim_api_oidc_back(void *context, struct scrim_http_request *request);
void scrim_api_factors(void *context, struct scrim_http_request *request);
void scrim_api_totp_begin(void *context, struct scrim_http_request *request);
void scrim_api_totp_confirm(void *context, struct scrim_http_request *request);
void scrim_api_totp_remove(void *context, struct scrim_http_request *request);
void scrim_api_recovery(void *context, struct scrim_http_request *request);
void scrim_api_key_begin(void *context, struct scrim_http_request *request);
void scrim_api_key_add(void *context, struct scrim_http_request *request);
void scrim_api_key_remove(void *context, struct scrim_http_request *request);
void scrim_api_policy(void *context, struct scrim_http_request *request);
void scrim_api_policy_set(void *context, struct scrim_http_request *request);
void scrim_api_factors_remove(void *context, struct scrim_http_request *request);
extern const struct scrim_ws_endpoint scrim_api_live;

// Answers with {"error":{"code","text"}}; both static strings.
void scrim_api_refuse(struct scrim_http_request *request, int status, const char *code,
                      const char *text);
// The same for a sentence that is made now.
void scrim_api_refuse_words(struct scrim_http_request *request, int status, const char *code,
                            const char *text);
