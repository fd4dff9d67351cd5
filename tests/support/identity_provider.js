// A real OpenID provider (the certified oidc-provider) on loopback, for the tests. Prints its port when it listens.
//
// PORT, REDIRECT, BACK and NOTIFY (addresses of the client) and ACCOUNTS (claims by log-in name, as JSON) come from the
// environment. Everybody logs in by name, with any password, on a page of the library's own.

import { createServer } from "node:http";

import Provider from "oidc-provider";

const { PORT, REDIRECT, BACK, NOTIFY, ACCOUNTS } = process.env;
const accounts = JSON.parse(ACCOUNTS);
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: "studio",
      client_secret: "a secret of the tests between the studio and its provider",
      redirect_uris: [REDIRECT],
      post_logout_redirect_uris: [BACK],
      backchannel_logout_uri: NOTIFY,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { email: ["email", "email_verified"], profile: ["name", "groups"] },
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
  async loadExistingGrant({ oidc }) {
    const grant = new provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});
createServer(provider.callback()).listen(Number(PORT), "127.0.0.1", () => console.log("listening"));
