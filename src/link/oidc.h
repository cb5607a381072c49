// What scrimd and scrim-oidc say to each other over run/oidc.sock, in frames of link.h. scrim-oidc
// connects. Each body is read strictly on both sides.
//
//     OIDC_STATE    scrim-oidc says, first of all and whenever it changes: 32 bytes of proof, u8 1
//                   if the provider answers, then the address of its authorization endpoint; u8 0,
//                   then a sentence: why it does not
//     OIDC_EXCHANGE scrimd asks: u64 number, then as JSON
//     {"code","verifier","redirect_uri","nonce"} OIDC_ANSWER   u64 number, u8 1, then the verified
//     claims as a JSON object; u8 0, then a
//                   sentence
//
// Whoever speaks here says who somebody is, so being able to connect is not enough: the proof is
// the content of state/oidc/peer.key, which scrimd makes and no other program of the site may read.
#pragma once

#define SCRIM_OIDC_SOCKET "run/oidc.sock" // below the site directory
#define SCRIM_OIDC_DIR "state/oidc"
#define SCRIM_OIDC_PROOF_FILE "state/oidc/peer.key"
#define SCRIM_OIDC_PROOF 32 // bytes
#define SCRIM_OIDC_BODY_MAX (64U << 10)
