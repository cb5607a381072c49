// A real OpenID Connect provider (npm oidc-provider) for the tests, over HTTPS, and beside it a door
// through which a test breaks it: POST /control with {"fault":KIND} alters the next ID tokens,
// {"rotate":ALG} gives it a new signing key.
//
//     node provider.mjs '{"port":…,"key":FILE,"cert":FILE,"redirect":URL,"secret":TEXT}'
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import * as jose from "jose";
import Provider from "oidc-provider";

const options = JSON.parse(process.argv[2]);
const issuer = `https://localhost:${options.port}`;
const AN_HOUR = 3600;

let signing; // { alg, kid, key, jwk }
let provider;
let fault = null;

async function makeKey(alg) {
  const { privateKey } = await jose.generateKeyPair(alg, {
    extractable: true,
    crv: "Ed25519",
  });
  const kid = `${alg}-${Math.random()}`;
  const jwk = { ...(await jose.exportJWK(privateKey)), kid, alg, use: "sig" };
  return { alg, kid, key: privateKey, jwk };
}

function makeProvider() {
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: "scrim",
        client_secret: options.secret,
        redirect_uris: [options.redirect],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        id_token_signed_response_alg: signing.alg,
      },
    ],
    jwks: { keys: [signing.jwk] },
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: { openid: ["sub", "groups"], profile: ["name"] },
    cookies: { keys: ["of this test"] },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "EdDSA"] },
    findAccount: (context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: id,
        groups: id.startsWith("guest") ? ["guests"] : ["cctv"],
      }),
    }),
  });
  made.on("server_error", (context, error) => console.error(error));
  return made;
}

async function rotate(alg) {
  signing = await makeKey(alg);
  provider = makeProvider();
}

// What the provider would never say, signed as it signs.
async function breakToken(token) {
  const claims = jose.decodeJwt(token);
  const header = { alg: signing.alg, kid: signing.kid };
  const now = Math.floor(Date.now() / 1000);
  let key = signing.key;
  if (fault === "nonce") claims.nonce = "another";
  if (fault === "audience") claims.aud = "somebody-else";
  if (fault === "party") claims.aud = ["scrim", "somebody-else"];
  if (fault === "issuer") claims.iss = "https://evil.example";
  if (fault === "expired") claims.exp = now - AN_HOUR;
  if (fault === "old") claims.iat = now - AN_HOUR;
  if (fault === "signature") key = (await makeKey(signing.alg)).key;
  if (fault === "none")
    return `${jose.base64url.encode('{"alg":"none"}')}.${jose.base64url.encode(JSON.stringify(claims))}.`;
  if (fault === "secret") {
    header.alg = "HS256";
    key = new TextEncoder().encode(options.secret);
  }
  return new jose.SignJWT(claims).setProtectedHeader(header).sign(key);
}

function tamper(response) {
  const end = response.end.bind(response);
  response.end = (body) => {
    const answer = JSON.parse(body);
    breakToken(answer.id_token).then((token) => {
      const text = JSON.stringify({ ...answer, id_token: token });
      response.setHeader("Content-Length", Buffer.byteLength(text));
      end(text);
    });
    return response;
  };
}

async function control(request, response) {
  let body = "";
  for await (const chunk of request) body += chunk;
  const wish = JSON.parse(body);
  if ("fault" in wish) fault = wish.fault;
  if (wish.rotate) await rotate(wish.rotate);
  response.end("{}");
}

await rotate("RS256");
createServer(
  { key: readFileSync(options.key), cert: readFileSync(options.cert) },
  (request, response) => {
    if (request.url === "/control") return control(request, response);
    if (request.url === "/token" && fault) tamper(response);
    return provider.callback()(request, response);
  },
).listen(options.port, "127.0.0.1", () => console.log("ready"));
